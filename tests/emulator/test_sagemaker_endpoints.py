"""Endpoints: real servers, blue/green updates guarded by alarms, invocations as the runtime answers them."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.containers import model_server
from tests.emulator.sagemaker_world import INFERENCE, World, create_world, error_of, execution_statements, fresh

pytestmark = pytest.mark.slow

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/jsonlines"]},
}


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sageserve")


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[str]:
    """An endpoint that the tests of this module only read from."""
    name, _ = world.endpoint(mean=100.0)
    yield name
    world.remove(name)


def all_at_once(*alarms: str, wait: int = 60) -> dict[str, Any]:
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": wait,
            "MaximumExecutionTimeoutInSeconds": 1800,
        }
    }
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": alarm} for alarm in alarms]}
    return config


def test_an_endpoint_answers_with_the_model_it_was_made_from(world: World, served: str) -> None:
    assert world.ask(served, "5")["sum"] == 105.0
    described = world.sagemaker.describe_endpoint(EndpointName=served)
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1


@pytest.mark.parametrize(("word", "status", "said"), [("refuse", 400, '{"error": "refused"}'), ("explode", 500, "<")])
def test_a_containers_error_comes_as_a_model_error_with_its_status_and_text(
    world: World, served: str, word: str, status: int, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        world.ask(served, word)
    response = caught.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == status
    assert said in response["OriginalMessage"]


def test_invocations_are_counted_with_and_without_the_configuration(world: World) -> None:
    name, config = world.endpoint()
    for body in ("1", "2", "refuse", "explode"):
        try:
            world.ask(name, body)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ModelError"
    base = [("EndpointName", name), ("VariantName", "AllTraffic")]
    assert total(world, "Invocations", base) == 0.0
    wait_until(lambda: total(world, "Invocations", base) == 4.0, 30, "the counts to arrive")
    for dimensions in (base, [*base, ("EndpointConfigName", config)]):
        found = {metric: total(world, metric, dimensions) for metric in ("Invocations", "Invocation4XXErrors")}
        assert found == {"Invocations": 4.0, "Invocation4XXErrors": 1.0}
        assert total(world, "Invocation5XXErrors", dimensions) == 1.0
        assert 100 < total(world, "ModelLatency", dimensions) / 4 < 10_000_000
    world.remove(name)


def test_captured_data_lands_in_s3_as_json_lines(world: World) -> None:
    capture = {**CAPTURE, "DestinationS3Uri": f"s3://{world.bucket}/capture/churn"}
    name, _ = world.endpoint(mean=1.0, DataCaptureConfig=capture)
    world.ask(name, "41")
    key = wait_until(lambda: world.keys(f"capture/churn/{name}/AllTraffic/"), 20, "captured data")[0]
    assert key.endswith(".jsonl")
    [line] = world.get(f"s3://{world.bucket}/{key}").splitlines()
    captured = json.loads(line)["captureData"]
    assert captured["endpointInput"]["data"] == "41"
    assert captured["endpointInput"]["encoding"] == "JSON"
    assert json.loads(captured["endpointOutput"]["data"])["sum"] == 42.0
    world.remove(name)


def test_the_old_model_answers_until_the_new_one_does(world: World) -> None:
    name, _ = world.endpoint(mean=1.0)
    config = world.config(world.model(world.model_data(2.0)))
    answers: list[float] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answers.append(world.ask(name, "0")["sum"])

    asking = threading.Thread(target=keep_asking)
    asking.start()
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=all_at_once(wait=20))
    pending = world.sagemaker.describe_endpoint(EndpointName=name)
    endpoint = world.settled(name)
    done.set()
    asking.join()
    assert pending["EndpointStatus"] == "Updating"
    assert pending["EndpointConfigName"] != config
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", config)
    assert answers == sorted(answers)
    assert set(answers) == {1.0, 2.0}
    world.remove(name)


def test_an_alarm_in_the_bake_brings_the_old_model_back(world: World) -> None:
    name, old = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(2.0)))
    alarm = world.guard(fresh("guard"), name, new)
    deployment = all_at_once(alarm, wait=600)
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=deployment)
    wait_until(lambda: world.ask(name, "0")["sum"] == 2.0, 60, "the new fleet to answer")
    assert error_of(world.ask, endpoint_name=name, body="explode")[0] == "ModelError"
    endpoint = world.settled(name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", old)
    assert alarm in endpoint["FailureReason"]
    assert world.ask(name, "0")["sum"] == 1.0
    world.remove(name)


def test_an_alarm_brings_the_old_model_back_while_requests_go_on(world: World) -> None:
    """As golden requests do: there is always a count under way to CloudWatch."""
    name, old = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(2.0)))
    deployment = all_at_once(world.guard(fresh("guard"), name, new), wait=600)
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=deployment)
    while world.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] != "InService":
        error_of(world.ask, endpoint_name=name, body="explode")
    assert world.settled(name)["EndpointConfigName"] == old
    world.remove(name)


def test_a_bake_that_is_over_before_the_metrics_arrive_cannot_roll_back(world: World) -> None:
    """monitoring-cloudwatch: endpoint metrics come by the minute; what an alarm has not seen it cannot stop."""
    name, _ = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(2.0)))
    alarm = world.guard(fresh("guard"), name, new)
    deployment = all_at_once(alarm, wait=20)
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=deployment)
    wait_until(lambda: world.ask(name, "0")["sum"] == 2.0, 60, "the new fleet to answer")
    assert error_of(world.ask, endpoint_name=name, body="explode")[0] == "ModelError"
    assert world.settled(name)["EndpointConfigName"] == new
    world.remove(name)


def test_an_alarm_sees_the_requests_of_a_minute_together(world: World) -> None:
    """monitoring-cloudwatch: endpoint metrics come by the minute. Errors at its beginning are a part of its mean."""
    name, _ = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(2.0)))
    alarm = world.guard(fresh("guard"), name, new, statistic="Average", threshold=0.6)
    deployment = all_at_once(alarm, wait=200)
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=deployment)
    wait_until(lambda: world.ask(name, "0")["sum"] == 2.0, 60, "the new fleet to answer")
    for body in ("explode", "explode"):
        assert error_of(world.ask, endpoint_name=name, body=body)[0] == "ModelError"
        threading.Event().wait(0.25)
    world.ask(name, "0")
    assert world.settled(name)["EndpointConfigName"] == new
    world.remove(name)


def test_errors_of_the_old_fleet_do_not_trip_the_guard_of_the_new_one(world: World) -> None:
    name, old = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(2.0)))
    alarm = world.guard(fresh("guard"), name, new)
    assert error_of(world.ask, endpoint_name=name, body="explode")[0] == "ModelError"
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=all_at_once(alarm))
    endpoint = world.settled(name)
    assert endpoint["EndpointConfigName"] == new, endpoint.get("FailureReason")
    world.remove(name)


def test_an_alarm_that_fires_already_fails_the_update_at_once(world: World) -> None:
    name, old = world.endpoint()
    new = world.config(world.model(world.model_data(2.0)))
    alarm = world.guard(fresh("guard"), name, new)
    world.emulator.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=all_at_once(alarm))
    endpoint = world.settled(name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", old)
    assert alarm in endpoint["FailureReason"]
    world.remove(name)


def test_a_container_that_does_not_start_leaves_the_old_model_in_place(world: World) -> None:
    name, old = world.endpoint(mean=1.0)
    new = world.config(world.model(world.model_data(inference="raise RuntimeError('no model')\n")))
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
    endpoint = world.settled(name)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", old)
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert world.ask(name, "0")["sum"] == 1.0
    world.remove(name)


def test_a_first_endpoint_that_does_not_start_stays_failed_and_keeps_its_name(world: World) -> None:
    config = world.config(world.model(world.model_data(inference="raise RuntimeError('no model')\n")))
    name = fresh("endpoint-failed")
    world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert world.settled(name)["EndpointStatus"] == "Failed"
    code, message = error_of(world.sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=config)
    assert (code, "already existing" in message) == ("ValidationException", True)
    world.remove(name)


def test_a_canary_takes_its_share_of_the_traffic_first(world: World) -> None:
    name, _ = world.endpoint(mean=1.0, instances=2)
    new = world.config(world.model(world.model_data(2.0)), instances=2)
    deployment = all_at_once(wait=0)
    deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] = {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 120,
    }
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=deployment)
    wait_until(lambda: world.ask(name, "0")["sum"] == 2.0, 60, "the canary to answer")
    answers = [world.ask(name, "0")["sum"] for _ in range(20)]
    assert 8 <= answers.count(2.0) <= 12
    assert world.settled(name)["EndpointConfigName"] == new
    assert {world.ask(name, "0")["sum"] for _ in range(10)} == {2.0}
    world.remove(name)


def test_a_canary_of_a_single_instance_is_refused(world: World, served: str) -> None:
    new = world.config(world.model(world.model_data(2.0)))
    deployment = all_at_once()
    deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] = {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 60,
    }
    code, message = error_of(
        world.sagemaker.update_endpoint, EndpointName=served, EndpointConfigName=new, DeploymentConfig=deployment
    )
    assert (code, "less than or equal to 50%" in message) == ("ValidationException", True)


def test_retained_properties_keep_instance_count_and_data_capture(world: World) -> None:
    capture = {**CAPTURE, "DestinationS3Uri": f"s3://{world.bucket}/capture/first"}
    name, _ = world.endpoint(instances=2, DataCaptureConfig=capture)
    other = {**CAPTURE, "DestinationS3Uri": f"s3://{world.bucket}/capture/second"}
    new = world.config(world.model(world.model_data(2.0)), DataCaptureConfig=other)
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, RetainAllVariantProperties=True)
    endpoint = world.settled(name)
    assert endpoint["EndpointConfigName"] == new
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert endpoint["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://{world.bucket}/capture/first"
    world.remove(name)


def test_a_configuration_in_use_cannot_be_deleted(world: World) -> None:
    name, config = world.endpoint()
    assert error_of(world.sagemaker.delete_endpoint_config, EndpointConfigName=config)[0] == "ValidationException"
    world.remove(name)
    world.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    code, message = error_of(world.sagemaker.describe_endpoint_config, EndpointConfigName=config)
    assert (code, "Could not find endpoint configuration" in message) == ("ValidationException", True)


def test_a_container_that_dies_is_started_again(world: World) -> None:
    """SageMaker keeps a container running; until it is back, its requests fail with the container's error."""
    name, _ = world.endpoint(mean=1.0)
    os.killpg(server_of(world, name), signal.SIGKILL)
    code, _ = error_of(world.ask, endpoint_name=name)
    assert code == "ModelError"
    assert wait_until(lambda: answers(world, name), 60, "the container to be back") == {"sum": 2.0, "batch": None}
    assert world.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    world.remove(name)
    assert server_of(world, name) is None


