"""The deployment machine, walked with the answers of the services."""

from typing import Any

from tests.workflow.answers import CONFIG, NAME, OLD_CONFIG, PACKAGE, deployment, endpoint, endpoints, lambda_answer
from tests.workflow.assembly import machine
from tests.workflow.walk import ServiceError, Walk, walk

INPUT = {"package_arn": PACKAGE, "reason": "approved"}
IN_SERVICE = endpoints((NAME, "InService"))
GUARDS = ("PutGuardAlarm", "PutLatencyGuardAlarm")


def _walk(kind: str = "one", **changes: Any) -> Walk:
    return walk(machine("deployment", endpoint=kind), INPUT, deployment(**changes))


def test_a_first_version_gets_a_new_endpoint() -> None:
    done = _walk()
    assert done.path == [
        "DescribePackage", "IsApproved?", "FindEndpoint", "EndpointThere?", "CreateModel", "CreateEndpointConfig",
        "NewEndpoint?", "CreateEndpoint", "StartWatching",
        "WaitForEndpoint", "SendGoldenRequests", "DescribeEndpoint", "EndpointSettled?",
        "WaitForEndpoint", "SendGoldenRequests", "DescribeEndpoint", "EndpointSettled?",
        "ListGuardAlarms", "GuardAlarms?", "ServesNewConfig?", "ProveEndpoint", "EndpointAnswers?",
        "Autoscale?", "RecordChampion",
        "ListOldConfigs", "DeleteOldConfigs", "ListOldModels", "DeleteOldModels", "Deployed",
    ]  # fmt: skip
    assert done.output == {
        "endpoint_name": NAME,
        "endpoint_config": CONFIG,
        "package_arn": PACKAGE,
        "version": "3",
    }


def test_a_package_that_is_not_approved_is_not_deployed() -> None:
    package = deployment()["DescribePackage"] | {"ModelApprovalStatus": "Rejected"}
    done = _walk(DescribePackage=package)
    assert (done.end, done.error) == ("PackageNotApproved", "PackageNotApproved")
    assert done.cause and "Version 3 is Rejected" in done.cause


def test_the_model_comes_from_the_package_and_the_config_captures_data_readably() -> None:
    calls = _walk().calls
    assert calls["CreateModel"]["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    capture = calls["CreateEndpointConfig"]["DataCaptureConfig"]
    assert capture["CaptureContentTypeHeader"]["JsonContentTypes"] == ["application/json", "application/jsonlines"]
    assert capture["DestinationS3Uri"] == "s3://the-artifacts-bucket/capture/churn"
    assert calls["CreateEndpointConfig"]["ProductionVariants"][0]["VariantName"] == "AllTraffic"


def test_an_endpoint_that_serves_is_updated_beside_the_old_fleet_and_guarded() -> None:
    done = _walk(FindEndpoint=IN_SERVICE)
    assert "CreateEndpoint" not in done.path
    update = done.calls["UpdateEndpoint"]
    alarms = [done.calls[state]["AlarmName"] for state in GUARDS]
    assert len(set(alarms)) == len(GUARDS)
    assert update["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": name} for name in alarms]


def test_once_an_endpoint_is_settled_the_guard_alarms_go_with_those_that_earlier_deployments_left() -> None:
    alarms = [f"{config}-guard-{kind}" for config in (CONFIG, f"{OLD_CONFIG}-01") for kind in ("errors", "latency")]
    others = [f"{NAME}-v2-v1-{CONFIG[-12:]}-guard-errors", f"{CONFIG}-guard-by-hand", f"x-{CONFIG}-guard-errors"]
    others.append(f"{NAME[:-1]}x{CONFIG.removeprefix(NAME)}-guard-errors")
    listed = {"MetricAlarms": [{"AlarmName": name} for name in (*alarms, *others)]}
    for settled in (endpoint("InService"), endpoint("InService", OLD_CONFIG), endpoint("UpdateRollbackFailed")):
        done = _walk(FindEndpoint=IN_SERVICE, ListGuardAlarms=listed, DescribeEndpoint=settled)
        assert done.calls["DeleteGuardAlarms"] == {"AlarmNames": alarms}


