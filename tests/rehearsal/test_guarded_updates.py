"""Versions that people let in, updates that are watched, and every way back: in the stage with prod's values."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE as REHEARSAL
from rehearsal.journey import Outcome
from rehearsal.samples import Sample
from tests.rehearsal.conftest import Platform
from tests.rehearsal.drill import Drill
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.machines import other_settings

pytestmark = pytest.mark.slow

MESSAGE_DEADLINE_SECONDS = 60
VARIANT = "AllTraffic"
SERVING = "code/inference.py"
FORMERLY = "formerly "
LARGER = "ml.m5.xlarge"


@dataclass(frozen=True)
class Deployment:
    """One version and the end of its deployment."""

    version: str
    execution: Mapping[str, Any]
    answers: tuple[str, ...] = ()
    """What the endpoint answers afterwards."""

    @property
    def number(self) -> str:
        return self.version.rsplit("/", 1)[-1]


def added(code: str) -> Callable[[bytes], bytes]:
    return lambda source: source + b"\n\n" + code.encode() + b"\n"


DOES_NOT_START = {SERVING: added("raise RuntimeError('broken from the start')")}
BREAKS_ON_REQUESTS = {SERVING: added("def predict_fn(request, model):\n    raise RuntimeError('broken on requests')")}
TAKES_ITS_TIME = {
    SERVING: added(
        "quick, pause = predict_fn, importlib.import_module('threading').Event()\n\n\n"
        "def predict_fn(request, model):\n    pause.wait(1.5)\n    return quick(request, model)"
    )
}


def speaks_otherwise(content: bytes) -> bytes:
    """The contract as an older version might have had it: its classes had other names."""
    contract = json.loads(content)
    [target] = [column for column in contract["columns"] if column["name"] == contract["target"]]
    target["allowed"] = [f"{FORMERLY}{name}" for name in target["allowed"]]
    return json.dumps(contract).encode()


def released(drill: Drill, version: str) -> Deployment:
    """Approved by a person, deployed or taken back, and asked for predictions."""
    execution = drill.approve(version)
    return Deployment(version, execution, tuple(drill.predictions(version)))


@pytest.fixture(scope="session")
def failed_first(drill: Drill, trained: str, drill_inbox: Inbox) -> Deployment:
    """A first endpoint that does not come up."""
    assert [text for text in drill_inbox.about(trained) if "waits for an approval" not in text] == []
    assert drill.executions("deployment") == []
    version = drill.register_copy(trained, DOES_NOT_START)
    return Deployment(version, drill.approve(version))


@pytest.fixture(scope="session")
def first(drill: Drill, trained: str, failed_first: Deployment) -> Deployment:
    """The first endpoint that serves, under the name that a failed one held."""
    assert failed_first.execution["status"] == "FAILED"
    return released(drill, trained)


@pytest.fixture(scope="session")
def canary(drill: Drill, first: Deployment) -> Deployment:
    """A second version beside a first one that had grown, trained with another contract."""
    assert first.execution["status"] == "SUCCEEDED", first.execution.get("cause")
    drill.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=drill.name, DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": 3}]
    )
    return released(drill, drill.register_copy(first.version, {"contract.json": speaks_otherwise}))


@pytest.fixture(scope="session")
def broken(drill: Drill, canary: Deployment) -> Deployment:
    """A version that answers with server errors."""
    assert canary.execution["status"] == "SUCCEEDED", canary.execution.get("cause")
    return released(drill, drill.register_copy(canary.version, BREAKS_ON_REQUESTS))


@pytest.fixture(scope="session")
def slow(drill: Drill, trained: str, broken: Deployment) -> Deployment:
    """A version that answers too slowly."""
    assert broken.execution["status"] == "FAILED"
    return released(drill, drill.register_copy(trained, TAKES_ITS_TIME))


@pytest.fixture(scope="session")
def silent(drill: Drill, trained: str, slow: Deployment) -> Deployment:
    """A version whose update SageMaker takes back by itself: no alarm of ours has anything to say."""
    assert slow.execution["status"] == "FAILED"
    return released(drill, drill.register_copy(trained, DOES_NOT_START))


@pytest.fixture(scope="session")
def resized(drill: Drill, back_to_first: Deployment) -> tuple[dict[str, Any], Deployment]:
    """Other instances: first for a version that does not start, then for one that does. What scaled in between."""
    version = drill.register_copy(back_to_first.version, DOES_NOT_START)
    with other_settings(drill.emulator, drill.stage, drill.sample.model, serving_instance_type=LARGER):
        refused = drill.approve(version)
        between = {"execution": refused, "target": scalable_target(drill), "policies": scaling_policies(drill)}
        return between, Deployment(back_to_first.version, drill.deploy(back_to_first.version, name="larger"))


@pytest.fixture(scope="session")
def back_to_first(drill: Drill, first: Deployment, silent: Deployment) -> Deployment:
    """The first version again, started by a person: it is still approved, so no event would start it."""
    assert drill.package(first.version)["ModelApprovalStatus"] == "Approved"
    return Deployment(first.version, drill.deploy(first.version, name=f"back-after-{silent.number}"))


def test_a_registered_version_waits_for_a_person_who_may_do_nothing_else(drill: Drill, first: Deployment) -> None:
    judged = [call for call in drill.calls("sagemaker:UpdateModelPackage") if call["resource"] == first.version]

    assert {call["caller"].split("/")[1] for call in judged} == {"rehearsal-approver"}
    with pytest.raises(Exception, match="not authorized to perform: sagemaker:DescribeEndpoint"):
        people.approver(drill.emulator, package_group=drill.name).describe_endpoint(EndpointName=drill.name)


def test_an_endpoint_that_failed_at_birth_is_deleted_and_made_again(
    drill: Drill, failed_first: Deployment, first: Deployment
) -> None:
    assert failed_first.execution["error"] == "DeploymentRolledBack"
    assert "is Failed" in failed_first.execution["cause"]
    assert drill.package(failed_first.version)["ModelApprovalStatus"] == "Rejected"
    path = drill.path(first.execution)
    assert path.index("DeleteFailedEndpoint") < path.index("CreateEndpoint")
    assert "UpdateEndpoint" not in path
    assert first.execution["status"] == "SUCCEEDED", first.execution.get("cause")


def test_two_events_of_one_approval_start_one_deployment(drill: Drill, back_to_first: Deployment) -> None:
    approvals = [call for call in drill.calls("sagemaker:UpdateModelPackage") if "approver" in call["caller"]]
    started = [call for call in drill.calls("states:StartExecution") if call["resource"] == drill.machine("deployment")]
    by_starter = [call for call in started if "starter" in call["caller"].lower()]
    names = [one["name"] for one in drill.executions("deployment")]

    assert len(by_starter) == 2 * len(approvals)
    # The other one was started by a person, and none by what the deployments themselves wrote to the registry.
    assert len(names) == len(approvals) + 1
    assert back_to_first.execution["name"] in names


def test_a_new_version_takes_over_step_by_step_and_nothing_else_moves(
    drill: Drill, first: Deployment, canary: Deployment
) -> None:
    assert canary.execution["status"] == "SUCCEEDED", canary.execution.get("cause")
    update = last_request(drill, canary, "UpdateEndpoint")
    routing = update["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert (routing["Type"], routing["CanarySize"]["Value"]) == ("CANARY", 1)
    assert update["RetainAllVariantProperties"] is True
    before, after = output(first), output(canary)
    assert before["endpoint_name"] == after["endpoint_name"]
    assert before["endpoint_config"] != after["endpoint_config"]


def test_the_new_fleet_is_asked_while_the_update_runs(drill: Drill, canary: Deployment) -> None:
    events = drill.history(canary.execution)
    during = [
        event["timestamp"]
        for event, then in zip(events, events[1:], strict=False)
        if "stateExitedEventDetails" in event
        and event["stateExitedEventDetails"]["name"] == "EndpointSettled?"
        and then["stateEnteredEventDetails"]["name"] == "WaitForEndpoint"
    ]
    began = next(
        event["timestamp"]
        for event in events
        if event.get("stateExitedEventDetails", {}).get("name") == "UpdateEndpoint"
    )
    asked = [
        call
        for call in drill.calls("sagemaker:InvokeEndpoint")
        if "goldenrequests" in call["caller"].lower().replace("_", "").replace("-", "")
        and began.isoformat() < call["time"] < max(during).isoformat()
    ]
    assert len(during) >= 2
    assert len(asked) >= 20
    assert invocations(drill, output(canary)["endpoint_config"]) > 0


def test_an_endpoint_that_grew_keeps_its_size_and_goes_on_scaling(drill: Drill, canary: Deployment) -> None:
    [variant] = drill.endpoint()["ProductionVariants"]
    target = scalable_target(drill)
    assert canary.execution["status"] == "SUCCEEDED"
    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == (VARIANT, 3)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


def test_a_single_instance_changes_all_at_once_and_is_watched_as_long(
    platform: Platform, outcome: Outcome, flagship: Sample
) -> None:
    stage = Drill(platform.emulator, platform.cloud, flagship, stage=REHEARSAL)
    version = stage.register_copy(outcome.package["ModelPackageArn"])
    update = Deployment(version, stage.approve(version))
    asked = last_request(stage, update, "UpdateEndpoint")["DeploymentConfig"]

    assert update.execution["status"] == "SUCCEEDED", update.execution.get("cause")
    assert asked["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert asked["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] >= 60
    assert len(asked["AutoRollbackConfiguration"]["Alarms"]) == 2
    assert stage.champion()["package_arn"]["S"] == version


@pytest.mark.parametrize(("which", "alarm"), [("broken", "guard-errors"), ("slow", "guard-latency")])
def test_an_alarm_takes_the_update_back(drill: Drill, request: pytest.FixtureRequest, which: str, alarm: str) -> None:
    bad: Deployment = request.getfixturevalue(which)

    assert bad.execution["error"] == "DeploymentRolledBack"
    assert f"-v{bad.number}-" in bad.execution["cause"]
    assert alarm in bad.execution["cause"]
    assert drill.package(bad.version)["ModelApprovalStatus"] == "Rejected"
    assert "RecordChampion" not in drill.path(bad.execution)


def test_an_update_that_sagemaker_takes_back_by_itself_is_noticed(drill: Drill, silent: Deployment) -> None:
    assert silent.execution["error"] == "DeploymentRolledBack"
    assert "is InService with" in silent.execution["cause"]
    assert "ALARM" not in silent.execution["cause"]
    assert drill.package(silent.version)["ModelApprovalStatus"] == "Rejected"


@pytest.mark.parametrize("which", ["broken", "silent"])
def test_people_hear_of_a_rollback_once(drill_inbox: Inbox, request: pytest.FixtureRequest, which: str) -> None:
    bad: Deployment = request.getfixturevalue(which)
    messages = drill_inbox.wait_for(bad.execution["name"], deadline_seconds=MESSAGE_DEADLINE_SECONDS)

    assert len(messages) == 1
    assert "DeploymentRolledBack" in messages[0]


def test_the_old_version_answers_after_every_failure(broken: Deployment, slow: Deployment, silent: Deployment) -> None:
    """Its words show which version it is: they are those of its own contract, which today's no longer has."""
    for bad in (broken, slow, silent):
        assert len(bad.answers) == 3
        assert all(answer.startswith(FORMERLY) for answer in bad.answers)


