"""The machines' roles may do what their states do, on what their states do it to, and nothing else."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from tests.workflow.assembly import ACCOUNT, PREFIX, REGION, integration, resolved, resources, tasks, template
from tests.workflow.test_calls import CALLS

ROLES = {"training": "training-machine", "deployment": "deployment-machine"}
Needed = list[tuple[str, str]]


def _sagemaker(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _job(kind: str, name: str, rule: str) -> Needed:
    label = kind.title().replace("-", "")
    job = _sagemaker(kind, name)
    managed = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMaker{rule}"
    return [
        *((f"sagemaker:{verb}{label}", job) for verb in ("Create", "Describe", "Stop")),
        ("sagemaker:AddTags", job),
        ("sagemaker:ListTags", "*"),
        *((f"events:{verb}", managed) for verb in ("PutTargets", "PutRule", "DescribeRule")),
    ]


def _model(call: dict[str, Any]) -> Needed:
    model = _sagemaker("model", call["ModelName"])
    pass_role = ("iam:PassRole", call["ExecutionRoleArn"])
    package = call.get("PrimaryContainer", {}).get("ModelPackageName")
    made_from = [("sagemaker:CreateModel", package)] if package else []
    return [("sagemaker:CreateModel", model), *made_from, ("sagemaker:AddTags", model), pass_role]


def _package(action: str) -> Callable[[dict[str, Any]], Needed]:
    return lambda call: [(f"sagemaker:{action}", _sagemaker("model-package", f"{PREFIX}-churn/3"))]


def _endpoint(action: str, *, config: bool = False, tags: bool = False) -> Callable[[dict[str, Any]], Needed]:
    def needed(call: dict[str, Any]) -> Needed:
        endpoint = _sagemaker("endpoint", call["EndpointName"])
        found = [(f"sagemaker:{action}", endpoint)]
        if config:
            found.append((f"sagemaker:{action}", _sagemaker("endpoint-config", call["EndpointConfigName"])))
        return found + ([("sagemaker:AddTags", endpoint)] if tags else [])

    return needed


def _alarm(action: str) -> Callable[[dict[str, Any]], Needed]:
    def needed(call: dict[str, Any]) -> Needed:
        name = call.get("AlarmName") or call["AlarmNames"][0]
        return [(f"cloudwatch:{action}", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")]

    return needed


def _scaling(action: str) -> Callable[[dict[str, Any]], Needed]:
    target = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/0ec5abc"
    return lambda call: [(f"application-autoscaling:{action}", target)]


def _glue(action: str) -> Callable[[dict[str, Any]], Needed]:
    return lambda call: [(f"glue:{action}", f"arn:aws:glue:{REGION}:{ACCOUNT}:crawler/{call['Name']}")]


def _table(action: str) -> Callable[[dict[str, Any]], Needed]:
    return lambda call: [(f"dynamodb:{action}", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{call['TableName']}")]


def _lists(action: str, service: str = "sagemaker") -> Callable[[dict[str, Any]], Needed]:
    return lambda call: [(f"{service}:{action}", "*")]


NEEDED: dict[str, Callable[[dict[str, Any]], Needed]] = {
    "lambda:invoke": lambda call: [("lambda:InvokeFunction", call["FunctionName"])],
    "aws-sdk:glue:startCrawler": _glue("StartCrawler"),
    "aws-sdk:glue:getCrawler": _glue("GetCrawler"),
    "glue:startJobRun.sync": lambda call: [
        (f"glue:{action}", f"arn:aws:glue:{REGION}:{ACCOUNT}:job/{call['JobName']}")
        for action in ("StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun")
    ],
    "sagemaker:createTrainingJob.sync": lambda call: [
        *_job("training-job", call["TrainingJobName"], "TrainingJobsRule"),
        ("iam:PassRole", call["RoleArn"]),
    ],
    "sagemaker:createTransformJob.sync": lambda call: _job(
        "transform-job", call["TransformJobName"], "TransformJobsRule"
    ),
    "aws-sdk:sagemaker:createModel": _model,
    "aws-sdk:sagemaker:deleteModel": lambda call: [("sagemaker:DeleteModel", _sagemaker("model", call["ModelName"]))],
    "aws-sdk:sagemaker:stopTrainingJob": lambda call: [
        ("sagemaker:StopTrainingJob", _sagemaker("training-job", call["TrainingJobName"]))
    ],
    "aws-sdk:sagemaker:stopTransformJob": lambda call: [
        ("sagemaker:StopTransformJob", _sagemaker("transform-job", call["TransformJobName"]))
    ],
    "aws-sdk:sagemaker:createModelPackage": lambda call: [
        ("sagemaker:CreateModelPackage", _sagemaker("model-package-group", call["ModelPackageGroupName"])),
        ("sagemaker:CreateModelPackage", _sagemaker("model-package", f"{call['ModelPackageGroupName']}/4")),
    ],
    "aws-sdk:sagemaker:updateModelPackage": _package("UpdateModelPackage"),
    "aws-sdk:sagemaker:describeModelPackage": _package("DescribeModelPackage"),
    "aws-sdk:sagemaker:createEndpointConfig": lambda call: [
        (f"sagemaker:{action}", _sagemaker("endpoint-config", call["EndpointConfigName"]))
        for action in ("CreateEndpointConfig", "AddTags")
    ],
    "aws-sdk:sagemaker:deleteEndpointConfig": lambda call: [
        ("sagemaker:DeleteEndpointConfig", _sagemaker("endpoint-config", call["EndpointConfigName"]))
    ],
    "aws-sdk:sagemaker:createEndpoint": _endpoint("CreateEndpoint", config=True, tags=True),
    "aws-sdk:sagemaker:updateEndpoint": _endpoint("UpdateEndpoint", config=True),
    "aws-sdk:sagemaker:deleteEndpoint": _endpoint("DeleteEndpoint"),
    "aws-sdk:sagemaker:describeEndpoint": _endpoint("DescribeEndpoint"),
    "aws-sdk:sagemaker:listEndpoints": _lists("ListEndpoints"),
    "aws-sdk:sagemaker:listEndpointConfigs": _lists("ListEndpointConfigs"),
    "aws-sdk:sagemaker:listModels": _lists("ListModels"),
    "aws-sdk:sagemaker:describeEndpointConfig": lambda call: [
        ("sagemaker:DescribeEndpointConfig", _sagemaker("endpoint-config", call["EndpointConfigName"]))
    ],
    "aws-sdk:cloudwatch:describeAlarms": _lists("DescribeAlarms", "cloudwatch"),
    "aws-sdk:cloudwatch:putMetricAlarm": lambda call: [
        *_alarm("PutMetricAlarm")(call),
        *_alarm("TagResource")(call),
    ],
    "aws-sdk:cloudwatch:putMetricData": lambda call: [("cloudwatch:PutMetricData", "*")],
    "aws-sdk:cloudwatch:deleteAlarms": _alarm("DeleteAlarms"),
    "aws-sdk:applicationautoscaling:registerScalableTarget": _scaling("RegisterScalableTarget"),
    "aws-sdk:applicationautoscaling:putScalingPolicy": _scaling("PutScalingPolicy"),
    "aws-sdk:applicationautoscaling:deregisterScalableTarget": _scaling("DeregisterScalableTarget"),
    "aws-sdk:applicationautoscaling:describeScalableTargets": _lists(
        "DescribeScalableTargets", "application-autoscaling"
    ),
    "aws-sdk:applicationautoscaling:describeScalingPolicies": _lists(
        "DescribeScalingPolicies", "application-autoscaling"
    ),
    "aws-sdk:dynamodb:getItem": _table("GetItem"),
    "aws-sdk:dynamodb:putItem": _table("PutItem"),
}
LOGS_AND_TRACES = {
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    *("logs:CreateLogStream", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
    *("logs:DescribeLogGroups", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets"),
}
# Not called by a state: SageMaker and autoscaling do these in the caller's name.
BEHIND_THE_CALLS = {
    "training": {"sagemaker:UpdateModelPackage", "sagemaker:DescribeModelPackage"},
    "deployment": {"sagemaker:UpdateEndpointWeightsAndCapacities", "iam:CreateServiceLinkedRole"},
}


@cache
def statements(role: str) -> list[dict[str, Any]]:
    """All statements of the stack for a role."""
    found = []
    for each in resources("AWS::IAM::Policy").values():
        policy = resolved(each["Properties"], template())
        if policy["Roles"] == [role]:
            found += policy["PolicyDocument"]["Statement"]
    return found


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _allowed(role: str, action: str, resource: str) -> bool:
    return any(
        action in _list(each["Action"]) and any(fnmatchcase(resource, pattern) for pattern in _list(each["Resource"]))
        for each in statements(role)
    )


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_role_of_the_machine_may_make_the_call_of_the_state(name: str) -> None:
    role = ROLES[name.split(".")[0]]
    for action, resource in NEEDED[integration(tasks()[name])](CALLS[name]):
        assert _allowed(role, action, resource), f"{role} lacks {action} on {resource}"


@pytest.mark.parametrize("kind", sorted(ROLES))
def test_the_role_of_the_machine_may_do_nothing_that_no_state_needs(kind: str) -> None:
    needed = LOGS_AND_TRACES | BEHIND_THE_CALLS[kind]
    for name, call in CALLS.items():
        if name.startswith(f"{kind}."):
            needed |= {action for action, _ in NEEDED[integration(tasks()[name])](call)}
    given = {action for each in statements(ROLES[kind]) for action in _list(each["Action"])}
    assert given == needed


@pytest.mark.parametrize("kind", sorted(ROLES))
def test_a_machine_cannot_touch_what_belongs_to_another_stage(kind: str) -> None:
    for action, resource in (
        ("sagemaker:CreateModel", _sagemaker("model", "mlops-prod-churn-v1")),
        ("sagemaker:DeleteEndpoint", _sagemaker("endpoint", "mlops-prod-churn")),
        ("iam:PassRole", _role("admin")),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"),
    ):
        assert not _allowed(ROLES[kind], action, resource)


@pytest.mark.parametrize("kind", sorted(ROLES))
def test_roles_are_passed_to_sagemaker_only_and_exactly_those_it_needs(kind: str) -> None:
    [passing] = [each for each in statements(ROLES[kind]) if "iam:PassRole" in _list(each["Action"])]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    roles = {"training": ["training", "serving"], "deployment": ["serving"]}[kind]
    assert sorted(_list(passing["Resource"])) == sorted(_role(name) for name in roles)


def test_the_starter_may_start_both_machines_and_ask_how_they_fare() -> None:
    for kind in ROLES:
        machine = f"{PREFIX}-{kind}"
        assert _allowed("starter", "states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}")
        execution = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{machine}:churn-1"
        assert _allowed("starter", "states:DescribeExecution", execution)
    given = {action for each in statements("starter") for action in _list(each["Action"])}
    assert given == {
        "states:StartExecution",
        "states:DescribeExecution",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }


def test_the_training_role_may_read_the_code_and_nothing_else_from_this_stack() -> None:
    [read, listing] = statements("training")
    assert _list(read["Action"]) == ["s3:GetObject"] and len(_list(read["Resource"])) == 1
    assert not [resource for resource in _list(read["Resource"]) if "*" in resource]
    assert _list(listing["Action"]) == ["s3:ListBucket"]


def test_no_permission_is_a_wildcard_of_actions() -> None:
    for role in (*ROLES.values(), "starter", "training", "teardown"):
        assert not [each for each in statements(role) if any("*" in action for action in _list(each["Action"]))]
