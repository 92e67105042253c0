"""Promises of the templates, each promise without the help of a snapshot. On the environment that is kept longest."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lambda_src.notifier.once import PARTITION
from tests.synth import Resource, assembly

STAGES = ("dev", "prod")
DENIED_WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def _policies(kind: str, stage: str) -> dict[str, list[Mapping[str, Any]]]:
    """Statements by the logical id of what they protect."""
    names = {"AWS::S3::BucketPolicy": "Bucket", "AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for policy in assembly(stage).resources(kind):
        protected = policy.properties[names[kind]]
        for reference in protected if isinstance(protected, list) else [protected]:
            found.setdefault(reference["Ref"], []).extend(policy.properties["PolicyDocument"]["Statement"])
    return found


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
    ],
)
def test_nothing_is_reached_without_tls(stage: str, kind: str, policy: str) -> None:
    statements = _policies(policy, stage)
    open_ones = [
        resource.logical_id
        for resource in assembly(stage).resources(kind)
        if not any(
            statement["Effect"] == "Deny" and statement.get("Condition") == DENIED_WITHOUT_TLS
            for statement in statements.get(resource.logical_id, [])
        )
    ]

    assert assembly(stage).resources(kind)
    assert open_ones == []


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_kept_keeps_its_own_policy(stage: str) -> None:
    """A kept bucket whose policy goes would answer without TLS, and get no access logs any more."""
    fates = {
        resource.logical_id: resource.body.get("DeletionPolicy", "Delete")
        for resource in assembly(stage).resources("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
    }
    apart = [
        policy.logical_id
        for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for policy in assembly(stage).resources(kind)
        for protected in policy.properties.get("Queues")
        or policy.properties.get("Topics")
        or [policy.properties["Bucket"]]
        if policy.body.get("DeletionPolicy", "Delete") != fates[protected["Ref"]]
    ]

    assert apart == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_bucket_is_public(stage: str) -> None:
    everything = {
        name: True for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    }
    buckets = assembly(stage).resources("AWS::S3::Bucket")

    assert len(buckets) == 4
    assert all(bucket.properties["PublicAccessBlockConfiguration"] == everything for bucket in buckets)


@pytest.mark.parametrize("stage", STAGES)
def test_data_models_and_artifacts_lie_under_our_key_with_versions_and_every_access_is_logged(stage: str) -> None:
    holders = [
        bucket for bucket in assembly(stage).resources("AWS::S3::Bucket") if "AccessLogs" not in bucket.logical_id
    ]

    assert len(holders) == 3
    for bucket in holders:
        [rule] = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]["Fn::GetAtt"][0].startswith("Encryption")
        assert rule["BucketKeyEnabled"] is True
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket.properties["LoggingConfiguration"]["DestinationBucketName"]["Ref"].startswith("AccessLogs")


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_replaced_unfinished_or_captured_is_forgotten_in_time(stage: str) -> None:
    for bucket in assembly(stage).resources("AWS::S3::Bucket"):
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert all(rule["Status"] == "Enabled" for rule in rules)
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), bucket.logical_id
        # Parts of an upload that nobody finished are of less use than a version that somebody replaced.
        unfinished = [
            rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
            for rule in rules
            if "AbortIncompleteMultipartUpload" in rule
        ]
        replaced = [
            rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
            for rule in rules
            if "NoncurrentVersionExpiration" in rule
        ]
        assert max(unfinished) <= min(replaced), bucket.logical_id
        versioned = "VersioningConfiguration" in bucket.properties
        assert any("NoncurrentVersionExpiration" in rule for rule in rules) is versioned, bucket.logical_id
    [artifacts] = [one for one in assembly(stage).resources("AWS::S3::Bucket") if "Artifacts" in one.logical_id]
    assert [rule["Prefix"] for rule in artifacts.properties["LifecycleConfiguration"]["Rules"] if "Prefix" in rule] == [
        "capture/"
    ]


def test_prod_keeps_what_would_be_missed_and_dev_leaves_nothing() -> None:
    kept = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::ECR::Repository"}
    kept |= {"AWS::SageMaker::ModelPackageGroup", "AWS::SageMaker::Domain"}

    def fate(stage: str, *types: str) -> set[str]:
        return {resource.body.get("DeletionPolicy", "Delete") for resource in assembly(stage).resources(*types)}

    assert fate("prod", *kept) == {"Retain"}
    everything = {resource.type for resource in assembly("prod").resources()}
    assert fate("prod", *(everything - kept)) == {"Delete"}
    assert fate("dev") == {"Delete"}


def test_only_the_data_bucket_tells_event_bridge_of_arrivals() -> None:
    telling = [
        bucket.logical_id
        for bucket in assembly("prod").resources("AWS::S3::Bucket")
        if bucket.properties.get("NotificationConfiguration")
        == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    ]

    assert len(telling) == 1
    assert telling[0].startswith("Data")


@pytest.mark.parametrize("stage", STAGES)
def test_every_log_group_ends_and_all_that_may_know_the_key_are_encrypted(stage: str) -> None:
    groups = assembly(stage).resources("AWS::Logs::LogGroup")
    without_key = {group.module for group in groups if "KmsKeyId" not in group.properties}

    assert len(groups) > 10
    assert {group.properties["RetentionInDays"] for group in groups} == {30 if stage == "dev" else 365}
    assert without_key == {"network"}  # no arrow leads from the key to the network


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_has_a_limit_a_log_group_of_its_own_and_a_trace(stage: str) -> None:
    functions = assembly(stage).resources("AWS::Lambda::Function")
    groups = [function.properties["LoggingConfig"]["LogGroup"]["Ref"] for function in functions]

    assert len(functions) == 8
    assert len(set(groups)) == 8
    assert all(function.properties["TracingConfig"] == {"Mode": "Active"} for function in functions)
    assert all(60 <= function.properties["Timeout"] <= 900 for function in functions)


def test_functions_fit_into_a_new_account() -> None:
    functions = assembly("prod").resources("AWS::Lambda::Function")

    assert all(function.properties["MemorySize"] <= 3008 for function in functions)
    assert not [function.logical_id for function in functions if "ReservedConcurrentExecutions" in function.properties]


def _named(name: str) -> Resource:
    [found] = [
        function
        for function in assembly("prod").resources("AWS::Lambda::Function")
        if function.properties["Handler"] == f"lambda_src.{name}.handler.handle"
    ]
    return found


@pytest.mark.parametrize("name", ["write_manifest", "gate", "validate_data", "evaluate_model"])
def test_functions_that_read_data_stand_in_the_private_subnets(name: str) -> None:
    network = _named(name).properties["VpcConfig"]

    assert "privateSubnet" in json.dumps(network["SubnetIds"])
    assert "publicSubnet" not in json.dumps(network["SubnetIds"])
    assert len(network["SubnetIds"]) == 2


@pytest.mark.parametrize("name", ["golden_requests", "starter", "teardown", "notifier"])
def test_functions_that_only_call_aws_stand_outside_the_network(name: str) -> None:
    assert "VpcConfig" not in _named(name).properties


@pytest.mark.parametrize("name", ["teardown", "notifier"])
def test_what_nobody_waits_for_has_a_queue_for_what_it_could_not_do(name: str) -> None:
    function = _named(name)
    queue = function.properties["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0]
    [policy] = [
        one
        for one in assembly("prod").resources("AWS::IAM::Policy", modules=[function.module])
        if one.logical_id in function.depends_on
    ]
    statements = policy.properties["PolicyDocument"]["Statement"]

    assert {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [queue, "Arn"]}} in statements


@pytest.mark.parametrize("stage", STAGES)
def test_every_queue_is_encrypted_and_every_one_that_works_has_a_dead_letter_queue(stage: str) -> None:
    queues = assembly(stage).resources("AWS::SQS::Queue")
    text = json.dumps([resource.body for resource in assembly(stage).resources()])
    ends = {queue.logical_id for queue in queues if "RedrivePolicy" not in queue.properties}

    assert all(queue.properties["SqsManagedSseEnabled"] is True for queue in queues)
    assert len(queues) - len(ends) == 1
    assert all(f'"{end}", "Arn"' in text for end in ends)


def test_alarms_may_publish_to_the_encrypted_topic_and_may_use_its_key() -> None:
    [topic] = assembly("prod").resources("AWS::SNS::Topic")
    allowed = [one for one in _policies("AWS::SNS::TopicPolicy", "prod")[topic.logical_id] if one["Effect"] == "Allow"]
    [key] = assembly("prod").resources("AWS::KMS::Key")
    of_alarms = [
        statement
        for statement in key.properties["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]

    assert "KmsMasterKeyId" in topic.properties
    assert [one["Principal"] for one in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert [statement["Action"] for statement in of_alarms] == [["kms:Decrypt", "kms:GenerateDataKey*"]]


def test_the_key_turns_every_year_and_its_policy_names_no_role() -> None:
    [key] = assembly("prod").resources("AWS::KMS::Key")
    principals = [statement["Principal"] for statement in key.properties["KeyPolicy"]["Statement"]]

    assert key.properties["EnableKeyRotation"] is True
    assert ":root" in json.dumps(principals[0])
    assert all(set(principal) == {"Service"} for principal in principals[1:])


def test_every_alarm_has_somebody_to_tell_and_stays_quiet_without_data() -> None:
    alarms = assembly("prod").resources("AWS::CloudWatch::Alarm")

    assert len(alarms) == 2 * 3 + 5
    assert all(len(alarm.properties["AlarmActions"]) == 1 for alarm in alarms)
    assert {alarm.properties["TreatMissingData"] for alarm in alarms} == {"notBreaching"}
    assert not [alarm.logical_id for alarm in alarms if "Unit" in alarm.properties]


def _rules_on(source: str) -> list[Resource]:
    rules = assembly("prod").resources("AWS::Events::Rule", modules=["monitoring"])
    return [rule for rule in rules if rule.properties["EventPattern"]["source"] == [source]]


def test_what_the_platform_did_not_write_itself_is_shown_to_the_notifier() -> None:
    """It knows what the models read; a pattern with their names would outgrow the 2,048 characters of a rule."""
    [rule] = _rules_on("aws.s3")
    detail = rule.properties["EventPattern"]["detail"]
    written = ["runs/", "clean/", "heldout/", "evaluation/", "quarantine/", "reports/"]

    assert detail["object"]["key"] == [{"anything-but": {"prefix": written}}]
    [target] = rule.properties["Targets"]
    assert "Notifier" in json.dumps(target["Arn"])
    assert "DeadLetterConfig" in target


def test_what_the_notifier_may_do_to_the_run_table_ends_at_its_own_partition() -> None:
    policies = assembly("prod").resources("AWS::IAM::Policy", modules=["monitoring"])
    statements = [each for policy in policies for each in policy.properties["PolicyDocument"]["Statement"]]
    [own] = [each for each in statements if "dynamodb" in json.dumps(each["Action"])]

    assert own["Action"] == ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    assert own["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PARTITION]}}


def test_failed_executions_are_told_by_the_notifier_and_by_no_alarm() -> None:
    alarms = assembly("prod").resources("AWS::CloudWatch::Alarm")
    [rule] = _rules_on("aws.states")

    assert not [alarm.logical_id for alarm in alarms if alarm.properties["Namespace"] == "AWS/States"]
    assert rule.properties["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert "stateMachine:mlops-prod-" in json.dumps(rule.properties["EventPattern"]["detail"]["stateMachineArn"])


def _waiting(stage: str) -> list[Resource]:
    rules = assembly(stage).resources("AWS::Events::Rule", modules=["monitoring"])
    return [rule for rule in rules if rule.properties["EventPattern"]["source"] == ["aws.sagemaker"]]


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_a_version_that_waits_for_approval_is_told_by_the_notifier(stage: str) -> None:
    [rule] = _waiting(stage)
    detail = rule.properties["EventPattern"]["detail"]

    assert rule.properties["State"] == "ENABLED"
    assert detail == {
        "ModelApprovalStatus": ["PendingManualApproval"],
        "ModelPackageGroupName": [{"prefix": f"mlops-{stage}-"}],
    }
    [target] = rule.properties["Targets"]
    assert "Notifier" in json.dumps(target["Arn"])
    assert "DeadLetterConfig" in target


def test_nobody_is_told_where_the_environment_approves_by_itself() -> None:
    assert [rule.properties["State"] for rule in _waiting("dev")] == ["DISABLED"]


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_deployment_says_when_nobody_is_told_of_failures(stage: str) -> None:
    """`cdk deploy` prints the outputs of each stack."""
    output = assembly(stage).template("monitoring")["Outputs"]["Subscribers"]["Value"]

    assert output.startswith("nobody:")
    assert "alarm_emails" in output
    assert not assembly(stage).resources("AWS::SNS::Subscription")


def test_the_run_table_can_be_turned_back_in_time() -> None:
    [table] = assembly("prod").resources("AWS::DynamoDB::Table")

    assert table.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert [entry["AttributeName"] for entry in table.properties["KeySchema"]] == ["model", "item"]


def test_images_are_scanned_never_move_and_lie_under_our_key() -> None:
    [repository] = assembly("prod").resources("AWS::ECR::Repository")

    assert repository.properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository.properties["ImageTagMutability"] == "IMMUTABLE"
    assert repository.properties["EncryptionConfiguration"]["EncryptionType"] == "KMS"
