"""The surroundings of the machines: logs, the queue, the mapping, the teardown, and the order they come and go in."""

import json
from typing import Any

import pytest

from lambda_src.teardown.properties import Properties
from mlops_constructs.workflow import tuning
from tests.workflow.assembly import ACCOUNT, MODELS, PREFIX, REGION, SETTINGS, resolved, resources, template
from tests.workflow.test_permissions import _allowed as allowed


def _only(kind: str) -> dict[str, Any]:
    [found] = resources(kind).values()
    return found


def _depends_on(resource: dict[str, Any]) -> set[str]:
    wanted = resource.get("DependsOn", [])
    return set(wanted if isinstance(wanted, list) else [wanted])


def _policy_of(role: str) -> str:
    [name] = [
        name
        for name, each in resources("AWS::IAM::Policy").items()
        if resolved(each["Properties"]["Roles"], template()) == [role]
    ]
    return name


def test_every_machine_logs_everything_is_traced_and_comes_after_its_roles_policy() -> None:
    for each in resources("AWS::StepFunctions::StateMachine").values():
        properties = each["Properties"]
        assert properties["LoggingConfiguration"]["Level"] == "ALL"
        assert properties["TracingConfiguration"] == {"Enabled": True}
        kind = properties["StateMachineName"].rsplit("-", 1)[1]
        assert _policy_of(f"{kind}-machine") in _depends_on(each)


def test_machine_logs_have_the_prefix_that_spares_the_resource_policy_are_encrypted_and_end() -> None:
    groups = resources("AWS::Logs::LogGroup").values()
    names = {each["Properties"]["LogGroupName"] for each in groups}
    assert names == {f"/aws/vendedlogs/states/{PREFIX}-{kind}" for kind in ("training", "deployment")}
    for each in groups:
        assert each["Properties"]["RetentionInDays"] == 30
        assert "KmsKeyId" in each["Properties"]
        assert each["DeletionPolicy"] == "Delete"


def _queues() -> tuple[dict[str, Any], dict[str, Any]]:
    found = [each["Properties"] for each in resources("AWS::SQS::Queue").values()]
    [queue] = [each for each in found if "RedrivePolicy" in each]
    [dead] = [each for each in found if "RedrivePolicy" not in each]
    return queue, dead


def test_the_queue_hides_a_message_for_as_long_as_lambda_may_work_on_it() -> None:
    queue, _ = _queues()
    assert queue["VisibilityTimeout"] >= 6 * 60 + 60