def test_a_container_that_no_longer_starts_is_tried_again_until_it_does(world: World) -> None:
    broken = world.emulator.home / fresh("broken")
    sometimes = f"import pathlib\nif pathlib.Path({str(broken)!r}).exists():\n    raise RuntimeError\n{INFERENCE}"
    name = fresh("endpoint")
    config = world.config(world.model(world.model_data(1.0, inference=sometimes)))
    world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert world.settled(name)["EndpointStatus"] == "InService"
    broken.touch()
    first = server_of(world, name)
    os.killpg(first, signal.SIGKILL)
    second = wait_until(lambda: server_of(world, name) not in (None, first) and server_of(world, name), 60, "a try")
    wait_until(lambda: server_of(world, name) not in (None, second), 60, "another try")
    assert error_of(world.ask, endpoint_name=name)[0] == "ModelError"
    broken.unlink()
    wait_until(lambda: answers(world, name), 60, "the container to be back")
    world.remove(name)


def test_endpoints_are_listed_by_name_and_page(world: World, served: str) -> None:
    found = world.sagemaker.list_endpoints(NameContains=served)["Endpoints"]
    assert [(endpoint["EndpointName"], endpoint["EndpointStatus"]) for endpoint in found] == [(served, "InService")]
    configs = [world.config(world.model(world.model_data())) for _ in range(3)]
    pages = world.sagemaker.get_paginator("list_endpoint_configs").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    listed = [config["EndpointConfigName"] for page in pages for config in page["EndpointConfigs"]]
    assert set(configs) <= set(listed)
    assert listed == sorted(listed)