def test_an_older_version_serves_again_whatever_its_contract(
    drill: Drill, canary: Deployment, back_to_first: Deployment
) -> None:
    assert back_to_first.execution["status"] == "SUCCEEDED", back_to_first.execution.get("cause")
    answers = drill.predictions(back_to_first.version)

    assert answers and not any(str(answer).startswith(FORMERLY) for answer in answers)
    assert drill.champion()["version"]["N"] == back_to_first.number
    assert drill.champion()["package_arn"]["S"] == back_to_first.version
    assert drill.package(canary.version)["ModelApprovalStatus"] == "Approved"


def test_the_previous_deployment_stays_and_older_ones_go(
    drill: Drill, canary: Deployment, back_to_first: Deployment
) -> None:
    sagemaker = drill.client("sagemaker")
    configs = sagemaker.list_endpoint_configs(NameContains=drill.name)["EndpointConfigs"]
    models = sagemaker.list_models(NameContains=drill.name)["Models"]
    kept = {output(canary)["endpoint_config"], output(back_to_first)["endpoint_config"]}

    assert {config["EndpointConfigName"] for config in configs} == kept
    assert {model["ModelName"] for model in models} == kept


def test_no_guard_alarm_is_left(drill: Drill, back_to_first: Deployment) -> None:
    alarms = drill.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{drill.name}-v")["MetricAlarms"]

    assert back_to_first.execution["status"] == "SUCCEEDED"
    assert len(drill.calls("cloudwatch:PutMetricAlarm")) >= 2 * 5
    assert alarms == []


