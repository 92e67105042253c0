"""Every line that is logged ends in time: in a group of ours, or in one that a service makes and a table names."""

import json
import re
from typing import Final

import pytest

from tests.audit import tables
from tests.audit.templates import grants
from tests.synth import Assembly, Resource, assembly

STAGES: Final = ("dev", "prod")


@pytest.mark.parametrize("stage", STAGES)
def test_machines_log_under_the_name_that_keeps_them_out_of_a_limited_policy(stage: str) -> None:
    platform = assembly(stage)
    machines = platform.resources("AWS::StepFunctions::StateMachine")
    for machine in machines:
        [target] = machine.properties["LoggingConfiguration"]["Destinations"]
        group = _group(platform, target["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0])
        name = machine.properties["StateMachineName"]
        assert group.properties["LogGroupName"] == f"/aws/vendedlogs/states/{name}"
        assert machine.properties["LoggingConfiguration"]["Level"] == "ALL"

    assert len(machines) == 2


@pytest.mark.parametrize("stage", STAGES)
def test_every_endpoint_finds_a_log_group_of_its_name(stage: str) -> None:
    platform = assembly(stage)
    made = {group.properties.get("LogGroupName") for group in platform.resources("AWS::Logs::LogGroup")}
    endpoints = [
        output["Value"]
        for name, output in platform.template("sagemaker")["Outputs"].items()
        if name.endswith("EndpointName") and isinstance(output["Value"], str)
    ]

    assert len(endpoints) == 2
    assert {f"/aws/sagemaker/Endpoints/{name}" for name in endpoints} <= made


@pytest.mark.parametrize("stage", STAGES)
def test_every_group_of_ours_has_a_writer_and_forgets(stage: str) -> None:
    platform = assembly(stage)
    everything = json.dumps([one.body for one in platform.resources() if one.type != "AWS::Logs::LogGroup"])
    for group in platform.resources("AWS::Logs::LogGroup"):
        assert 0 < group.properties["RetentionInDays"] <= 731, group.logical_id
        name = group.properties.get("LogGroupName", "")
        assert name.startswith("/aws/sagemaker/Endpoints/") or f'"{group.logical_id}"' in everything, group.logical_id


@pytest.mark.parametrize("stage", STAGES)
def test_groups_that_services_make_are_in_the_table_and_everything_else_is_written_to_a_group_of_ours(
    stage: str,
) -> None:
    found = grants(assembly(stage))
    made_by_services = {name for one in found if one.action == "logs:CreateLogGroup" for name in one.resources}
    written = {name for one in found if one.action == "logs:PutLogEvents" for name in one.resources}
    listed = {f"logs: log-group:{row.name}" for row in tables.aws_only().log_group}

    assert made_by_services == listed
    assert [name for name in written - listed if not re.fullmatch(r"<\w+Logs>", name)] == []


def _group(platform: Assembly, logical_id: str) -> Resource:
    [group] = [one for one in platform.resources("AWS::Logs::LogGroup") if one.logical_id == logical_id]
    return group
