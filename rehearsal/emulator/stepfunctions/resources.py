"""The service integrations that a Task may name, and the fields that each of them takes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from boto3.session import Session

from rehearsal.emulator import settings
from rehearsal.emulator.stepfunctions.fields import OPTIMISED, FieldTree

PREFIX = re.compile(r"arn:aws[a-z-]*:states:::(.+)")

# The service's name in the Resource -> its name in boto3, for those whose names differ.
CLIENT_NAMES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker-runtime",
    "sfn": "stepfunctions",
}
# The service's name in the Resource -> its name in the errors that a Catch sees.
SDK_PREFIXES = {
    "applicationautoscaling": "ApplicationAutoScaling",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "kms": "Kms",
    "lambda": "Lambda",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "sts": "Sts",
}
# Optimised integrations: the prefix of their errors and the name for errors that the API does not model.
OPTIMISED_ERRORS = {
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException"),
    "events": ("EventBridge", "AmazonEventBridgeException"),
    "glue": ("Glue", "AWSGlueException"),
    "lambda": ("Lambda", "AWSLambdaException"),
    "sagemaker": ("SageMaker", "AmazonSageMakerException"),
    "sns": ("SNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQSException"),
}

# How the first SDK for Java calls the services in its messages.
OPTIMISED_SERVICES = {
    "dynamodb": "AmazonDynamoDBv2",
    "events": "AmazonEventBridge",
    "glue": "AWSGlue",
    "lambda": "AWSLambda",
    "sagemaker": "AmazonSageMaker",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
}


class UnknownResource(Exception):
    """The Resource names nothing that Step Functions (or this emulation of it) can call."""


@dataclass(frozen=True)
class Integration:
    """One service task: what it calls and how its errors are named."""

    service: str
    action: str
    optimised: bool
    sync: bool

    @property
    def client_name(self) -> str:
        return CLIENT_NAMES.get(self.service, self.service)

    @property
    def operation(self) -> Any:
        """The botocore model of the call."""
        return service_model(self.client_name).operation_model(self.action[0].upper() + self.action[1:])

    @property
    def resource_type(self) -> str:
        """The name of the service in history events."""
        return self.service if self.optimised else f"aws-sdk:{self.service}"

    @property
    def resource(self) -> str:
        """The name of the action in history events."""
        return f"{self.action}.sync" if self.sync else self.action

    @property
    def fields(self) -> FieldTree | None:
        """The accepted fields of an optimised integration; None: every field of the API."""
        return OPTIMISED[f"{self.service}:{self.action}"][1] if self.optimised else None

    @property
    def error_prefix(self) -> str:
        return OPTIMISED_ERRORS[self.service][0] if self.optimised else SDK_PREFIXES[self.service]

    def cause(self, message: str, code: str, request: str, status: int = 400, host: str | None = None) -> str:
        """The cause of a service's error: optimised integrations write it as AWS's first SDK for Java, others not."""
        if self.optimised:
            service = OPTIMISED_SERVICES[self.service]
            return (
                f"{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request};"
                " Proxy: null)"
            )
        extended = f", Extended Request ID: {host}" if host else ""
        place = f"Service: {self.error_prefix}, Status Code: {status}, Request ID: {request}{extended}"
        return f"{message} ({place}) (SDK Attempt Count: 1)"

    def error_name(self, code: str) -> str:
        """The name by which Retry and Catch know an error code of the API."""
        names = {shape.name: shape for shape in service_model(self.client_name).error_shapes}
        codes = {shape.metadata.get("error", {}).get("code", name): name for name, shape in names.items()}
        modelled = code if code in names else codes.get(code)
        if modelled is None:
            base = OPTIMISED_ERRORS[self.service][1] if self.optimised else f"{SDK_PREFIXES[self.service]}Exception"
            return f"{self.error_prefix}.{base}"
        return f"{self.error_prefix}.{modelled.removesuffix('Fault').removesuffix('Exception')}Exception"


def parse(resource: str) -> Integration:
    """The integration that a Task's Resource names.

    Raises:
        UnknownResource: it names none, or one that this emulation does not have.
    """
    found = PREFIX.fullmatch(resource)
    if found is None:
        raise UnknownResource(f"The resource provided {resource} is not a service integration of this rehearsal")
    name, _, pattern = found[1].partition(".")
    if pattern not in ("", "sync"):
        raise UnknownResource(f"The integration pattern of {resource} is not emulated: only request-response and .sync")
    parts = name.split(":")
    if parts[0] == "aws-sdk" and len(parts) == 3 and not pattern:
        return _checked(Integration(parts[1], parts[2], optimised=False, sync=False), resource)
    known = OPTIMISED.get(name)
    if known is None or (pattern == "sync" and not known[0]):
        raise UnknownResource(f"The resource provided {resource} is not recognized")
    return _checked(Integration(parts[0], parts[1], optimised=True, sync=pattern == "sync"), resource)


@functools.cache
def service_model(client_name: str) -> Any:
    """The botocore model of a service, without a client."""
    session = Session(region_name=settings.region())
    return session._session.get_service_model(client_name)


def _checked(integration: Integration, resource: str) -> Integration:
    if not integration.optimised and integration.service not in SDK_PREFIXES:
        raise UnknownResource(f"The resource provided {resource} is not recognized: no service {integration.service!r}")
    name = integration.action[0].upper() + integration.action[1:]
    if integration.action[0].isupper() or name not in service_model(integration.client_name).operation_names:
        raise UnknownResource(f"The resource provided {resource} is not recognized: no action {integration.action!r}")
    return integration
