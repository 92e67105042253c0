"""One fault for every task state of both machines: where it enters, how it is caught, how the state is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.fault_requests import error

THROTTLED = error("ThrottlingException", "Rate exceeded by the account")
NO_MORE_ALARMS = error("LimitExceeded", "The quota of alarms is used up")
NOT_VALID = error("ValidationException", "The request is not valid")
ANYTHING = "the next run, with the file new again"
LATER = "a run that begins later, with the variables of a whole run without a champion, just before"
PACKAGE = "the package, deployed once more"


@dataclass(frozen=True, eq=False)
class Fault:
    """One fault; MODEL in `matches` stands for the model. Without a caller it hits the calls of the machine."""

    action: str
    answer: Mapping[str, Any]
    matches: tuple[str, ...] = ()
    after: str = ""
    caller: str = ""
    times: int = 50


@dataclass(frozen=True)
class Case:
    """A task state, what goes wrong in it, and what Catch sees."""

    state: str
    caught: str
    fault: Fault
    reached: str
    before: tuple[Fault, ...] = field(default=())
    """Faults that lead to the state, on paths that nothing else takes."""
    again_in: str = ""
    """A state of the way back that makes the same call, meets the fault as well, and is left out."""
    attempts: int | None = None
    """How often the state is tried, where its retriers do not tell."""
    begins_with: str = ""
    """The state with which the execution begins, with all that a whole run had found out before it."""


def function_error(kind: str, message: str) -> dict[str, Any]:
    return {"function_error": {"errorType": kind, "errorMessage": message}}


INVOKE = "lambda:InvokeFunction"
NO_TABLE = error("ResourceNotFoundException", "Requested resource not found: Table")
SAGEMAKER = "SageMaker.SageMakerException"
LOST = {"job_failure": "InternalServerError: We encountered an internal error. Please try again."}

TRAINING = (
    Case(
        "WriteManifest",
        "ResourceNotFoundException",
        Fault("dynamodb:Query", NO_TABLE, ("MODEL",), caller="WriteManifest"),
        "the upload of a file; the fault meets the function's own call",
    ),
    Case(
        "GateArrivals",
        "GateRefused",
        Fault(INVOKE, function_error("GateRefused", "rows.csv, column age: a text, and numbers are wanted"), ("Gate",)),
        ANYTHING,
    ),
    Case(
        "RunEtl",
        "States.TaskFailed",
        Fault("glue:StartJobRun", {"job_failure": "SparkException: Job aborted due to stage failure"}, ("/MODEL/",)),
        ANYTHING,
        # Not by a retrier: the state after it sends a lost job back once.
        attempts=2,
    ),
    Case(
        "ValidateData",
        "DataRefused",
        Fault(INVOKE, function_error("DataRefused", "12 % of the rows are in quarantine"), ("ValidateData",)),
        ANYTHING,
    ),
    Case(
        "TrainModel",
        "States.TaskFailed",
        Fault("sagemaker:CreateTrainingJob", LOST, ("-MODEL-",)),
        LATER,
        begins_with="TrainModel",
    ),
    Case(
        "CreateCandidateModel",
        SAGEMAKER,
        Fault("sagemaker:CreateModel", THROTTLED),
        LATER,
        begins_with="CreateCandidateModel",
    ),
    Case(
        "ScoreHoldout",
        "States.TaskFailed",
        Fault("sagemaker:CreateTransformJob", LOST, ("-MODEL-", "-holdout-")),
        LATER,
        begins_with="CreateCandidateModel",
    ),
    Case(
        "GetChampion",
        "DynamoDb.ResourceNotFoundException",
        Fault("dynamodb:GetItem", NO_TABLE),
        LATER,
        begins_with="GetChampion",
    ),
    Case(
        "EvaluateModel",
        "Lambda.ServiceException",
        Fault(
            INVOKE,
            error("ServiceException", "An error occurred and the request cannot be processed", 500),
            ("Evaluate",),
        ),
        LATER,
        begins_with="EvaluateModel",
    ),
    Case(
        "DeleteCandidateModel",
        SAGEMAKER,
        Fault("sagemaker:DeleteModel", error("ValidationException", "Could not find model")),
        LATER,
        begins_with="DeleteCandidateModel",
    ),
    Case(
        "RegisterModel",
        "SageMaker.ConflictException",
        Fault("sagemaker:CreateModelPackage", error("ConflictException", "Another request changes this group")),
        LATER,
        begins_with="RegisterModel",
    ),
    Case(
        "ApproveModel", SAGEMAKER, Fault("sagemaker:UpdateModelPackage", THROTTLED), LATER, begins_with="ApproveModel"
    ),
)
WITH_CHAMPION = (
    Case(
        "ScoreHoldoutWithChampion",
        "SageMaker.AmazonSageMakerException",
        Fault("sagemaker:CreateTransformJob", error("InternalFailure", "An internal failure", 500), ("-champion-",)),
        "the next run of a model whose version serves",
    ),
)

AFTER_UPDATE = "sagemaker:UpdateEndpoint"
FIRST_FLEET_FAILS = Fault(
    "sagemaker:CreateEndpoint", {"job_failure": "The primary container did not pass the ping health check"}, ("-MODEL",)
)
# In this order: the first endpoint fails, is deleted, is missing; then one serves, and all else is an update of it.
NO_ENDPOINT = (
    Case(
        "RejectPackage",
        "SageMaker.ConflictException",
        Fault(
            "sagemaker:UpdateModelPackage",
            error("ConflictException", "Another request changes this version"),
            ("Rejected",),
        ),
        "the approval of the first version, whose endpoint cannot come up",
        before=(FIRST_FLEET_FAILS,),
    ),
    Case(
        "DeleteFailedEndpoint",
        SAGEMAKER,
        Fault("sagemaker:DeleteEndpoint", THROTTLED),
        "the deployment after it, which finds the failed endpoint",
    ),
    Case(
        "CreateEndpoint",
        SAGEMAKER,
        Fault("sagemaker:CreateEndpoint", THROTTLED),
        "the deployment after that, which has deleted the failed endpoint",
    ),
)
BEFORE_UPDATE = (
    Case("DescribePackage", SAGEMAKER, Fault("sagemaker:DescribeModelPackage", THROTTLED), PACKAGE),
    Case("CreateModel", SAGEMAKER, Fault("sagemaker:CreateModel", THROTTLED), PACKAGE),
    Case("CreateEndpointConfig", SAGEMAKER, Fault("sagemaker:CreateEndpointConfig", THROTTLED), PACKAGE),
    Case(
        "PutGuardAlarm",
        "CloudWatch.LimitExceededException",
        Fault("cloudwatch:PutMetricAlarm", NO_MORE_ALARMS, matches=("guard-errors",)),
        PACKAGE,
    ),
    Case(
        "PutLatencyGuardAlarm",
        "CloudWatch.LimitExceededException",
        Fault("cloudwatch:PutMetricAlarm", NO_MORE_ALARMS, matches=("guard-latency",)),
        PACKAGE,
    ),
    Case("FindEndpoint", SAGEMAKER, Fault("sagemaker:ListEndpoints", THROTTLED), PACKAGE),
    Case(
        "ReadScaling",
        "ApplicationAutoScaling.ValidationException",
        Fault("application-autoscaling:DescribeScalableTargets", NOT_VALID),
        PACKAGE,
    ),
    Case("UpdateEndpoint", SAGEMAKER, Fault("sagemaker:UpdateEndpoint", THROTTLED), PACKAGE),
)
AFTER_THE_UPDATE = (
    Case(
        "SendGoldenRequests",
        "EndpointConnectionError",
        Fault(INVOKE, function_error("EndpointConnectionError", "Could not connect to S3"), ("Golden",), AFTER_UPDATE),
        PACKAGE,
    ),
    Case(
        "DescribeEndpoint",
        SAGEMAKER,
        Fault("sagemaker:DescribeEndpoint", THROTTLED, after=AFTER_UPDATE),
        "the package, deployed once more; the fault lets the call before the update pass",
        again_in="ReadAfterFailure",
    ),
    Case(
        "ListGuardAlarms",
        "CloudWatch.InternalServiceException",
        Fault("cloudwatch:DescribeAlarms", error("InternalServiceError", "An internal failure", 500)),
        PACKAGE,
    ),
    Case(
        "DeleteGuardAlarms",
        "CloudWatch.InternalServiceException",
        Fault("cloudwatch:DeleteAlarms", error("InternalServiceError", "An internal failure", 500)),
        PACKAGE,
        again_in="ClearGuardAlarms",
    ),
    Case(
        "ProveEndpoint",
        "Lambda.TooManyRequestsException",
        Fault(
            INVOKE,
            error("TooManyRequestsException", "Rate Exceeded", 429),
            ("Golden",),
            after="cloudwatch:DeleteAlarms",
        ),
        "the package, deployed once more; the fault lets the requests during the update pass",
    ),
    Case(
        "RecordChampion",
        "DynamoDb.ResourceNotFoundException",
        Fault("dynamodb:PutItem", NO_TABLE),
        PACKAGE,
    ),
    Case("ListOldConfigs", SAGEMAKER, Fault("sagemaker:ListEndpointConfigs", THROTTLED), PACKAGE),
    Case(
        "DeleteOldConfig",
        SAGEMAKER,
        Fault("sagemaker:DeleteEndpointConfig", THROTTLED),
        "the package, deployed once more: the failed deployments before left configurations",
    ),
    Case("ListOldModels", SAGEMAKER, Fault("sagemaker:ListModels", THROTTLED), PACKAGE),
    Case(
        "DeleteOldModel",
        SAGEMAKER,
        Fault("sagemaker:DeleteModel", THROTTLED),
        "the package, deployed once more: the failed deployments before left models",
    ),
)
SCALING = "the machine with the values of an environment with up to two instances"
AUTOSCALING = (
    Case(
        "RegisterScalableTarget",
        "ApplicationAutoScaling.LimitExceededException",
        Fault("application-autoscaling:RegisterScalableTarget", error("LimitExceededException", "Too many targets")),
        SCALING,
    ),
    Case(
        "PutScalingPolicy",
        "ApplicationAutoScaling.FailedResourceAccessException",
        Fault(
            "application-autoscaling:PutScalingPolicy",
            error("FailedResourceAccessException", "The alarms of the policy could not be made"),
        ),
        SCALING,
    ),
)
NO_LONGER = "the machine as deployed, which does not scale, and finds what the one before registered"
STILL_SCALED = (
    Case(
        "ReadScalingPolicies",
        "ApplicationAutoScaling.ValidationException",
        Fault("application-autoscaling:DescribeScalingPolicies", NOT_VALID),
        NO_LONGER,
    ),
    Case(
        "StopScaling",
        "ApplicationAutoScaling.ValidationException",
        Fault("application-autoscaling:DeregisterScalableTarget", NOT_VALID),
        NO_LONGER,
    ),
)
# The last one: the way back cannot read what serves either, and leaves all that was made to the next deployment.
LEFT_TO_THE_NEXT = (
    Case(
        "ReadEndpoint",
        SAGEMAKER,
        Fault("sagemaker:DescribeEndpoint", error("InternalFailure", "An internal failure", 500)),
        PACKAGE,
        again_in="ReadAfterFailure",
    ),
)
DEPLOYMENT = (*NO_ENDPOINT, *BEFORE_UPDATE, *AFTER_THE_UPDATE, *AUTOSCALING, *STILL_SCALED, *LEFT_TO_THE_NEXT)
# Failures of these do not end a deployment: the walks show where it goes on.
GOING_ON = {
    "ReadServingConfig", "LookAfterFailure", "ReadAfterFailure", "ClearGuardAlarms", "DeleteFailedConfig",
    "DeleteFailedModel", "RestoreScaling", "RestoreScalingPolicy",
}  # fmt: skip

# Fewer than the retriers forgive: the run goes on as if nothing had been.
# Tasks whose failure ends no run.
DONE_WITHOUT = ("StartCrawler", "GetCrawler", "CountWarnings")
FORGIVEN_IN_TRAINING = (
    Fault("glue:StartCrawler", THROTTLED, times=2),
    Fault("glue:GetCrawler", error("EntityNotFoundException", "Crawler entry does not exist"), times=1),
    Fault("glue:StartJobRun", {"job_failure": "SparkLost: Spark's Java process ended"}, ("/MODEL/",), times=1),
    Fault("sagemaker:CreateModel", THROTTLED, times=2),
    Fault("sagemaker:CreateTrainingJob", LOST, ("-MODEL-",), times=1),
    Fault("sagemaker:CreateTransformJob", LOST, ("-MODEL-", "-holdout-"), times=1),
    Fault(INVOKE, error("TooManyRequestsException", "Rate Exceeded", 429), ("ValidateData",), times=2),
)
FORGIVEN_IN_DEPLOYMENT = (
    Fault("sagemaker:DescribeModelPackage", THROTTLED, times=2),
    Fault("cloudwatch:DescribeAlarms", error("InternalServiceError", "An internal failure", 500), times=2),
    Fault("sagemaker:CreateEndpoint", THROTTLED, times=2),
)
