"""Is the account ready? Each check: good, bad, and what a rehearsal cannot say."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands import app as entry
from commands.check_names import KINDS
from tests.commands.aws import ACCOUNT, OUTPUTS, Account, arn, refusal
from tests.commands.conftest import Ended, Mlops
from tests.synth import assembly

OPEN = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


def quotas(**values: float) -> Any:
    """Quotas by name; enough of everything unless said."""
    names = [
        *(f"ml.{size} for {use} usage" for size in ("m5.large", "m5.xlarge") for use in ("training job", "endpoint")),
        *(f"ml.{size} for transform job usage" for size in ("m5.large", "m5.xlarge")),
        *("EC2-VPC Elastic IPs", "VPCs per Region"),
    ]
    return lambda _params: {"Quotas": [{"QuotaName": name, "Value": values.get(name, 50.0)} for name in names]}


def zones(*ids: str) -> dict[str, Any]:
    """Zones a, b, c by their ids, in an order of the service's own."""
    named = [{"ZoneName": f"us-east-1{letter}", "ZoneId": one} for letter, one in zip("abc", ids, strict=False)]
    return {"AvailabilityZones": named[::-1]}


def empty_account() -> Account:
    """Bootstrapped, with room, and nothing of ours in it."""
    nothing: dict[str, Any] = {
        f"{kind.service}.{''.join(part.capitalize() for part in kind.operation.split('_'))}": {kind.listing: []}
        for kind in KINDS
    }
    return Account(
        {
            "sts.GetCallerIdentity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me", "UserId": "me"},
            "ssm.GetParameter": {"Parameter": {"Value": "33"}},
            "service-quotas.ListServiceQuotas": quotas(),
            "lambda.GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
            "lakeformation.GetDataLakeSettings": {
                "DataLakeSettings": {"CreateDatabaseDefaultPermissions": OPEN, "CreateTableDefaultPermissions": OPEN}
            },
            "ec2.DescribeAddresses": {"Addresses": []},
            "ec2.DescribeVpcs": {"Vpcs": []},
            "ec2.DescribeAvailabilityZones": zones("use1-az4", "use1-az6", "use1-az3"),
            "cloudformation.DescribeStacks": {"Stacks": []},
            **nothing,
        }
    )


def examine(mlops: Mlops, account: Account) -> tuple[Ended, Mapping[str, list[dict[str, str]]]]:
    """The findings by their check."""
    ended = mlops(account, "--stage", "prod", "--json", "doctor", "--assembly", str(assembly("prod").folder))
    findings: dict[str, list[dict[str, str]]] = {}
    for finding in ended.document["findings"]:
        findings.setdefault(finding["check"], []).append(finding)
    return ended, findings


def test_a_ready_account_has_no_problem(mlops: Mlops) -> None:
    ended, findings = examine(mlops, empty_account())

    assert ended.code == 0
    statuses = {check: {finding["status"] for finding in found} for check, found in findings.items()}
    assert statuses.pop("Glue version") == {"not checked here"}
    assert {status for found in statuses.values() for status in found} == {"ok"}


@pytest.mark.parametrize(
    ("check", "call", "answer", "said"),
    [
        ("bootstrap", "ssm.GetParameter", refusal("ParameterNotFound"), "not bootstrapped"),
        ("bootstrap", "ssm.GetParameter", {"Parameter": {"Value": "2"}}, "version 2, and 6 is needed"),
        (
            "quotas",
            "service-quotas.ListServiceQuotas",
            quotas(**{"ml.m5.large for endpoint usage": 0.0}),
            "ml.m5.large for endpoint usage: 0, and 2 is needed",
        ),
        (
            "network",
            "service-quotas.ListServiceQuotas",
            quotas(**{"EC2-VPC Elastic IPs": 0.0}),
            "EC2-VPC Elastic IPs: 0 of 0 are taken, 1 more are needed",
        ),
        (
            "zones",
            "ec2.DescribeAvailabilityZones",
            zones("use1-az4", "use1-az3", "use1-az6"),
            "Lambda and SageMaker refuse us-east-1b",
        ),
        ("functions", "lambda.GetAccountSettings", {"AccountLimit": {"ConcurrentExecutions": 5}}, "only 5"),
        (
            "Lake Formation",
            "lakeformation.GetDataLakeSettings",
            {"DataLakeSettings": {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}},
            "governs new databases",
        ),
        (
            "names",
            "sagemaker.ListModelPackageGroups",
            {"ModelPackageGroupSummaryList": [{"ModelPackageGroupName": "mlops-prod-churn"}]},
            "would fail on its name",
        ),
        (
            "stacks",
            "cloudformation.DescribeStacks",
            {"Stacks": [{"StackName": "mlops-prod-iam", "StackStatus": "ROLLBACK_COMPLETE"}]},
            "mlops-prod-iam is ROLLBACK_COMPLETE",
        ),
    ],
)
def test_what_would_stop_a_deployment_is_a_problem_with_a_way_out(
    mlops: Mlops, check: str, call: str, answer: Any, said: str
) -> None:
    account = empty_account()
    account.answers |= {call: answer, "cloudformation.ListStackResources": {"StackResourceSummaries": []}}

    ended, findings = examine(mlops, account)

    assert ended.code == 1
    [problem] = [finding for finding in findings[check] if finding["status"] == "problem"]
    assert said in problem["text"]
    assert problem["way_out"]


