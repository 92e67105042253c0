"""Questions to IAM about each request: the resource as AWS names it, all of them, and with their context."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator import questions
from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until
from tests.emulator.functions import LOGS, make_function

PLACE = f"{REGION}:{ACCOUNT}"
CATALOGUE = f"arn:aws:glue:{PLACE}:catalog"
DATABASE = f"arn:aws:glue:{PLACE}:database/mlops_test"
TABLE = f"arn:aws:glue:{PLACE}:table/mlops_test/raw"


@pytest.mark.parametrize(
    ("action", "request_body", "expected"),
    [
        ("glue:StartCrawler", {"Name": "churn"}, [f"arn:aws:glue:{PLACE}:crawler/churn"]),
        ("glue:GetCrawler", {"Name": "churn"}, [f"arn:aws:glue:{PLACE}:crawler/churn"]),
        ("glue:StartJobRun", {"JobName": "etl"}, [f"arn:aws:glue:{PLACE}:job/etl"]),
        ("glue:BatchStopJobRun", {"JobName": "etl"}, [f"arn:aws:glue:{PLACE}:job/etl"]),
        ("glue:CreateJob", {"Name": "etl"}, [f"arn:aws:glue:{PLACE}:job/etl"]),
        ("glue:GetTable", {"DatabaseName": "mlops_test", "Name": "raw"}, [CATALOGUE, DATABASE, TABLE]),
        (
            "glue:CreateTable",
            {"DatabaseName": "mlops_test", "TableInput": {"Name": "raw"}},
            [CATALOGUE, DATABASE, TABLE],
        ),
        ("glue:GetPartitions", {"DatabaseName": "mlops_test", "TableName": "raw"}, [CATALOGUE, DATABASE, TABLE]),
        ("glue:GetDatabase", {"Name": "mlops_test"}, [CATALOGUE, DATABASE]),
        ("glue:GetClassifier", {"Name": "csv"}, ["*"]),
        ("events:DisableRule", {"Name": "end"}, [f"arn:aws:events:{PLACE}:rule/end"]),
        ("events:PutTargets", {"Rule": "end"}, [f"arn:aws:events:{PLACE}:rule/end"]),
        ("events:PutRule", {"Name": "end", "EventBusName": "own"}, [f"arn:aws:events:{PLACE}:rule/own/end"]),
        (
            "logs:PutLogEvents",
            {"logGroupName": "/a", "logStreamName": "s"},
            [f"arn:aws:logs:{PLACE}:log-group:/a:log-stream:s"],
        ),
        ("logs:FilterLogEvents", {"logGroupName": "/a"}, [f"arn:aws:logs:{PLACE}:log-group:/a:log-stream:"]),
        ("cloudwatch:PutMetricAlarm", {"AlarmName": "guard"}, [f"arn:aws:cloudwatch:{PLACE}:alarm:guard"]),
        (
            "cloudwatch:DeleteAlarms",
            {"AlarmNames": ["one", "two"]},
            [f"arn:aws:cloudwatch:{PLACE}:alarm:one", f"arn:aws:cloudwatch:{PLACE}:alarm:two"],
        ),
        # Recorded (aws-dotnet-extensions-configuration#108): the path itself, whatever lies below it.
        (
            "ssm:GetParametersByPath",
            {"Path": "/mlops-dev/models"},
            [f"arn:aws:ssm:{PLACE}:parameter/mlops-dev/models"],
        ),
        (
            "sagemaker:ListModelPackages",
            {"ModelPackageGroupName": "churn"},
            [f"arn:aws:sagemaker:{PLACE}:model-package-group/churn"],
        ),
        (
            "elasticfilesystem:DescribeMountTargets",
            {"FileSystemId": "fs-1"},
            [f"arn:aws:elasticfilesystem:{PLACE}:file-system/fs-1"],
        ),
        ("sqs:SendMessage", {"QueueUrl": "u"}, []),
    ],
)
def test_resources_are_named_as_aws_names_them(action: str, request_body: Any, expected: list[str]) -> None:
    assert questions.resources(action, request_body) == expected


def test_a_crawler_role_needs_the_database_the_catalogue_and_the_table(emulator: Emulator) -> None:
    role = emulator.role("catalogue-reader", "glue.amazonaws.com")
    emulator.client("glue").create_database(DatabaseInput={"Name": "mlops_test_iam"})
    wanted = [
        f"arn:aws:glue:{PLACE}:catalog",
        f"arn:aws:glue:{PLACE}:database/mlops_test_iam",
        f"arn:aws:glue:{PLACE}:table/mlops_test_iam/raw",
    ]
    glue = emulator.client("glue", emulator.session(role))
    table = {"Name": "raw", "StorageDescriptor": {"Columns": []}}
    for missing in wanted:
        rest = [arn for arn in wanted if arn != missing]
        emulator.allow("catalogue-reader", [statement("glue:CreateTable", rest)])
        with pytest.raises(ClientError, match="not authorized to perform: glue:CreateTable"):
            glue.create_table(DatabaseName="mlops_test_iam", TableInput=table)
    emulator.allow("catalogue-reader", [statement("glue:CreateTable", wanted)])
    glue.create_table(DatabaseName="mlops_test_iam", TableInput=table)


def test_metrics_are_bound_to_their_namespace(emulator: Emulator) -> None:
    condition = {"StringLike": {"cloudwatch:namespace": ["MLOps*"]}}
    role = emulator.role("meter", "glue.amazonaws.com")
    emulator.allow("meter", [statement("cloudwatch:PutMetricData", Condition=condition)])
    cloudwatch = emulator.client("cloudwatch", emulator.session(role))
    cloudwatch.put_metric_data(Namespace="MLOps", MetricData=[{"MetricName": "m", "Value": 1}])
    with pytest.raises(ClientError, match="cloudwatch:PutMetricData"):
        cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[{"MetricName": "m", "Value": 1}])


def test_an_alarm_that_is_made_with_tags_needs_the_permission_to_tag(emulator: Emulator) -> None:
    """ "you must have the cloudwatch:TagResource permission in addition to the cloudwatch:PutMetricAlarm permission"
    (CloudWatch API reference, PutMetricAlarm, Tags)."""
    role = emulator.role("alarm-maker", "states.amazonaws.com")
    cloudwatch = emulator.client("cloudwatch", emulator.session(role))
    alarm: dict[str, Any] = {
        "AlarmName": "tagged-guard",
        "MetricName": "m",
        "Namespace": "n",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    emulator.allow("alarm-maker", [statement("cloudwatch:PutMetricAlarm")])
    cloudwatch.put_metric_alarm(**alarm)
    tagged = {**alarm, "AlarmName": "tagged-guard-2", "Tags": [{"Key": "platform", "Value": "x"}]}
    with pytest.raises(ClientError, match="not authorized to perform"):
        cloudwatch.put_metric_alarm(**tagged)
    emulator.allow("alarm-maker", [statement(["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"])])
    cloudwatch.put_metric_alarm(**tagged)
    owner = emulator.client("cloudwatch")
    [found] = owner.describe_alarms(AlarmNames=["tagged-guard-2"])["MetricAlarms"]
    assert owner.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == tagged["Tags"]


def test_items_are_bound_to_the_partition_that_a_condition_names(emulator: Emulator) -> None:
    dynamodb = emulator.client("dynamodb")
    keys = [{"AttributeName": "model", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}]
    types = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys]
    dynamodb.create_table(TableName="bound", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["#own"]}}
    actions = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    role = emulator.role("bound", "lambda.amazonaws.com", [statement(actions, Condition=condition)])
    bound = emulator.client("dynamodb", emulator.session(role))
    own, foreign = ({"model": {"S": model}, "item": {"S": "x"}} for model in ("#own", "churn"))
    change = {"UpdateExpression": "SET seen = :yes", "ExpressionAttributeValues": {":yes": {"BOOL": True}}}
    bound.put_item(TableName="bound", Item=own)
    bound.update_item(TableName="bound", Key=own, **change)
    bound.delete_item(TableName="bound", Key=own)
    with pytest.raises(ClientError, match="dynamodb:PutItem"):
        bound.put_item(TableName="bound", Item=foreign)
    with pytest.raises(ClientError, match="dynamodb:UpdateItem"):
        bound.update_item(TableName="bound", Key=foreign, **change)
    with pytest.raises(ClientError, match="dynamodb:DeleteItem"):
        bound.delete_item(TableName="bound", Key=foreign)


def test_a_mapping_is_changed_only_where_the_function_is_allowed(emulator: Emulator) -> None:
    read = statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    function_role = emulator.role("mapped", "lambda.amazonaws.com", [LOGS, read])
    arn = make_function(emulator, "mapped", function_role, "def handler(event, context): pass")
    emulator.client("sqs").create_queue(QueueName="mapped")
    mapping = emulator.client("lambda").create_event_source_mapping(
        FunctionName="mapped", EventSourceArn=f"arn:aws:sqs:{PLACE}:mapped"
    )["UUID"]
    role = emulator.role("switch", "lambda.amazonaws.com")
    functions = emulator.client("lambda", emulator.session(role))
    for allowed, function_arn in ((False, f"{arn}-other"), (True, arn)):
        condition = {"ArnLike": {"lambda:FunctionArn": function_arn}}
        emulator.allow("switch", [statement("lambda:UpdateEventSourceMapping", Condition=condition)])
        if allowed:
            functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        else:
            with pytest.raises(ClientError, match="lambda:UpdateEventSourceMapping"):
                functions.update_event_source_mapping(UUID=mapping, Enabled=False)


def test_the_tags_of_a_security_group_are_looked_at(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    group = ec2.create_security_group(GroupName="tagged", Description="d", VpcId="vpc-00000001")["GroupId"]
    role = emulator.role("remover", "lambda.amazonaws.com")
    condition = {"StringLike": {"aws:ResourceTag/Owner": "*"}}
    emulator.allow("remover", [statement("ec2:DeleteSecurityGroup", Condition=condition)])
    remover = emulator.client("ec2", emulator.session(role))
    with pytest.raises(ClientError, match="ec2:DeleteSecurityGroup"):
        remover.delete_security_group(GroupId=group)
    ec2.create_tags(Resources=[group], Tags=[{"Key": "Owner", "Value": "studio"}])
    remover.delete_security_group(GroupId=group)


def test_a_request_that_no_permission_is_known_for_is_refused_to_roles(emulator: Emulator) -> None:
    role = emulator.role("curious", "lambda.amazonaws.com", [statement("lambda:*")])
    session = emulator.session(role)
    functions = emulator.client("lambda", session)
    functions.meta.events.register(
        "before-sign.lambda.ListFunctions", lambda request, **_: setattr(request, "url", f"{emulator.url}/2099-01-01/x")
    )
    with pytest.raises(ClientError, match="knows no permission for GET /2099-01-01/x"):
        functions.list_functions()


def test_every_decision_is_one_line_of_the_call_log(emulator: Emulator) -> None:
    role = emulator.role("logged", "lambda.amazonaws.com", [statement("sqs:ListQueues")])
    session = emulator.session(role, "someone")
    emulator.client("s3").create_bucket(Bucket="logged")
    emulator.client("sqs", session).list_queues()
    with pytest.raises(ClientError):
        emulator.client("s3", session).put_object(Bucket="logged", Key="k", Body=b"")
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/logged/someone"
    lines = [call for call in emulator.calls() if call["caller"] == caller]
    assert [(line["action"], line["resource"], line["decision"], line["error"]) for line in lines] == [
        ("sqs:ListQueues", "*", "allowed", None),
        ("s3:PutObject", "arn:aws:s3:::logged/k", "denied", "AccessDenied"),
    ]
    assert all(set(line) == {"time", "caller", "action", "resource", "decision", "error"} for line in lines)


class TestTopics:
    """Publishing to a topic under a customer key."""

    def test_a_role_needs_the_key_to_publish(self, emulator: Emulator) -> None:
        key, topic = _encrypted_topic(emulator, "role-topic", [])
        role = emulator.role("publisher", "lambda.amazonaws.com", [statement("sns:Publish", topic)])
        sns = emulator.client("sns", emulator.session(role))
        with pytest.raises(ClientError, match="kms:GenerateDataKey"):
            sns.publish(TopicArn=topic, Message="hello")
        usage = statement(["kms:GenerateDataKey", "kms:Decrypt"], key)
        emulator.allow("publisher", [statement("sns:Publish", topic), usage])
        sns.publish(TopicArn=topic, Message="hello")

    @pytest.mark.parametrize("missing", ["topic", "key", "nothing"])
    def test_an_alarm_needs_the_topics_policy_and_the_keys(self, emulator: Emulator, missing: str) -> None:
        name = f"alarm-{missing}"
        allowed = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": "*"}
        key_use = {**allowed, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}
        _key, topic = _encrypted_topic(emulator, name, [key_use] if missing != "key" else [])
        if missing != "topic":
            policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Action": "sns:Publish", "Resource": topic}]}
            emulator.client("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
            )
        url = _ear(emulator, name, topic)
        cloudwatch = emulator.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="MLOps",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            Statistic="Sum",
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic],
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

        def asked() -> list[dict[str, Any]]:
            return [c for c in emulator.calls() if c["action"] == "sns:Publish" and c["resource"] == topic]

        decision = wait_until(asked, 5, "the alarm's action")[0]["decision"]
        messages = emulator.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        assert (decision, len(messages)) == (("allowed", 1) if missing == "nothing" else ("denied", 0))


def _encrypted_topic(emulator: Emulator, name: str, key_statements: list[dict[str, Any]]) -> tuple[str, str]:
    owner = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [owner, *key_statements]})
    key = emulator.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    topic = emulator.client("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
    only_owner = {**owner, "Action": "sns:Publish", "Resource": topic}
    emulator.client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [only_owner]}),
    )
    return key, topic


def _ear(emulator: Emulator, name: str, topic: str) -> str:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{PLACE}:{name}")
    return str(url)