def test_a_rejected_version_is_never_deployed(drill: Drill, broken: Deployment, back_to_first: Deployment) -> None:
    refused = drill.deploy(broken.version, name="rejected")

    assert refused["error"] == "PackageNotApproved"
    assert f"Version {broken.number} is Rejected" in refused["cause"]
    assert drill.endpoint()["EndpointConfigName"] == output(back_to_first)["endpoint_config"]


def test_other_instances_take_over_although_the_endpoint_scales(
    drill: Drill, resized: tuple[dict[str, Any], Deployment]
) -> None:
    """SageMaker refuses them while the variant is a scalable target."""
    _, larger = resized
    assert larger.execution["status"] == "SUCCEEDED", larger.execution.get("cause")
    config = drill.client("sagemaker").describe_endpoint_config(EndpointConfigName=output(larger)["endpoint_config"])
    assert config["ProductionVariants"][0]["InstanceType"] == LARGER
    assert drill.endpoint()["EndpointConfigName"] == output(larger)["endpoint_config"]
    assert (scalable_target(drill)["MinCapacity"], scalable_target(drill)["MaxCapacity"]) == (2, 4)


def test_an_update_to_other_instances_that_fails_leaves_the_endpoint_scaling(
    drill: Drill, resized: tuple[dict[str, Any], Deployment]
) -> None:
    between, _ = resized
    assert between["execution"]["error"] == "DeploymentRolledBack"
    assert {"StopScaling", "RestoreScaling"} <= set(drill.path(between["execution"]))
    assert (between["target"]["MinCapacity"], between["target"]["MaxCapacity"]) == (2, 4)
    [policy] = between["policies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] > 0
    assert len(policy["Alarms"]) == 2


def scalable_target(drill: Drill) -> dict[str, Any]:
    resource = f"endpoint/{drill.name}/variant/{VARIANT}"
    scaling = drill.client("application-autoscaling")
    [target] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])[
        "ScalableTargets"
    ]
    return target


def scaling_policies(drill: Drill) -> list[dict[str, Any]]:
    resource = f"endpoint/{drill.name}/variant/{VARIANT}"
    scaling = drill.client("application-autoscaling")
    return scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource)["ScalingPolicies"]


def output(deployment: Deployment) -> dict[str, Any]:
    return json.loads(deployment.execution["output"])


def last_request(drill: Drill, deployment: Deployment, state: str) -> dict[str, Any]:
    """The parameters of the call that a state made."""
    events = drill.history(deployment.execution)
    [entered] = [
        number for number, event in enumerate(events) if event.get("stateEnteredEventDetails", {}).get("name") == state
    ]
    scheduled = next(event for event in events[entered:] if "taskScheduledEventDetails" in event)
    return json.loads(scheduled["taskScheduledEventDetails"]["parameters"])


def invocations(drill: Drill, config: str) -> float:
    """How many requests the fleet of one configuration was counted with."""
    dimensions = {"EndpointName": drill.name, "VariantName": VARIANT, "EndpointConfigName": config}
    now = datetime.now(UTC)
    points = drill.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)