def test_a_limit_that_is_just_enough_is_enough(mlops: Mlops) -> None:
    account = empty_account()
    account.answers |= {
        "ssm.GetParameter": {"Parameter": {"Value": "6"}},
        "service-quotas.ListServiceQuotas": quotas(**{"EC2-VPC Elastic IPs": 1.0, "VPCs per Region": 1.0}),
    }

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    assert {found["status"] for check in ("bootstrap", "network") for found in findings[check]} == {"ok"}


def test_too_few_instances_for_all_models_at_once_is_a_warning(mlops: Mlops) -> None:
    account = empty_account()
    account.answers["service-quotas.ListServiceQuotas"] = quotas(**{"ml.m5.large for transform job usage": 1.0})

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    assert [found["status"] for found in findings["quotas"] if "transform" in found["text"]] == ["warning"]


def test_what_an_earlier_stage_left_is_a_warning(mlops: Mlops) -> None:
    account = empty_account()
    account.answers["s3.ListBuckets"] = {"Buckets": [{"Name": "mlops-prod-storage-data-1"}, {"Name": "another"}]}

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    [left] = findings["names"]
    assert (left["status"], "mlops-prod-storage-data-1" in left["text"]) == ("warning", True)


def test_what_our_own_stacks_hold_is_no_stranger(mlops: Mlops) -> None:
    account = empty_account()
    group = "mlops-prod-churn"
    account.answers |= {
        "cloudformation.DescribeStacks": {
            "Stacks": [{"StackName": "mlops-prod-sagemaker", "StackStatus": "UPDATE_COMPLETE"}]
        },
        "cloudformation.ListStackResources": {
            "StackResourceSummaries": [
                {"PhysicalResourceId": arn("sagemaker", f"model-package-group/{group}"), "LogicalResourceId": "x"}
            ]
        },
        "sagemaker.ListModelPackageGroups": {"ModelPackageGroupSummaryList": [{"ModelPackageGroupName": group}]},
    }

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    assert [finding["status"] for finding in findings["names"]] == ["ok"]
    assert "not deployed: " in findings["stacks"][0]["text"]


def test_a_question_that_may_not_be_asked_is_never_an_ok(mlops: Mlops) -> None:
    account = empty_account()
    denied = "User is not authorized to perform: servicequotas:ListServiceQuotas on resource *"
    account.answers["service-quotas.ListServiceQuotas"] = refusal("AccessDeniedException", denied)

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    assert [finding["status"] for finding in findings["quotas"]] == ["warning"]
    assert "servicequotas:ListServiceQuotas" in findings["quotas"][0]["text"]


def test_a_topic_without_a_confirmed_subscription_is_a_warning(mlops: Mlops) -> None:
    account = empty_account()
    stack = {"StackName": "mlops-prod-monitoring", "StackStatus": "CREATE_COMPLETE"}
    outputs = [{"OutputKey": "TopicArn", "OutputValue": OUTPUTS["monitoring"]["TopicArn"]}]
    account.answers |= {
        "cloudformation.DescribeStacks": {"Stacks": [{**stack, "Outputs": outputs}]},
        "cloudformation.ListStackResources": {"StackResourceSummaries": []},
        "sns.ListSubscriptionsByTopic": {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]},
    }

    _, findings = examine(mlops, account)

    assert findings["subscribers"][0]["status"] == "warning"


