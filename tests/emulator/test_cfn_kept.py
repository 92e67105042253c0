"""Properties that a template declares are answered by the service afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from rehearsal.emulator.cloudformation.kept import EVERYWHERE, KEPT, STRUCTURED
from tests.emulator.conftest import ACCOUNT, Emulator, lambda_runtime, statement
from tests.emulator.functions import LOGS
from tests.emulator.stacks import Stacks, refused, resource

TAGS = [{"Key": "team", "Value": "risk"}]


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


def _key() -> dict[str, Any]:
    everyone = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    allowed = {"Effect": "Allow", "Principal": everyone, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    return resource("AWS::KMS::Key", KeyPolicy=policy, EnableKeyRotation=True, Tags=TAGS)


def test_a_bucket_keeps_encryption_lifecycle_logging_tags_and_versions(stacks: Stacks, emulator: Emulator) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]}}
    rule = {
        "Id": "old",
        "Status": "Enabled",
        "Prefix": "reports/",
        "ExpirationInDays": 90,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    bucket = resource(
        "AWS::S3::Bucket",
        BucketEncryption={
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
        LifecycleConfiguration={"Rules": [rule]},
        LoggingConfiguration={"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "data/"},
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True},
        VersioningConfiguration={"Status": "Enabled"},
        Tags=TAGS,
    )
    name = stacks.create({"Key": _key(), "Logs": resource("AWS::S3::Bucket"), "Data": bucket})
    s3, data = emulator.client("s3"), stacks.physical_id(name, "Data")
    encryption = s3.get_bucket_encryption(Bucket=data)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert encryption["BucketKeyEnabled"] is True
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=data)["Rules"][0]
    assert lifecycle["Expiration"] == {"Days": 90}
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert lifecycle["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert s3.get_bucket_logging(Bucket=data)["LoggingEnabled"]["TargetPrefix"] == "data/"
    assert s3.get_bucket_versioning(Bucket=data)["Status"] == "Enabled"
    assert {"Key": "team", "Value": "risk"} in s3.get_bucket_tagging(Bucket=data)["TagSet"]
    put = s3.put_object(Bucket=data, Key="k", Body=b"x")
    assert put["ServerSideEncryption"] == "aws:kms"
    s3.delete_object(Bucket=data, Key="k", VersionId=put["VersionId"])


def test_a_table_keeps_recovery_encryption_expiry_and_tags(stacks: Stacks, emulator: Emulator) -> None:
    table = resource(
        "AWS::DynamoDB::Table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        Tags=TAGS,
    )
    name = stacks.create({"Key": _key(), "Runs": table})
    dynamodb, runs = emulator.client("dynamodb"), stacks.physical_id(name, "Runs")
    backups = dynamodb.describe_continuous_backups(TableName=runs)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    described = dynamodb.describe_table(TableName=runs)["Table"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["SSEDescription"]["SSEType"] == "KMS"
    assert dynamodb.describe_time_to_live(TableName=runs)["TimeToLiveDescription"]["AttributeName"] == "expires"
    assert TAGS[0] in dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]


def test_a_function_keeps_network_dead_letters_environment_and_logging(stacks: Stacks, emulator: Emulator) -> None:
    actions = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
    role = emulator.role("keeper", "lambda.amazonaws.com", [LOGS, statement(actions)])
    runtime, architecture = lambda_runtime()
    function = resource(
        "AWS::Lambda::Function",
        Code={"ZipFile": "def handler(event, context): return event"},
        Role=role,
        Runtime=runtime,
        Architectures=[architecture],
        Handler="index.handler",
        MemorySize=512,
        Timeout=60,
        Environment={"Variables": {"STAGE": "test"}},
        DeadLetterConfig={"TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}},
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogGroup": {"Ref": "Log"}},
        VpcConfig={"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}]},
        Tags=TAGS,
    )
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.3.0.0/16"),
        "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.3.0.0/24"),
        "Group": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}, GroupDescription="g"),
        "Dead": resource("AWS::SQS::Queue"),
        "Log": resource("AWS::Logs::LogGroup", LogGroupName="/keeper", RetentionInDays=7),
        "Function": function,
    }
    name = stacks.create(resources)
    kept = emulator.client("lambda").get_function(FunctionName=stacks.physical_id(name, "Function"))
    configuration = kept["Configuration"]
    assert configuration["VpcConfig"]["SubnetIds"] == [stacks.physical_id(name, "Subnet")]
    assert configuration["DeadLetterConfig"]["TargetArn"].startswith("arn:aws:sqs:")
    assert configuration["Environment"]["Variables"] == {"STAGE": "test"}
    assert configuration["LoggingConfig"]["LogGroup"] == "/keeper"
    assert (configuration["MemorySize"], configuration["Timeout"]) == (512, 60)
    assert kept["Tags"]["team"] == "risk"
    stacks.update(name, {**resources, "Function": {**function, "Properties": {**function["Properties"], "Timeout": 9}}})
    changed = emulator.client("lambda").get_function(FunctionName=stacks.physical_id(name, "Function"))
    assert changed["Configuration"]["Timeout"] == 9


def test_reserved_concurrency_is_refused_as_in_a_new_account(stacks: Stacks, emulator: Emulator) -> None:
    role = emulator.role("reserved", "lambda.amazonaws.com")
    runtime, _architecture = lambda_runtime()
    function = resource(
        "AWS::Lambda::Function",
        Code={"ZipFile": ""},
        Role=role,
        Runtime=runtime,
        Handler="index.handler",
        ReservedConcurrentExecutions=1,
    )
    assert "UnreservedConcurrentExecution" in refused(lambda: stacks.create({"Function": function}))


def test_a_role_keeps_its_boundary_and_is_held_by_it(stacks: Stacks, emulator: Emulator) -> None:
    only_s3 = {"Version": "2012-10-17", "Statement": [statement("s3:*")]}
    everything = {"Version": "2012-10-17", "Statement": [statement(["s3:*", "sqs:*"])]}
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=trust,
        PermissionsBoundary={"Ref": "Boundary"},
        Policies=[{"PolicyName": "all", "PolicyDocument": everything}],
    )
    boundary = resource("AWS::IAM::ManagedPolicy", PolicyDocument=only_s3)
    name = stacks.create({"Boundary": boundary, "Role": role}, {"Arn": {"Fn::GetAtt": ["Role", "Arn"]}})
    session = emulator.session(stacks.outputs(name)["Arn"])
    emulator.client("s3", session).list_buckets()
    with pytest.raises(Exception, match="sqs:listqueues|sqs:ListQueues"):
        emulator.client("sqs", session).list_queues()


def test_a_topic_keeps_its_key_and_an_alarm_its_expression(stacks: Stacks, emulator: Emulator) -> None:
    metric = {"MetricName": "Errors", "Namespace": "AWS/Lambda"}
    queries = [
        {"Id": "rate", "Expression": "errors * 100", "Label": "rate"},
        {"Id": "errors", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}, "ReturnData": False},
    ]
    alarm = resource(
        "AWS::CloudWatch::Alarm",
        Metrics=queries,
        Threshold=5,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[{"Ref": "Topic"}],
    )
    topic = resource("AWS::SNS::Topic", KmsMasterKeyId={"Ref": "Key"})
    name = stacks.create({"Key": _key(), "Topic": topic, "Alarm": alarm})
    attributes = emulator.client("sns").get_topic_attributes(TopicArn=stacks.physical_id(name, "Topic"))["Attributes"]
    assert attributes["KmsMasterKeyId"] == stacks.physical_id(name, "Key")
    alarms = emulator.client("cloudwatch").describe_alarms(AlarmNames=[stacks.physical_id(name, "Alarm")])
    assert [query["Id"] for query in alarms["MetricAlarms"][0]["Metrics"]] == ["rate", "errors"]


def test_glue_keeps_every_field_of_jobs_and_crawlers(stacks: Stacks, emulator: Emulator) -> None:
    role = emulator.role("glue-keeper", "glue.amazonaws.com", [statement("glue:GetSecurityConfiguration")])
    classifier = {"Name": "mlops-test-csv", "Delimiter": ",", "QuoteSymbol": '"', "ContainsHeader": "PRESENT"}
    resources = {
        "Database": resource("AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": "mlops_test"}),
        "Security": resource(
            "AWS::Glue::SecurityConfiguration",
            Name="mlops-test",
            EncryptionConfiguration={"S3Encryptions": [{"S3EncryptionMode": "SSE-S3"}]},
        ),
        "Classifier": resource("AWS::Glue::Classifier", CsvClassifier=classifier),
        "Crawler": resource(
            "AWS::Glue::Crawler",
            Name="mlops-test-churn",
            Role=role,
            DatabaseName={"Ref": "Database"},
            Classifiers=[{"Ref": "Classifier"}],
            Targets={"S3Targets": [{"Path": "s3://bucket/raw/churn/"}]},
            SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
            RecrawlPolicy={"RecrawlBehavior": "CRAWL_EVERYTHING"},
            Configuration=json.dumps({"Version": 1.0}),
            CrawlerSecurityConfiguration={"Ref": "Security"},
        ),
        "Job": resource(
            "AWS::Glue::Job",
            Name="mlops-test-etl",
            Role=role,
            Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://bucket/etl.py"},
            DefaultArguments={"--job-language": "python"},
            ExecutionProperty={"MaxConcurrentRuns": 3},
            GlueVersion="5.1",
            MaxRetries=0,
            NumberOfWorkers=2,
            SecurityConfiguration={"Ref": "Security"},
            Timeout=60,
            WorkerType="G.1X",
            Tags={"team": "risk"},
        ),
    }
    stacks.create(resources)
    glue = emulator.client("glue")
    job = glue.get_job(JobName="mlops-test-etl")["Job"]
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 3}
    assert (job["GlueVersion"], job["Timeout"], job["SecurityConfiguration"]) == ("5.1", 60, "mlops-test")
    crawler = glue.get_crawler(Name="mlops-test-churn")["Crawler"]
    assert crawler["Classifiers"] == ["mlops-test-csv"]
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert glue.get_classifier(Name="mlops-test-csv")["Classifier"]["CsvClassifier"]["QuoteSymbol"] == '"'
    configuration = glue.get_security_configuration(Name="mlops-test")["SecurityConfiguration"]
    assert configuration["EncryptionConfiguration"]["S3Encryption"] == [{"S3EncryptionMode": "SSE-S3"}]


def test_a_state_machine_that_logs_needs_the_delivery_permissions(stacks: Stacks, emulator: Emulator) -> None:
    role = emulator.role("logging-machine", "states.amazonaws.com")
    done = json.dumps({"StartAt": "Done", "QueryLanguage": "JSONata", "States": {"Done": {"Type": "Succeed"}}})
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Log", "Arn"]}}}
    machine = resource(
        "AWS::StepFunctions::StateMachine",
        StateMachineName="mlops-test-logging",
        RoleArn=role,
        DefinitionString=done,
        LoggingConfiguration={"Level": "ALL", "IncludeExecutionData": True, "Destinations": [destination]},
        TracingConfiguration={"Enabled": True},
    )
    log = resource("AWS::Logs::LogGroup", LogGroupName="/aws/vendedlogs/states/mlops-test-logging")
    assert "not authorized to access the Log Destination" in refused(lambda: stacks.create({"Log": log, "M": machine}))
    delivery = ["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"]
    policies = ["PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"]
    emulator.allow("logging-machine", [statement([f"logs:{name}" for name in (*delivery, *policies)])])
    name = stacks.create({"Log": log, "M": machine})
    described = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=stacks.physical_id(name, "M"))
    assert described["loggingConfiguration"]["level"] == "ALL"
    assert described["loggingConfiguration"]["includeExecutionData"] is True
    assert described["tracingConfiguration"] == {"enabled": True}


def test_vpc_attributes_and_the_rest_of_the_network_are_there(stacks: Stacks, emulator: Emulator) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.4.0.0/16"),
        "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.4.0.0/24"),
        "Address": resource("AWS::EC2::EIP", Domain="vpc"),
        "Nat": resource(
            "AWS::EC2::NatGateway",
            SubnetId={"Ref": "Subnet"},
            AllocationId={"Fn::GetAtt": ["Address", "AllocationId"]},
            Tags=TAGS,
        ),
        "Group": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}, GroupDescription="g"),
        "Within": resource(
            "AWS::EC2::SecurityGroupIngress",
            GroupId={"Ref": "Group"},
            SourceSecurityGroupId={"Ref": "Group"},
            IpProtocol="tcp",
            FromPort=0,
            ToPort=65535,
        ),
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=trust),
        "Log": resource("AWS::Logs::LogGroup"),
        "Flow": resource(
            "AWS::EC2::FlowLog",
            ResourceId={"Ref": "Vpc"},
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName={"Ref": "Log"},
            DeliverLogsPermissionArn={"Fn::GetAtt": ["Role", "Arn"]},
        ),
    }
    name = stacks.create(resources, {"Cidr": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}})
    assert stacks.outputs(name) == {"Cidr": "10.4.0.0/16"}
    ec2 = emulator.client("ec2")
    group = ec2.describe_security_groups(GroupIds=[stacks.physical_id(name, "Group")])["SecurityGroups"][0]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    gateways = ec2.describe_nat_gateways(NatGatewayIds=[stacks.physical_id(name, "Nat")])["NatGateways"]
    assert gateways[0]["SubnetId"] == stacks.physical_id(name, "Subnet")
    flows = ec2.describe_flow_logs()["FlowLogs"]
    assert stacks.physical_id(name, "Vpc") in [flow["ResourceId"] for flow in flows]


def test_a_log_group_needs_the_policy_of_its_key(stacks: Stacks) -> None:
    group = resource("AWS::Logs::LogGroup", LogGroupName="/locked", KmsKeyId={"Fn::GetAtt": ["Key", "Arn"]})
    assert "not allowed to be used with LogGroup" in refused(lambda: stacks.create({"Key": _key(), "Log": group}))
    key = _key()
    here = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"}}
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Resource": "*"}
    key["Properties"]["KeyPolicy"]["Statement"].append({**logs, "Action": "kms:GenerateDataKey*", "Condition": here})
    stacks.create({"Key": key, "Log": group})


def test_a_dashboard_keeps_its_tags(stacks: Stacks, emulator: Emulator) -> None:
    body = json.dumps({"widgets": []})
    stacks.create(
        {"Board": resource("AWS::CloudWatch::Dashboard", DashboardName="kept", DashboardBody=body, Tags=TAGS)}
    )
    arn = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/kept"
    assert emulator.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"] == TAGS


@pytest.mark.parametrize("kind", sorted(KEPT))
def test_the_properties_that_are_no_scalars_are_those_of_cloudformations_schema(kind: str) -> None:
    """The schemas are CloudFormation's own, as cfn-lint ships them."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    structured = {name for name in KEPT[kind] if not _is_scalar(schema["properties"][name], schema)}
    assert structured - set(EVERYWHERE) == set(STRUCTURED.get(kind, ()))


def test_an_object_where_a_string_belongs_is_refused(stacks: Stacks) -> None:
    reason = refused(lambda: stacks.create({"It": resource("AWS::SNS::Topic", DisplayName={"a": "b"})}))
    assert "#/DisplayName: expected type: String, found: JSONObject" in reason


def _is_scalar(shape: dict[str, Any], schema: dict[str, Any]) -> bool:
    if "$ref" in shape:
        return _is_scalar(schema["definitions"][shape["$ref"].rsplit("/", 1)[-1]], schema)
    kinds = shape.get("type", "object")
    return not {"object", "array"} & set([kinds] if isinstance(kinds, str) else kinds)