def test_both_queues_are_encrypted_and_dead_letters_are_kept_longest() -> None:
    queue, dead = _queues()
    assert queue["SqsManagedSseEnabled"] is True and dead["SqsManagedSseEnabled"] is True
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600 > queue["MessageRetentionPeriod"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5


def test_a_queue_takes_messages_of_our_rules_only_and_only_over_tls() -> None:
    rules = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{PREFIX}-*"
    policies = resources("AWS::SQS::QueuePolicy").values()
    assert len(policies) == 2
    for each in policies:
        document = resolved(each["Properties"]["PolicyDocument"], template())
        [deny] = [one for one in document["Statement"] if one["Effect"] == "Deny"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        [allow] = [one for one in document["Statement"] if one["Effect"] == "Allow"]
        assert allow["Principal"] == {"Service": "events.amazonaws.com"}
        assert allow["Action"] == "sqs:SendMessage"
        assert allow["Condition"] == {"ArnLike": {"aws:SourceArn": rules}}


def test_the_starter_gets_a_minutes_messages_at_once_and_may_fail_single_ones() -> None:
    mapping = _only("AWS::Lambda::EventSourceMapping")
    properties = mapping["Properties"]
    assert (properties["BatchSize"], properties["MaximumBatchingWindowInSeconds"]) == (1000, 60)
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "ScalingConfig" not in properties
    assert any("StarterReceives" in name for name in _depends_on(mapping))


def test_no_message_is_read_before_the_settings_of_the_models_are_there() -> None:
    mapping = _only("AWS::Lambda::EventSourceMapping")
    settings = {name for name, each in resources("AWS::SSM::Parameter").items() if "Name" in each["Properties"]}
    assert len(settings) == len(MODELS)
    assert settings <= _depends_on(mapping)


def test_the_teardown_goes_before_everything_it_needs_or_works_on() -> None:
    teardown = _only("Custom::Teardown")
    expected = {
        name
        for kind in (
            "AWS::StepFunctions::StateMachine",
            "AWS::Events::Rule",
            "AWS::Lambda::EventSourceMapping",
            "AWS::SQS::Queue",
            "AWS::Logs::LogGroup",
        )
        for name in resources(kind)
    }
    roles = ("training-machine", "deployment-machine", "teardown")
    assert expected | {_policy_of(role) for role in roles} <= _depends_on(teardown)


def test_nothing_waits_for_the_teardown() -> None:
    [name] = resources("Custom::Teardown")
    for other, each in template()["Resources"].items():
        assert name not in _depends_on(each), other
        assert name not in json.dumps(each.get("Properties", {})), other


def test_the_teardown_is_told_what_its_function_understands() -> None:
    given = resolved(_only("Custom::Teardown")["Properties"], template())
    assert int(given["ServiceTimeout"]) == 3600
    assert given["ServiceToken"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PREFIX}-teardown"
    properties = Properties.read(given)
    assert properties.name_prefix == PREFIX
    assert properties.bucket_names == (
        "the-data-bucket",
        "the-models-bucket",
        "the-artifacts-bucket",
        "the-log-bucket",
    )
    assert properties.log_bucket_name == "the-log-bucket"
    assert properties.repository_names == ("the-repository",)
    assert properties.security_group_ids == ("sg-1",)
    assert properties.delete_registry is False
    assert (properties.domain_id, properties.delete_domain) == ("d-1", True)
    assert properties.time_budget_seconds < 3600


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("events:DisableRule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{PREFIX}-upload"),
        ("states:StopExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{PREFIX}-training:churn-1"),
        ("sagemaker:DeleteEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{PREFIX}-churn"),
        ("sagemaker:DeleteModelPackage", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{PREFIX}-churn/3"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::the-data-bucket/raw/churn/a.csv"),
        ("s3:ListBucketVersions", "arn:aws:s3:::the-models-bucket"),
        ("s3:PutBucketLogging", "arn:aws:s3:::the-data-bucket"),
        ("s3:GetBucketPolicy", "arn:aws:s3:::the-log-bucket"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::the-log-bucket"),
        ("ecr:BatchDeleteImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/the-repository"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PREFIX}-teardown"),
        ("ec2:DescribeNetworkInterfaces", "*"),
        ("sagemaker:DeleteDomain", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:domain/d-1"),
    ],
)
def test_the_teardown_may_do_its_steps(action: str, resource: str) -> None:
    assert allowed("teardown", action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:DeleteObject", "arn:aws:s3:::another-bucket/a"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::the-data-bucket"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::another-bucket"),
        ("s3:PutBucketLogging", "arn:aws:s3:::another-bucket"),
        ("sagemaker:DeleteEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mlops-prod-churn"),
        ("sagemaker:DeleteDomain", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:domain/d-2"),
    ],
)
def test_the_teardown_may_touch_nothing_of_others(action: str, resource: str) -> None:
    assert not allowed("teardown", action, resource)


def test_a_bake_that_leaves_no_time_for_the_update_is_refused_at_synth() -> None:
    def settings(bake_seconds: int) -> tuning.DeploymentSettings:
        return tuning.DeploymentSettings(
            traffic=tuning.Traffic(
                shift="canary", bake_seconds=bake_seconds, maximum_5xx_errors=1, maximum_latency_milliseconds=1
            ),
            scaling=tuning.Scaling(minimum_instances=2, maximum_instances=2, invocations_per_instance=1),
            capture_percentage=0,
            golden_requests=1,
            limits=tuning.DeploymentLimits(machine_hours=4, poll_seconds=15, endpoint_minutes=90),
        )

    assert settings(1199).traffic.bake_seconds == 1199
    with pytest.raises(ValueError, match="allowed: a bake under 1200 s"):
        settings(1200)


def test_every_model_has_its_settings_and_nothing_else_of_its_own() -> None:
    """The rest is shared: only a schedule needs a rule of its own."""
    of_models = {
        each["Properties"]["Name"]: json.loads(each["Properties"]["Value"])
        for each in resources("AWS::SSM::Parameter").values()
        if "Name" in each["Properties"]
    }
    assert of_models == {f"/{PREFIX}/models/{model}": SETTINGS for model in MODELS}
    named = {each["Type"] for each in template()["Resources"].values() if MODELS[1] in json.dumps(each)}
    assert named == {"AWS::SSM::Parameter", "AWS::Events::Rule"}


def test_two_syntheses_give_the_same_template() -> None:
    assert template.__wrapped__() == template()
