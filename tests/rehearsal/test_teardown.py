"""What a destroy leaves under the values of prod: all that would be missed, nothing that runs or holds a network."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE, CommandFailed
from rehearsal.journey import Outcome
from rehearsal.samples import Sample
from rehearsal.toolchain import ROOT
from tests.rehearsal.drill import PREFIX, Drill

pytestmark = pytest.mark.slow

# Service, listing, member of the answer, member of an entry that is its name.
LISTINGS = {
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "table": ("dynamodb", "list_tables", "TableNames", None),
    "repository": ("ecr", "describe_repositories", "repositories", "repositoryName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "package group": (
        "sagemaker",
        "list_model_package_groups",
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
    ),
    "endpoint": ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    "endpoint config": ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    "model": ("sagemaker", "list_models", "Models", "ModelName"),
    "domain": ("sagemaker", "list_domains", "Domains", "DomainName"),
    "security group": ("ec2", "describe_security_groups", "SecurityGroups", "GroupName"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "machine": ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "queue": ("sqs", "list_queues", "QueueUrls", None),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "database": ("glue", "get_databases", "DatabaseList", "Name"),
    "crawler": ("glue", "get_crawlers", "Crawlers", "Name"),
    "stack": ("cloudformation", "describe_stacks", "Stacks", "StackName"),
}


@dataclass(frozen=True)
class Before:
    """What had no name of the stage's, as it was before the destroy."""

    vpc: str
    key: str
    file_system: str
    domain: str


@pytest.fixture(scope="module")
def removed(drill: Drill, trained: str) -> Before:
    """The stage destroyed with a live endpoint and registered versions."""
    sagemaker = drill.client("sagemaker")
    if not sagemaker.list_endpoints(NameContains=drill.name)["Endpoints"]:
        assert drill.approve(trained)["status"] == "SUCCEEDED"
    assert drill.endpoint()["EndpointStatus"] == "InService"
    [listed] = [one for one in sagemaker.list_domains()["Domains"] if one["DomainName"].startswith(PREFIX)]
    domain = sagemaker.describe_domain(DomainId=listed["DomainId"])
    key = drill.outputs("storage")["KeyArn"]
    drill.cloud.destroy(drill.emulator)
    return Before(domain["VpcId"], key, domain["HomeEfsFileSystemId"], domain["DomainId"])


@pytest.fixture(scope="module")
def deployed_again(drill: Drill, removed: Before, remaining: dict[str, list[str]]) -> str:
    """What a second deployment says to a registry that was kept; then a person removes it and deploys once more."""
    with pytest.raises(CommandFailed) as refused:
        drill.cloud.deploy(drill.emulator)
    sagemaker = drill.client("sagemaker")
    for group in remaining["package group"]:
        versions = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        for version in versions:
            sagemaker.delete_model_package(ModelPackageName=version["ModelPackageArn"])
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    drill.cloud.deploy(drill.emulator)
    assert removed.domain
    return str(refused.value)


@pytest.fixture(scope="module")
def remaining(drill: Drill, removed: Before) -> dict[str, list[str]]:
    """What carried the stage's name right after the destroy."""
    assert removed.vpc
    return left(drill)


def models() -> list[str]:
    return sorted(path.stem for path in (ROOT / "config" / "models").glob("*.toml"))


def left(drill: Drill) -> dict[str, list[str]]:
    """Everything that carries the stage's name, by kind."""
    found: dict[str, list[str]] = {}
    for kind, (service, operation, member, name) in LISTINGS.items():
        entries: list[Any] = getattr(drill.client(service), operation)().get(member, [])
        names = [entry[name] if name else entry for entry in entries]
        ours = sorted(each for each in names if PREFIX in each or PREFIX.replace("-", "_") in each)
        if ours:
            found[kind] = ours
    return found


def test_exactly_what_would_be_missed_is_left(drill: Drill, removed: Before, remaining: dict[str, list[str]]) -> None:
    groups = sorted(f"{PREFIX}-{model}" for model in models())
    buckets = [name.removeprefix(f"{PREFIX}-storage-").split("bucket")[0] for name in remaining["bucket"]]

    assert set(remaining) - {"log group"} == {"bucket", "table", "repository", "package group"}
    # Glue makes those of its jobs and crawlers itself, and nobody takes them away.
    groups_of_glue = ("/aws-glue/jobs/", "/aws-glue/crawlers")
    assert [name for name in remaining.get("log group", []) if not name.startswith(groups_of_glue)] == []
    assert buckets == ["accesslogs", "artifacts", "data", "models"]
    assert (len(remaining["table"]), len(remaining["repository"])) == (1, 1)
    assert remaining["package group"] == groups
    assert drill.client("kms").describe_key(KeyId=removed.key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_no_data_model_or_version_is_lost(drill: Drill, trained: str, remaining: dict[str, list[str]]) -> None:
    package = drill.package(trained)
    uri = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    data = next(name for name in remaining["bucket"] if "databucket" in name)

    assert drill.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    assert drill.client("s3").list_objects_v2(Bucket=data, Prefix=f"raw/{drill.sample.model}/")["KeyCount"] > 0


def test_peoples_homes_are_kept_and_hold_no_network(drill: Drill, removed: Before) -> None:
    efs, ec2 = drill.client("efs"), drill.client("ec2")
    homes = [one["FileSystemId"] for one in efs.describe_file_systems()["FileSystems"]]

    assert removed.file_system in homes
    assert efs.describe_mount_targets(FileSystemId=removed.file_system)["MountTargets"] == []
    assert removed.vpc not in [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]]
    names = [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]]
    assert [name for name in names if removed.domain in name] == []


def test_the_other_stage_goes_on_working(drill: Drill, removed: Before, outcome: Outcome, flagship: Sample) -> None:
    name = f"mlops-{STAGE}-{flagship.model}"
    row = {key: value for key, value in outcome.predictions[0]["row"].items() if key != "row_id"}
    answer = people.caller(drill.emulator, endpoint_name=name).invoke_endpoint(
        EndpointName=name, ContentType="application/jsonlines", Accept="application/jsonlines", Body=json.dumps(row)
    )

    assert removed.domain
    assert json.loads(answer["Body"].read())["prediction"] == outcome.predictions[0]["answer"]["prediction"]


def test_a_second_deployment_does_not_take_over_a_kept_registry_but_names_it(deployed_again: str) -> None:
    assert any(f"{PREFIX}-{model}" in deployed_again for model in models())
    assert "already exists" in deployed_again


def test_without_the_kept_registry_the_stage_is_deployed_again(drill: Drill, deployed_again: str) -> None:
    assert deployed_again
    assert len(left(drill)["stack"]) == 8
    drill.cloud.differences(drill.emulator)
