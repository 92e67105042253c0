"""The deployment machine as synthesized, with its role's own statements, on endpoints that take their time.

Only the golden requests are a stand-in: these tests are about the size and the kind of the fleet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, wait_until
from tests.emulator.functions import LOGS, make_function
from tests.emulator.sagemaker_world import World, create_world, execution_statements, fresh
from tests.workflow import assembly
from tests.workflow.test_permissions import statements

pytestmark = pytest.mark.slow

NAME = f"{assembly.PREFIX}-churn"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ANSWERS = 'def handler(event, context):\n    return {"sent": 20, "failed": 0, "errors": []}\n'
DOES_NOT_START = "raise RuntimeError('no model')\n"
SECONDS = 180


def _here(text: str) -> str:
    return text.replace(assembly.ACCOUNT, ACCOUNT).replace(assembly.REGION, REGION)


@dataclass
class Stage:
    """One model's deployment machine, with values that tests change as people change settings."""

    world: World
    network: dict[str, str]
    role: str

    def deploy(self, kind: str, *, instance_type: str = "ml.t2.medium", inference: str | None = None) -> dict[str, Any]:
        """Deploy a new version with the machine of an environment, and wait for the end."""
        text = json.dumps(assembly.machine("deployment", endpoint=kind))
        for invented, real in self.network.items():
            text = text.replace(invented, real)
        sfn = self.world.emulator.client("stepfunctions")
        machine = sfn.create_state_machine(name=fresh("deployment"), definition=_here(text), roleArn=self.role)
        given = {
            "model": assembly.MODELS[0],
            "package_arn": self._version(inference),
            "reason": "approved",
            "settings": {**assembly.SETTINGS, "serving_instance_type": instance_type},
        }
        execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given))[
            "executionArn"
        ]

        def over() -> dict[str, Any] | None:
            answer = sfn.describe_execution(executionArn=execution)
            return None if answer["status"] == "RUNNING" else answer

        return dict(wait_until(over, SECONDS, f"the end of {execution}"))

    def _version(self, inference: str | None) -> str:
        data = self.world.model_data(1.0, **({"inference": inference} if inference else {}))
        specification = {
            "Containers": [self.world.container(data)],
            "SupportedContentTypes": ["application/jsonlines"],
            "SupportedResponseMIMETypes": ["application/jsonlines"],
        }
        created = self.world.sagemaker.create_model_package(
            ModelPackageGroupName=NAME,
            InferenceSpecification=specification,
            ModelApprovalStatus="Approved",
            CustomerMetadataProperties={"requests_uri": "s3://q/", "baseline_uri": "s3://b/"},
        )
        return str(created["ModelPackageArn"])

    @property
    def scaling(self) -> Any:
        return self.world.emulator.client("application-autoscaling")

    def targets(self) -> list[tuple[int, int]]:
        found = self.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return [(one["MinCapacity"], one["MaxCapacity"]) for one in found if one["ResourceId"] == TARGET["ResourceId"]]

    def policies(self) -> list[str]:
        found = self.scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=TARGET["ResourceId"])
        return [policy["PolicyName"] for policy in found["ScalingPolicies"]]

    def serves(self) -> tuple[str, int]:
        """Instance type and number of instances."""
        endpoint = self.world.sagemaker.describe_endpoint(EndpointName=NAME)
        name = endpoint["EndpointConfigName"]
        [variant] = self.world.sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
        return variant["InstanceType"], endpoint["ProductionVariants"][0]["CurrentInstanceCount"]

    def made(self) -> dict[str, int]:
        """The number of configurations, models and guard alarms that deployments have left."""
        sagemaker, cloudwatch = self.world.sagemaker, self.world.emulator.client("cloudwatch")
        return {
            "configs": len(sagemaker.list_endpoint_configs(NameContains=f"{NAME}-v")["EndpointConfigs"]),
            "models": len(sagemaker.list_models(NameContains=f"{NAME}-v")["Models"]),
            "alarms": len(cloudwatch.describe_alarms(AlarmNamePrefix=f"{NAME}-v")["MetricAlarms"]),
        }


@pytest.fixture(scope="module")
def stage(emulator: Emulator) -> Iterator[Stage]:
    world = create_world(emulator, "deployed")
    emulator.role("serving", "sagemaker.amazonaws.com", execution_statements(world.bucket))
    function = f"{assembly.PREFIX}-golden_requests"
    make_function(emulator, function, emulator.role(fresh("golden"), "lambda.amazonaws.com", [LOGS]), ANSWERS)
    emulator.client("dynamodb").create_table(
        TableName="the-run-table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("model", "item")],
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
    )
    world.sagemaker.create_model_package_group(ModelPackageGroupName=NAME)
    own = json.loads(_here(json.dumps(statements("deployment-machine"))))
    role = emulator.role("deployment-machine", "states.amazonaws.com", own)
    yield Stage(world, _network(emulator), role)
    world.remove(NAME)


def _network(emulator: Emulator) -> dict[str, str]:
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    group = ec2.create_security_group(GroupName=fresh("jobs"), Description="jobs", VpcId=vpc)["GroupId"]
    return {"subnet-1": subnets[0], "subnet-2": subnets[1], "sg-1": group}


def test_a_fleet_follows_its_settings_through_every_change(stage: Stage) -> None:
    """One instance; two with a canary; autoscaling; other instances, refused and good; and no autoscaling any more."""
    first = stage.deploy("one")
    assert first["status"] == "SUCCEEDED", first.get("cause")
    assert (stage.serves(), stage.targets()) == (("ml.t2.medium", 1), [])

    grown = stage.deploy("linear")
    assert grown["status"] == "SUCCEEDED", grown.get("cause")
    assert (stage.serves(), stage.targets()) == (("ml.t2.medium", 2), [])

    scaling = stage.deploy("canary", instance_type="ml.m5.large")
    assert scaling["status"] == "SUCCEEDED", scaling.get("cause")
    assert (stage.serves(), stage.targets()) == (("ml.m5.large", 2), [(2, 4)])

    before = stage.made()
    broken = stage.deploy("canary", instance_type="ml.m5.xlarge", inference=DOES_NOT_START)
    assert broken["error"] == "DeploymentRolledBack", broken.get("cause")
    assert (stage.serves(), stage.targets()) == (("ml.m5.large", 2), [(2, 4)])
    assert stage.policies() == [f"{NAME}-requests"]
    assert stage.made() == before

    larger = stage.deploy("canary", instance_type="ml.m5.xlarge")
    assert larger["status"] == "SUCCEEDED", larger.get("cause")
    assert (stage.serves(), stage.targets()) == (("ml.m5.xlarge", 2), [(2, 4)])

    fixed = stage.deploy("linear", instance_type="ml.m5.xlarge")
    assert fixed["status"] == "SUCCEEDED", fixed.get("cause")
    assert (stage.serves(), stage.targets(), stage.policies()) == (("ml.m5.xlarge", 2), [], [])
    assert stage.made() == {"configs": 2, "models": 2, "alarms": 0}