@pytest.mark.parametrize(
    ("listed", "status", "said"),
    [
        ([{"TagKey": "platform", "Type": "UserDefined", "Status": "Active"}], "ok", "active"),
        ([{"TagKey": "platform", "Type": "UserDefined", "Status": "Inactive"}], "warning", "is inactive"),
        ([], "warning", "not known yet"),
    ],
)
def test_a_budget_whose_tag_is_not_activated_is_a_warning(
    mlops: Mlops, tmp_path: Path, listed: list[dict[str, str]], status: str, said: str
) -> None:
    shutil.copytree(assembly("prod").folder, tmp_path / "cdk.out")
    template = tmp_path / "cdk.out" / "mlops-prod-monitoring.template.json"
    monitoring = json.loads(template.read_text())
    monitoring["Resources"]["Budget"] = {"Type": "AWS::Budgets::Budget", "Properties": {}}
    template.write_text(json.dumps(monitoring))
    account = empty_account()
    account.answers["ce.ListCostAllocationTags"] = {"CostAllocationTags": listed}

    ended = mlops(account, "--stage", "prod", "--json", "doctor", "--assembly", str(tmp_path / "cdk.out"))

    [found] = [each for each in ended.document["findings"] if each["check"] == "budget"]
    assert (found["status"], said in found["text"]) == (status, True)
    assert account.called("ce.ListCostAllocationTags") == [{"TagKeys": ["platform"], "Type": "UserDefined"}]


def test_in_a_rehearsal_the_limits_of_an_account_are_not_asked(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "rehearsed_environment", lambda _stage: {"AWS_ENDPOINT_URL": "http://x"})
    account = empty_account()

    ended, findings = examine(mlops, account)

    assert ended.code == 0
    for check in ("quotas", "functions", "network", "zones", "Lake Formation", "budget"):
        assert [finding["status"] for finding in findings[check]] == ["not checked here"]
    assert not account.called("lambda.GetAccountSettings")


def test_without_credentials_nothing_else_is_asked(mlops: Mlops) -> None:
    account = Account({"sts.GetCallerIdentity": refusal("ExpiredToken")})

    ended = mlops(account, "--stage", "prod", "doctor", "--assembly", str(assembly("prod").folder))

    assert ended.code == 4
    assert len(account.calls) == 1


def test_a_folder_without_the_stages_templates_is_not_found(mlops: Mlops) -> None:
    who = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me", "UserId": "me"}
    ended = mlops(Account({"sts.GetCallerIdentity": who}), "doctor", "--assembly", "tests")

    assert ended.code == 3
    assert "make synth" in ended.err


@pytest.mark.parametrize(
    ("key", "status"), [("AWS_MANAGED_KEY", "ok"), ("", "ok"), ("arn:aws:kms:eu-west-1:123456789012:key/x", "warning")]
)
def test_a_bootstrap_bucket_under_a_companys_own_key_is_a_warning_that_says_what_the_key_must_allow(
    mlops: Mlops, key: str, status: str
) -> None:
    account = empty_account()
    parameters = [{"ParameterKey": "FileAssetsBucketKmsKeyId", "ParameterValue": key}]
    toolkit = {"StackName": "CDKToolkit", "StackStatus": "CREATE_COMPLETE", "Parameters": parameters}
    account.answers |= {"cloudformation.DescribeStacks": {"Stacks": [toolkit]}}
    [finding] = examine(mlops, account)[1]["bootstrap key"]

    assert finding["status"] == status
    assert ("kms:ViaService" in finding["way_out"]) == (status == "warning")


def test_an_account_without_the_cdks_own_stack_has_no_bootstrap_key_to_look_at(mlops: Mlops) -> None:
    account = empty_account()
    account.answers |= {"cloudformation.DescribeStacks": refusal("ValidationError", "CDKToolkit does not exist")}
    [finding] = examine(mlops, account)[1]["bootstrap key"]

    assert finding["status"] == "ok"


