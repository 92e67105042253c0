"""AWS::Lambda::Function, made through Lambda's own operations: nothing that is declared gets lost."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

from ministack.services import lambda_svc

from rehearsal.emulator import network
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    answered,
    register,
    tag_map,
)

FUNCTION_PROPERTIES = (
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "KmsKeyArn",
    "LoggingConfig",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)
DEFAULTS: dict[str, Any] = {
    "Architectures": ["x86_64"],
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}
UNRESERVED_MINIMUM = 10
NEW_ACCOUNT_CONCURRENCY = 10
NEW_ACCOUNT_MEMORY_MB = 3008

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": (
        "_create_function",
        "_delete_function",
        "_functions",
        "_update_code",
        "_update_config",
    ),
}


def install() -> None:
    """Replace the stock types, which drop the network, the dead-letter queue and more."""
    register(
        ResourceType(
            "AWS::Lambda::Function",
            FUNCTION_PROPERTIES,
            ("Code", "Role", "Runtime", "Handler"),
            create_function,
            delete_function,
            update_function,
            immutable=("FunctionName",),
            name_property="FunctionName",
            tagged=True,
        )
    )


def create_function(request: Request) -> tuple[str, Attributes]:
    """CreateFunction, then an interface in each of its subnets."""
    name = request.name("FunctionName", 64)
    _check_new_account(request.properties)
    data = {**_configuration(name, request.properties), "FunctionName": name, "Code": _code(request.properties)}
    data["Tags"] = tag_map(request.properties.get("Tags"))
    answered(lambda_svc._create_function(data), f"Function {name}")
    if not lambda_svc._functions[name]["code_zip"]:
        lambda_svc._functions.pop(name)
        raise ResourceRefused(f"Function {name}: the code {request.properties['Code']} is not there")
    _place(name, request.properties)
    return name, _attributes(name)


def update_function(name: str, old: Properties, request: Request) -> Attributes:
    """UpdateFunctionCode where the code changed, UpdateFunctionConfiguration for the rest."""
    _check_new_account(request.properties)
    if request.properties["Code"] != old.get("Code"):
        answered(lambda_svc._update_code(name, _code(request.properties)), f"Function {name}")
    answered(lambda_svc._update_config(name, _configuration(name, request.properties)), f"Function {name}")
    lambda_svc._functions[name]["tags"] = tag_map(request.properties.get("Tags"))
    _place(name, request.properties)
    return _attributes(name)


def delete_function(name: str, _properties: Properties) -> None:
    """DeleteFunction; its interfaces go with it."""
    if name in lambda_svc._functions:
        lambda_svc._delete_function(name, {})
    network.detach(_owner(name))


def _configuration(name: str, properties: Properties) -> dict[str, Any]:
    wanted = {key: properties.get(key, default) for key, default in DEFAULTS.items()}
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **(properties.get("LoggingConfig") or {})}
    return {
        **wanted,
        "Handler": properties["Handler"],
        "Runtime": properties["Runtime"],
        "Role": properties["Role"],
        "MemorySize": int(wanted["MemorySize"]),
        "Timeout": int(wanted["Timeout"]),
        "DeadLetterConfig": properties.get("DeadLetterConfig", {}),
        "KMSKeyArn": properties.get("KmsKeyArn", ""),
        "LoggingConfig": logging,
    }


def _code(properties: Properties) -> dict[str, Any]:
    code = properties["Code"]
    if "ZipFile" not in code:
        known = ("S3Bucket", "S3Key", "S3ObjectVersion")
        return {key: code[key] for key in known if code.get(key)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("index.py"), code["ZipFile"])
    return {"ZipFile": base64.b64encode(archive.getvalue()).decode()}


def _check_new_account(properties: Properties) -> None:
    """Refuse what a new account does not have: the template has to deploy there too."""
    if properties.get("ReservedConcurrentExecutions") is not None:
        raise ResourceRefused(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
            f" below its minimum value of [{UNRESERVED_MINIMUM}]."
        )
    memory = int(properties.get("MemorySize", 128))
    if memory > NEW_ACCOUNT_MEMORY_MB:
        raise ResourceRefused(f"'MemorySize' value {memory} must be less than or equal to {NEW_ACCOUNT_MEMORY_MB}")


def _place(name: str, properties: Properties) -> None:
    network.detach(_owner(name))
    placement = properties.get("VpcConfig") or {}
    try:
        network.attach(
            _owner(name),
            placement.get("SubnetIds", []),
            placement.get("SecurityGroupIds", []),
            f"AWS Lambda VPC ENI-{name}",
        )
    except network.UnknownNetwork as error:
        raise ResourceRefused(str(error)) from None


def _owner(name: str) -> str:
    return f"lambda:{name}"


def _attributes(name: str) -> Attributes:
    return {"Arn": lambda_svc._functions[name]["config"]["FunctionArn"]}