def test_the_guard_alarms_see_only_the_new_fleet_its_server_errors_and_its_slowness() -> None:
    alarms = [_walk(FindEndpoint=IN_SERVICE).calls[state] for state in GUARDS]
    for alarm in alarms:
        assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
            "EndpointName": NAME,
            "VariantName": "AllTraffic",
            "EndpointConfigName": CONFIG,
        }
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        # A bake lasts three minutes at least: an alarm over a longer period would see the end of it only.
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)
        assert "Unit" not in alarm
    judged = [(alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) for alarm in alarms]
    # A second, in the microseconds of the metric.
    assert judged == [("Invocation5XXErrors", "Sum", 1), ("ModelLatency", "Average", 1_000_000)]


def test_one_instance_changes_all_at_once_and_several_change_step_by_step_within_legal_sizes() -> None:
    policies = {
        kind: _walk(kind, FindEndpoint=IN_SERVICE).calls["UpdateEndpoint"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
        for kind in ("one", "canary", "linear")
    }
    routing = {kind: policy["TrafficRoutingConfiguration"] for kind, policy in policies.items()}
    assert routing["one"] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert routing["canary"]["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}
    assert routing["linear"]["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 50}
    for kind, policy in policies.items():
        assert 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28_800
        waits = 2 * routing[kind]["WaitIntervalInSeconds"] + policy["TerminationWaitInSeconds"]
        assert waits < policy["MaximumExecutionTimeoutInSeconds"]


def test_an_endpoint_whose_name_only_begins_alike_is_not_taken_for_ours() -> None:
    done = _walk(FindEndpoint=endpoints((f"{NAME}-two", "InService"), (f"x-{NAME}", "Failed")))
    assert "CreateEndpoint" in done.path


def test_a_failed_first_endpoint_is_deleted_and_created_again_once_it_is_gone() -> None:
    looks = [endpoints((NAME, "Failed")), endpoints((NAME, "Deleting")), endpoints()]
    done = _walk(FindEndpoint=lambda times: looks[times])
    assert done.calls["DeleteFailedEndpoint"] == {"EndpointName": NAME}
    assert done.path.count("DeleteFailedEndpoint") == 1
    assert done.path.index("DeleteFailedEndpoint") < done.path.index("CreateEndpoint")
    assert done.end == "Deployed"


def test_a_running_change_of_the_endpoint_is_waited_for() -> None:
    looks = [endpoints((NAME, "SystemUpdating")), IN_SERVICE]
    done = _walk(FindEndpoint=lambda times: looks[times])
    assert "UpdateEndpoint" in done.path and done.end == "Deployed"


def test_a_change_of_the_endpoint_that_never_ends_fails_after_an_hour() -> None:
    done = _walk(FindEndpoint=endpoints((NAME, "Updating")))
    assert done.error == "EndpointNeverQuiet"
    assert 59 * 60 <= done.path.count("WaitForQuietEndpoint") * 30 <= 60 * 60


def test_an_endpoint_in_a_state_that_needs_a_person_is_left_alone() -> None:
    for status in ("OutOfService", "UpdateRollbackFailed"):
        done = _walk(FindEndpoint=endpoints((NAME, status)))
        assert done.error == "EndpointNeedsCare"
        assert done.cause and status in done.cause


def test_golden_requests_are_sent_at_every_look_during_the_update() -> None:
    statuses = ["Updating", "SystemUpdating", "RollingBack", "Creating", "InService"]
    done = _walk(FindEndpoint=IN_SERVICE, DescribeEndpoint=lambda times: endpoint(statuses[times]))
    assert done.path.count("SendGoldenRequests") == len(statuses)
    payload = done.calls["SendGoldenRequests"]["Payload"]
    assert (payload["requests_uri"], payload["model_uri"]) == ("s3://q", "s3://m/model.tar.gz")
    assert done.end == "Deployed"


def test_a_rollback_by_the_guard_rejects_the_version_and_fails_loudly() -> None:
    rolled_back = endpoint("InService", OLD_CONFIG, FailureReason="the alarm rang")
    done = _walk(FindEndpoint=IN_SERVICE, DescribeEndpoint=rolled_back)
    assert done.path[-7:] == [
        "RejectPackage", "FailedOneServes?", "DeleteFailedConfig", "DeleteFailedModel",
        "ScalingLost?", "HowItFailed?", "DeploymentRolledBack",
    ]  # fmt: skip
    assert done.calls["RejectPackage"]["ModelApprovalStatus"] == "Rejected"
    assert done.cause and "the alarm rang" in done.cause and OLD_CONFIG in done.cause
    assert "RecordChampion" not in done.path
    assert "ListGuardAlarms" in done.path


def test_an_endpoint_that_could_not_be_created_rejects_the_version() -> None:
    for status in ("Failed", "OutOfService", "UpdateRollbackFailed"):
        done = _walk(DescribeEndpoint=endpoint(status, FailureReason="no answer to ping"))
        assert done.end == "DeploymentRolledBack"
        assert done.cause and status in done.cause


def test_an_endpoint_in_service_that_does_not_answer_is_no_success() -> None:
    done = _walk(ProveEndpoint=lambda_answer(sent=20, failed=3, errors=["500"]))
    assert done.end == "DeploymentRolledBack"
    assert done.cause and "3 of 20 requests failed" in done.cause


def test_an_endpoint_in_service_that_nobody_could_ask_is_no_success() -> None:
    done = _walk(ProveEndpoint=lambda_answer(sent=0, failed=0, errors=[]))
    assert done.end == "DeploymentRolledBack"


def test_an_endpoint_that_never_settles_fails_after_its_patience() -> None:
    done = _walk(DescribeEndpoint=endpoint("Updating"))
    assert done.error == "EndpointNeverSettled"
    assert done.path.count("WaitForEndpoint") * 15 == 90 * 60


def test_autoscaling_is_registered_where_the_endpoint_may_grow() -> None:
    done = _walk("canary")
    assert done.calls["RegisterScalableTarget"]["MinCapacity"] == 2
    assert done.calls["RegisterScalableTarget"]["MaxCapacity"] == 4
    assert done.calls["PutScalingPolicy"]["ResourceId"] == f"endpoint/{NAME}/variant/AllTraffic"
    assert "RegisterScalableTarget" not in _walk("linear").path


def test_the_champion_is_remembered_with_all_that_the_next_run_needs() -> None:
    item = _walk().calls["RecordChampion"]["Item"]
    assert item["model"] == {"S": "churn"} and item["item"] == {"S": "champion"}
    assert item["model_name"] == {"S": CONFIG}
    assert item["version"] == {"N": "3"}
    assert item["baseline_uri"] == {"S": "s3://b"}


def _listing(kind: str, name: str, *names: str) -> dict[str, Any]:
    return {kind: [{name: each} for each in names]}


def test_all_but_the_current_and_the_previous_deployment_are_removed() -> None:
    old, older = f"{NAME}-v1-260901000000", f"{NAME}-v1-260801000000-01"
    foreign = [f"{NAME}-x-v1-260901000000", f"{NAME}-{CONFIG[-12:]}-candidate", f"{NAME}-v1-other"]
    kept = [OLD_CONFIG, f"{OLD_CONFIG}-01", CONFIG, f"{CONFIG}-10"]
    done = _walk(
        FindEndpoint=IN_SERVICE,
        ListOldConfigs=_listing("EndpointConfigs", "EndpointConfigName", older, old, *foreign, *kept),
        ListOldModels=_listing("Models", "ModelName", old),
    )
    assert (done.path.count("DeleteOldConfig"), done.path.count("DeleteOldModel")) == (2, 1)
    assert done.calls["DeleteOldConfig"] == {"EndpointConfigName": old}
    assert done.calls["DeleteOldModel"] == {"ModelName": old}


def test_a_first_deployment_removes_nothing_that_is_not_a_deployment_of_this_model() -> None:
    done = _walk(ListOldConfigs=_listing("EndpointConfigs", "EndpointConfigName", CONFIG))
    assert "DeleteOldConfig" not in done.path


def test_an_error_of_a_service_ends_the_deployment_with_the_state_it_came_from() -> None:
    done = _walk(CreateModel=ServiceError("SageMaker.ResourceLimitExceededException", "too many"))
    assert (done.end, done.error, done.cause) == (
        "Failed",
        "SageMaker.ResourceLimitExceededException",
        "CreateModel: too many",
    )


def test_a_cause_of_our_own_stays_within_what_step_functions_stores_whatever_a_service_says() -> None:
    """API_ExecutionFailedEventDetails: a cause has at most 32,768 characters."""
    reason = "because " * 5_000
    done = _walk(DescribeEndpoint=endpoint("Failed", FailureReason=reason))
    assert done.error == "DeploymentRolledBack"
    assert done.cause and reason[:1000] in done.cause
    assert len(done.cause) <= 32_768


def test_an_endpoint_grows_faster_than_it_shrinks() -> None:
    """Else the instances of one busy minute are taken away before the next one. The metric counts by the minute."""
    policy = _walk("canary").calls["PutScalingPolicy"]["TargetTrackingScalingPolicyConfiguration"]
    assert 60 <= policy["ScaleOutCooldown"] < policy["ScaleInCooldown"]