def test_only_who_may_invoke_can_invoke(world: World, served: str) -> None:
    endpoint = f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{served}"
    role = world.emulator.role(
        fresh("caller"), "lambda.amazonaws.com", [statement("sagemaker:InvokeEndpoint", endpoint)]
    )
    runtime = world.emulator.client("sagemaker-runtime", world.emulator.session(role))
    answer = runtime.invoke_endpoint(EndpointName=served, Body="1", ContentType="application/jsonlines")
    assert json.loads(answer["Body"].read())["sum"] == 101.0
    assert error_of(runtime.invoke_endpoint, EndpointName="other", Body="1")[0] == "AccessDeniedException"
    sagemaker = world.emulator.client("sagemaker", world.emulator.session(role))
    assert error_of(sagemaker.describe_endpoint, EndpointName=served)[0] == "AccessDeniedException"


def test_creating_an_endpoint_needs_the_permission_for_its_configuration_too(world: World, served: str) -> None:
    base = "arn:aws:sagemaker:us-east-1:000000000000"
    role_name = fresh("deployer")
    role = world.emulator.role(
        role_name, "states.amazonaws.com", [statement("sagemaker:*Endpoint", f"{base}:endpoint/*")]
    )
    client = world.emulator.client("sagemaker", world.emulator.session(role))
    config = world.config(world.model(world.model_data()))
    request = {"EndpointName": served, "EndpointConfigName": config}
    assert error_of(client.create_endpoint, **request)[0] == "AccessDeniedException"
    both = [f"{base}:endpoint/*", f"{base}:endpoint-config/*"]
    world.emulator.allow(role_name, [statement("sagemaker:*Endpoint", both)])
    assert error_of(client.create_endpoint, **request)[0] == "ValidationException"


