"""Every call as its service would read it: known members, known values, only fields that the integration passes."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from rehearsal.emulator.stepfunctions import shapes
from rehearsal.emulator.stepfunctions.resources import parse
from tests.workflow.answers import CHAMPION, CONFIG, crawler, deployment, endpoints, scaled, training
from tests.workflow.assembly import integration, machine, tasks
from tests.workflow.walk import ServiceError, timeout_seconds, walk

# The optimised integrations refuse every member that they do not know, at creation of the machine.
ALLOWED = {
    "sagemaker:createTrainingJob.sync": {
        "TrainingJobName", "EnableNetworkIsolation", "RoleArn", "AlgorithmSpecification", "InputDataConfig",
        "OutputDataConfig", "ResourceConfig", "StoppingCondition", "HyperParameters", "Tags", "VpcConfig",
        "Environment",
    },
    "sagemaker:createTransformJob.sync": {
        "BatchStrategy", "Environment", "MaxConcurrentTransforms", "MaxPayloadInMB", "ModelClientConfig", "ModelName",
        "Tags", "TransformInput", "TransformJobName", "TransformOutput", "TransformResources",
    },
    "glue:startJobRun.sync": {"JobName", "Arguments"},
    "lambda:invoke": {"FunctionName", "Payload"},
}  # fmt: skip
ALGORITHM = {"TrainingImage", "AlgorithmName", "TrainingInputMode", "MetricDefinitions"}
INTEGRATIONS = re.compile(
    r"lambda:invoke|glue:startJobRun\.sync|sagemaker:create(Training|Transform)Job\.sync|aws-sdk:[a-z]+:[a-z]\w+"
)
SERVICES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "dynamodb": "dynamodb",
    "glue": "glue",
    "lambda": "lambda",
    "sagemaker": "sagemaker",
}


@cache
def service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(SERVICES[name])


def _calls() -> dict[str, dict[str, Any]]:
    """Every task's arguments as sent, from walks that visit every task."""
    found: dict[str, dict[str, Any]] = {}
    old = "mlops-rehearsal-churn-v1-260101000000"
    listed: dict[str, Any] = {
        "ListOldConfigs": {"EndpointConfigs": [{"EndpointConfigName": old}]},
        "ListOldModels": {"Models": [{"ModelName": old}]},
    }
    serving, failed = (endpoints(("mlops-rehearsal-churn", status)) for status in ("InService", "Failed"))
    rejected = {"DescribeEndpoint": {"EndpointStatus": "Failed"}}
    package = {"package_arn": "arn"}
    guards = {"MetricAlarms": [{"AlarmName": f"{CONFIG}-guard-errors"}]}
    lost = {"ReadScaling": scaled(2, 4), "UpdateEndpoint": ServiceError("SageMaker.SageMakerException")}
    no_crawl = {"GetCrawler": crawler("READY", "FAILED")}
    late = ServiceError("States.Timeout")
    walks = [
        ("training", walk(machine("training", approve=True), {}, training(GetChampion=CHAMPION, **no_crawl))),
        ("training", walk(machine("training"), {}, training(TrainModel=late))),
        ("training", walk(machine("training"), {}, training(ScoreHoldout=late))),
        ("deployment", walk(machine("deployment", endpoint="canary"), package, deployment(**listed))),
        (
            "deployment",
            walk(machine("deployment"), package, deployment(FindEndpoint=serving, ListGuardAlarms=guards, **rejected)),
        ),
        ("deployment", walk(machine("deployment"), package, deployment(FindEndpoint=serving, **lost))),
        (
            "deployment",
            walk(machine("deployment"), package, deployment(FindEndpoint=lambda look: endpoints() if look else failed)),
        ),
    ]
    for kind, done in walks:
        found = {f"{kind}.{name}": arguments for name, arguments in done.calls.items()} | found
    return found


CALLS = _calls()


def test_the_walks_visit_every_task() -> None:
    assert set(CALLS) == set(tasks())


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_service_knows_every_member_and_accepts_its_value(name: str) -> None:
    assert problems(name, CALLS[name]) == []


def problems(name: str, sent: Mapping[str, Any]) -> list[str]:
    """Objections of botocore's model of the called service to the arguments of a task."""
    called = integration(tasks()[name])
    if not INTEGRATIONS.fullmatch(called):
        return [f"{called} is no integration that the platform uses"]
    of_service, operation = called.removeprefix("aws-sdk:").removesuffix(".sync").split(":")
    shape = service(of_service).operation_model(operation[0].upper() + operation[1:]).input_shape
    arguments = {**sent} | ({"Payload": b"{}"} if called == "lambda:invoke" else {})
    report = ParamValidator().validate(arguments, shape)
    if report.has_errors():
        return report.generate_report().splitlines()
    return list(_constraints(arguments, shape, name))