def test_stacks_that_are_stuck_or_busy_are_told_and_those_of_others_are_not(mlops: Mlops) -> None:
    account = empty_account()
    states = {
        "network": "ROLLBACK_COMPLETE", "iam": "CREATE_FAILED", "storage": "DELETE_FAILED", "glue": "ROLLBACK_FAILED",
        "lambda": "UPDATE_ROLLBACK_FAILED", "sagemaker": "UPDATE_IN_PROGRESS",
    }  # fmt: skip
    stacks = [{"StackName": f"mlops-prod-{name}", "StackStatus": status} for name, status in states.items()]
    stacks.append({"StackName": "mlops-production-x", "StackStatus": "ROLLBACK_COMPLETE"})
    account.answers |= {
        "cloudformation.DescribeStacks": {"Stacks": stacks},
        "cloudformation.ListStackResources": {"StackResourceSummaries": []},
    }
    told = [(found["status"], found["text"]) for found in examine(mlops, account)[1]["stacks"]]

    assert [text for status, text in told if status == "problem"] == [
        f"mlops-prod-{name} is {status}" for name, status in states.items() if status != "UPDATE_IN_PROGRESS"
    ]
    assert [text for status, text in told if status == "warning"] == [
        "not deployed: mlops-prod-monitoring, mlops-prod-step-functions",
        "changing just now: mlops-prod-sagemaker",
    ]


def test_names_that_only_begin_like_ours_are_of_others_and_log_groups_of_ours_are_found(mlops: Mlops) -> None:
    account = empty_account()
    groups = ["/aws/vendedlogs/states/mlops-prod-old", "/aws/sagemaker/Endpoints/mlops-prod-old", "/aws/lambda/x"]
    account.answers |= {
        "s3.ListBuckets": {"Buckets": [{"Name": "mlops-production"}]},
        "dynamodb.ListTables": {"TableNames": ["mlops-prod-runs"]},
        "ssm.GetParametersByPath": {"Parameters": [{"Name": "/mlops-prod/models/old"}]},
        "sagemaker.ListEndpoints": {"Endpoints": [{"EndpointName": "mlops-prod-churn"}]},
        "logs.DescribeLogGroups": {"logGroups": [{"logGroupName": name} for name in groups]},
    }
    told = " ".join(found["text"] for found in examine(mlops, account)[1]["names"])

    assert all(name in told for name in [*groups[:2], "mlops-prod-runs", "mlops-prod-churn", "/models/old"])
    assert not any(name in told for name in [groups[2], "mlops-production"])


def test_what_is_refused_unknown_or_scarce_is_a_warning_and_what_is_there_needs_no_room(mlops: Mlops) -> None:
    account = empty_account()
    owned = {"Vpcs": [{"VpcId": "vpc-1"}]}
    account.answers |= {
        "ssm.GetParameter": refusal("AccessDeniedException", "not authorized to perform: ssm:GetParameter"),
        "service-quotas.ListServiceQuotas": {"Quotas": []},
        "lambda.GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 10}},
        "ec2.DescribeVpcs": lambda params: owned if "Filters" in params else {"Vpcs": []},
    }
    ended, findings = examine(mlops, account)
    statuses = {check: {one["status"] for one in found} for check, found in findings.items()}

    assert ended.code == 0
    assert {statuses[check] == {"warning"} for check in ("bootstrap", "quotas", "functions")} == {True}
    assert findings["network"][0]["text"] == "it is there already"


@pytest.mark.parametrize(
    ("databases", "tables"),
    [(OPEN, []), ([], OPEN), ([{**OPEN[0], "Permissions": ["DESCRIBE"]}], OPEN)],
)
def test_lake_formation_is_open_only_where_it_lets_everybody_do_all_to_both(
    mlops: Mlops, databases: list[Any], tables: list[Any]
) -> None:
    account = empty_account()
    kept = {"CreateDatabaseDefaultPermissions": databases, "CreateTableDefaultPermissions": tables}
    account.answers["lakeformation.GetDataLakeSettings"] = {"DataLakeSettings": kept}

    assert examine(mlops, account)[1]["Lake Formation"][0]["status"] == "problem"


def test_a_confirmed_subscription_is_enough(mlops: Mlops) -> None:
    account = empty_account()
    stack = {"StackName": "mlops-prod-monitoring", "StackStatus": "CREATE_COMPLETE"}
    outputs = [{"OutputKey": "TopicArn", "OutputValue": OUTPUTS["monitoring"]["TopicArn"]}]
    listed = ["PendingConfirmation", arn("sns", "alerts:1")]
    account.answers |= {
        "cloudformation.DescribeStacks": {"Stacks": [{**stack, "Outputs": outputs}]},
        "cloudformation.ListStackResources": {"StackResourceSummaries": []},
        "sns.ListSubscriptionsByTopic": {"Subscriptions": [{"SubscriptionArn": one} for one in listed]},
    }
    [found] = examine(mlops, account)[1]["subscribers"]

    assert (found["status"], "1 of 2" in found["text"]) == ("ok", True)
