"""AWS::StepFunctions::StateMachine through CreateStateMachine, which checks definition, role and log group."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    answered,
    as_bool,
    check_properties,
    register,
)

PLACEHOLDER = re.compile(r"\$\{[A-Za-z][A-Za-z0-9]*\}")
PROPERTIES = (
    "Definition",
    "DefinitionS3Location",
    "DefinitionString",
    "DefinitionSubstitutions",
    "EncryptionConfiguration",
    "LoggingConfiguration",
    "RoleArn",
    "StateMachineName",
    "StateMachineType",
    "Tags",
    "TracingConfiguration",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": (
        "_sfn_attrs",
        "_sfn_definition",
        "_sfn_encryption",
        "_sfn_tags",
    ),
    "ministack.services.stepfunctions": (
        "_create_state_machine",
        "_state_machines",
        "_tag_resource",
        "_tags",
        "_update_state_machine",
    ),
}


def install() -> None:
    """Replace the stock type, which checks neither role nor log group."""
    register(
        ResourceType(
            "AWS::StepFunctions::StateMachine",
            PROPERTIES,
            ("RoleArn",),
            create,
            delete,
            update,
            immutable=("StateMachineName", "StateMachineType"),
            name_property="StateMachineName",
            tagged=True,
        )
    )


def create(request: Request) -> tuple[str, Attributes]:
    """CreateStateMachine."""
    name = request.name("StateMachineName", 80)
    data = {
        **_data(name, request.properties),
        "name": name,
        "type": request.properties.get("StateMachineType", "STANDARD"),
        "tags": provisioners._sfn_tags(request.properties),
    }
    made = answered(stepfunctions._create_state_machine(data), f"StateMachine {name}")
    arn = str(made["stateMachineArn"])
    _keep_tracing(arn, request.properties)
    return arn, provisioners._sfn_attrs(arn, name)


def update(arn: str, _old: Properties, request: Request) -> Attributes:
    """UpdateStateMachine; running executions keep the definition they began with."""
    name = arn.rsplit(":", 1)[-1]
    answered(
        stepfunctions._update_state_machine({**_data(name, request.properties), "stateMachineArn": arn}),
        f"StateMachine {name}",
    )
    _keep_tracing(arn, request.properties)
    stepfunctions._tags.pop(arn, None)
    stepfunctions._tag_resource({"resourceArn": arn, "tags": provisioners._sfn_tags(request.properties)})
    return dict(provisioners._sfn_attrs(arn, name))


def delete(arn: str, _properties: Properties) -> None:
    """DeleteStateMachine."""
    stepfunctions._state_machines.pop(arn, None)
    stepfunctions._tags.pop(arn, None)


def _data(name: str, properties: Properties) -> dict[str, Any]:
    definition = provisioners._sfn_definition(properties)
    unresolved = PLACEHOLDER.search(definition)
    if unresolved:
        raise ResourceRefused(f"StateMachine {name}: {unresolved.group(0)} has no DefinitionSubstitution")
    data: dict[str, Any] = {
        "definition": definition,
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": _logging(properties.get("LoggingConfiguration") or {}),
        "tracingConfiguration": _tracing(properties),
    }
    if "EncryptionConfiguration" in properties:
        data["encryptionConfiguration"] = provisioners._sfn_encryption(properties["EncryptionConfiguration"])
    return data


def _logging(declared: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's configuration in the API's case."""
    check_properties("LoggingConfiguration", declared, ("Destinations", "IncludeExecutionData", "Level"))
    groups = [entry["CloudWatchLogsLogGroup"]["LogGroupArn"] for entry in declared.get("Destinations", [])]
    return {
        "level": declared.get("Level", "OFF"),
        "includeExecutionData": as_bool(declared.get("IncludeExecutionData", False)),
        **({"destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}} for arn in groups]} if groups else {}),
    }


def _tracing(properties: Properties) -> dict[str, bool]:
    return {"enabled": as_bool((properties.get("TracingConfiguration") or {}).get("Enabled", False))}


def _keep_tracing(arn: str, properties: Properties) -> None:
    stepfunctions._state_machines[arn]["tracingConfiguration"] = _tracing(properties)