def test_an_endpoint_in_a_vpc_holds_on_to_its_security_group_until_it_is_gone(world: World) -> None:
    ec2 = world.emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    group = ec2.create_security_group(GroupName="serving", Description="serving", VpcId=vpc)["GroupId"]
    model = world.model(world.model_data(), VpcConfig={"Subnets": subnets, "SecurityGroupIds": [group]})
    name = fresh("endpoint-vpc")
    world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=world.config(model))
    assert world.settled(name)["EndpointStatus"] == "InService"
    assert error_of(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"
    world.remove(name)
    ec2.delete_security_group(GroupId=group)


def test_a_role_deleted_too_early_keeps_the_endpoint_from_going(world: World) -> None:
    ec2 = world.emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="serving-2", Description="serving", VpcId=vpc)["GroupId"]
    model = world.model(world.model_data(), VpcConfig={"Subnets": [subnet], "SecurityGroupIds": [group]})
    name = fresh("endpoint-role")
    world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=world.config(model))
    assert world.settled(name)["EndpointStatus"] == "InService"
    world.emulator.allow("sageserve-execution", [statement("logs:PutLogEvents")])
    world.sagemaker.delete_endpoint(EndpointName=name)
    endpoint = world.settled(name)
    world.emulator.allow("sageserve-execution", execution_statements(world.bucket))
    assert endpoint["EndpointStatus"] == "Failed"
    assert "could not be deleted" in endpoint["FailureReason"]
    world.remove(name)


def server_of(world: World, endpoint: str) -> int | None:
    return model_server(world.emulator.home, endpoint)


def answers(world: World, endpoint: str) -> dict[str, Any] | None:
    try:
        return world.ask(endpoint)
    except ClientError:
        return None


def total(world: World, metric: str, dimensions: list[tuple[str, str]]) -> float:
    now = datetime.now(UTC)
    points = world.emulator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)
