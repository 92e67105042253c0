"""The small promises of single constructs."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from mlops_constructs import statements
from mlops_constructs.data_bucket import AccessLogBucket, DataBucket
from mlops_constructs.log_group import log_group
from mlops_constructs.spending_limit import SpendingLimit
from mlops_constructs.wildcards import explain_wildcards, flatten, why


def _stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "stack")


def _data_bucket(*, keep: bool) -> Template:
    stack = _stack()
    logs = AccessLogBucket(stack, "Logs", keep_on_delete=keep, expiration_days=30).bucket
    DataBucket(
        stack,
        "Data",
        encryption_key=kms.Key(stack, "Key"),
        access_logs=logs,
        keep_on_delete=keep,
        noncurrent_version_days=30,
        tell_event_bridge=True,
    )
    return Template.from_stack(stack)


@pytest.mark.parametrize(("keep", "fate"), [(True, "Retain"), (False, "Delete")])
def test_data_survives_the_stack_when_asked_to(keep: bool, fate: str) -> None:
    buckets = _data_bucket(keep=keep).find_resources("AWS::S3::Bucket")

    assert [bucket["DeletionPolicy"] for bucket in buckets.values()] == [fate, fate]


def test_a_bucket_refuses_old_tls() -> None:
    old = {"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}, "Effect": "Deny"}

    _data_bucket(keep=True).has_resource_properties(
        "AWS::S3::BucketPolicy", {"PolicyDocument": {"Statement": Match.array_with([Match.object_like(old)])}}
    )


def test_access_logs_lie_under_the_only_kind_of_key_that_s3_delivers_to() -> None:
    _data_bucket(keep=True).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    )


def test_a_retention_that_the_service_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="log retention of 31 days; allowed: 7, 14, 30"):
        log_group(_stack(), "Logs", retention_days=31)


def test_a_budget_warns_before_and_when_it_is_used_up() -> None:
    stack = _stack()
    SpendingLimit(stack, "Budget", platform="mlops-dev", usd=100, emails=["ann@example.com"])
    [budget] = Template.from_stack(stack).find_resources("AWS::Budgets::Budget").values()
    warnings = budget["Properties"]["NotificationsWithSubscribers"]

    assert [warning["Notification"] for warning in warnings] == [
        {
            "NotificationType": kind,
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": percent,
            "ThresholdType": "PERCENTAGE",
        }
        for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
    ]
    assert budget["Properties"]["Budget"]["BudgetName"] == {"Fn::Join": ["", ["mlops-dev-", {"Ref": "AWS::Region"}]]}
    assert budget["Properties"]["Budget"]["CostFilters"] == {"TagKeyValue": ["user:platform$mlops-dev"]}


def _policy(*allowed: iam.PolicyStatement) -> cdk.App:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "stack")
    role = iam.Role.from_role_name(stack, "Role", "somebody", mutable=False)
    iam.Policy(stack, "Policy", roles=[role], statements=list(allowed))
    explain_wildcards(app)
    return app


def test_a_star_without_a_reason_stops_the_synth() -> None:
    app = _policy(statements.allow(["s3:GetObject"], "*"))

    with pytest.raises(RuntimeError, match=r"s3:GetObject on \* has no reason in wildcards.py"):
        app.synth()


def test_a_wildcard_in_an_action_stops_the_synth() -> None:
    app = _policy(statements.allow(["s3:Get*"], "arn:aws:s3:::bucket/key"))

    with pytest.raises(RuntimeError, match=r"action s3:Get\* is a wildcard; name the actions"):
        app.synth()


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (iam.PolicyStatement(not_actions=["iam:*"], resources=["arn:aws:s3:::bucket/key"]), "NotAction"),
        (iam.PolicyStatement(actions=["s3:GetObject"], not_resources=["arn:aws:s3:::bucket/key"]), "NotResource"),
    ],
)
def test_a_statement_that_allows_all_but_something_stops_the_synth(statement: iam.PolicyStatement, word: str) -> None:
    with pytest.raises(RuntimeError, match=f"{word} allows all but what it names; name what is allowed"):
        _policy(statement).synth()


def test_an_open_end_without_a_reason_stops_the_synth() -> None:
    app = _policy(statements.allow(["sqs:SendMessage"], statements.arn("sqs", "queue-*")))

    with pytest.raises(RuntimeError, match="has no reason in wildcards.py"):
        app.synth()


def test_a_reasoned_wildcard_passes() -> None:
    app = _policy(
        statements.trace(),
        statements.allow(["states:StopExecution"], statements.arn("states", "execution:mlops-dev-*")),
    )

    app.synth()


def test_one_action_without_a_reason_is_enough_to_refuse_a_statement() -> None:
    assert why("*", ["xray:PutTraceSegments"])
    assert why("*", ["xray:PutTraceSegments", "s3:DeleteBucket"]) is None


def test_resources_are_written_as_nag_writes_them() -> None:
    output = {"Fn::GetStackOutput": {"StackName": "s", "OutputName": "o"}}

    assert flatten({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Fn::GetAtt": ["B", "Arn"]}]]}) == (
        "arn:<AWS::Partition>:s3:::<B.Arn>"
    )
    assert flatten({"Fn::Join": ["", [output, "/raw/*"]]}) == (
        '{"Fn::GetStackOutput":{"StackName":"s","OutputName":"o"}}/raw/*'
    )
    assert flatten({"Fn::Join": ["", [{"Fn::ImportValue": "s:o"}, "/raw/*"]]}) == "s:o/raw/*"


def test_permissions_on_objects_write_no_bucket_policy() -> None:
    stack = _stack()
    bucket = s3.Bucket(stack, "Bucket")
    role = iam.Role.from_role_name(stack, "Role", "somebody", mutable=False)
    allowed = [statements.read_objects(bucket, "raw/*"), statements.write_objects(bucket, "reports/*")]
    iam.Policy(stack, "Policy", roles=[role], statements=allowed)

    Template.from_stack(stack).resource_count_is("AWS::S3::BucketPolicy", 0)