def _constraints(value: Any, shape: Any, where: str) -> Any:
    """Enumerations, patterns and ranges, which botocore leaves to the service."""
    match shape.type_name:
        case "structure":
            for member, each in value.items():
                yield from _constraints(each, shape.members[member], f"{where}.{member}")
        case "list":
            for each in value:
                yield from _constraints(each, shape.member, where)
        case "map":
            for each in value.values():
                yield from _constraints(each, shape.value, where)
        case "string":
            if shape.enum and value not in shape.enum:
                yield f"{where}: {value} is none of {shape.enum}"
        case "integer" | "float" | "double" | "long":
            limits: Mapping[str, Any] = shape.metadata
            if not limits.get("min", value) <= value <= limits.get("max", value):
                yield f"{where}: {value} is outside {limits}"


@pytest.mark.parametrize("name", sorted(CALLS))
def test_optimised_integrations_get_only_the_members_they_pass_on(name: str) -> None:
    called = integration(tasks()[name])
    if called.startswith("aws-sdk:"):
        assert not called.endswith(".sync")
        return
    assert set(CALLS[name]) <= ALLOWED[called]
    assert set(CALLS[name].get("AlgorithmSpecification", {})) <= ALGORITHM


def test_batches_are_scored_line_by_line_through_the_serving_code() -> None:
    for state in ("ScoreHoldout", "ScoreHoldoutWithChampion"):
        job = CALLS[f"training.{state}"]
        assert job["Environment"] == {"PLATFORM_BATCH": "1"}
        assert job["TransformInput"]["ContentType"] == job["TransformOutput"]["Accept"] == "application/jsonlines"
        assert (job["TransformInput"]["SplitType"], job["TransformOutput"]["AssembleWith"]) == ("Line", "Line")
        assert job["MaxPayloadInMB"] * job["MaxConcurrentTransforms"] <= 100


def test_what_services_write_is_encrypted_with_our_key() -> None:
    job, config = CALLS["training.TrainModel"], CALLS["deployment.CreateEndpointConfig"]
    keys = {
        job["OutputDataConfig"]["KmsKeyId"],
        CALLS["training.ScoreHoldout"]["TransformOutput"]["KmsKeyId"],
        config["DataCaptureConfig"]["KmsKeyId"],
    }
    assert len(keys) == 1 and next(iter(keys)).startswith("arn:aws:kms:")


def test_jobs_models_and_endpoints_run_in_two_private_subnets() -> None:
    for name in ("training.TrainModel", "training.CreateCandidateModel", "deployment.CreateModel"):
        assert CALLS[name]["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
        assert CALLS[name]["EnableNetworkIsolation"] is True


def test_the_image_is_that_of_the_region() -> None:
    image = CALLS["training.TrainModel"]["AlgorithmSpecification"]["TrainingImage"]
    assert image == "444455556666.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"


def test_a_state_waits_longer_than_what_it_waits_for() -> None:
    job = CALLS["training.TrainModel"]
    states = machine("training")["States"]
    assert timeout_seconds(states["TrainModel"]) >= job["StoppingCondition"]["MaxRuntimeInSeconds"] + 20 * 60
    for name, limit in (("WriteManifest", 300), ("GateArrivals", 300), ("ValidateData", 900), ("EvaluateModel", 900)):
        assert states[name]["TimeoutSeconds"] > limit


def test_a_machine_outlives_its_slowest_run_so_that_a_state_tells_what_hung() -> None:
    jobs = (
        "RunEtl",
        "RunEtl",
        "TrainModel",
        "ScoreHoldout",
        "ScoreHoldoutWithChampion",
        "ValidateData",
        "EvaluateModel",
    )
    training_machine = machine("training")
    slowest = 30 * 60 + sum(timeout_seconds(training_machine["States"][name]) for name in jobs)
    assert training_machine["TimeoutSeconds"] > slowest
    assert machine("deployment")["TimeoutSeconds"] > (60 + 90) * 60


def test_no_service_refuses_a_call_by_a_length_a_range_or_a_pattern() -> None:
    for name, arguments in CALLS.items():
        resource = parse(f"arn:aws:states:::{integration(tasks()[name])}")
        request = shapes.to_request(resource, arguments)
        assert (name, shapes.wrong_types(resource, request), shapes.refusal(resource, request)) == (name, None, None)
