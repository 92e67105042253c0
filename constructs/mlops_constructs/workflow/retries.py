"""Retriers: errors that are tried again, how often and how patiently, by service and class.

Step Functions spells one error differently for the optimised integrations (`SageMaker.AmazonSageMakerException`)
and for the SDK integrations (`SageMaker.SageMakerException`, with `Exception` always added): both spellings stand here.
"""

from dataclasses import dataclass
from typing import Any

# A quota of SageMaker refuses.
EXCEEDED = ("SageMaker.ResourceLimitExceededException", "SageMaker.ResourceLimitExceeded")


@dataclass(frozen=True, kw_only=True)
class Retrier:
    """One class of errors and the patience it deserves."""

    errors: tuple[str, ...]
    interval_seconds: int
    maximum_attempts: int
    maximum_delay_seconds: int
    jitter: bool = True

    def as_asl(self) -> dict[str, Any]:
        """Full jitter, so that runs that failed together do not come back together; or each delay in full."""
        if not self.maximum_attempts:
            return {"ErrorEquals": list(self.errors), "MaxAttempts": 0}
        return {
            "ErrorEquals": list(self.errors),
            "IntervalSeconds": self.interval_seconds,
            "MaxAttempts": self.maximum_attempts,
            "BackoffRate": 2,
            "MaxDelaySeconds": self.maximum_delay_seconds,
            "JitterStrategy": "FULL" if self.jitter else "NONE",
        }


def _brief(*errors: str) -> Retrier:
    """A hiccup of an API: it passes within a minute or two, or it is none."""
    return Retrier(errors=errors, interval_seconds=4, maximum_attempts=5, maximum_delay_seconds=60)


def _quota(*errors: str) -> Retrier:
    """A quota that others use up: free again when one of their jobs ends, so wait up to three quarters of an hour."""
    return Retrier(errors=errors, interval_seconds=60, maximum_attempts=10, maximum_delay_seconds=600)


# A job that ended badly may have lost its host; once more, under a new name. It also matches every other error.
# Quotas, which a catcher waits for, are taken out before it.
_NOT_RETRIED = Retrier(errors=EXCEEDED, interval_seconds=0, maximum_attempts=0, maximum_delay_seconds=0)
_JOB_LOST = Retrier(errors=("States.TaskFailed",), interval_seconds=30, maximum_attempts=1, maximum_delay_seconds=60)

# An idle function in a VPC has lost its network interfaces. The first invocation only brings them back, within 60 to
# 90 seconds, and all of them fail until then. Full jitter may draw short delays ten times: these have to add up.
# Codes that Lambda's API does not model (CodeArtifactUserPendingException) reach some integrations as
# AWSLambdaException, which therefore gets the same patience.
_WAKING_UP = Retrier(
    errors=(
        "Lambda.ResourceNotReadyException",
        "Lambda.ENINotReadyException",
        "Lambda.CodeArtifactUserPendingException",
        "Lambda.ResourceConflictException",
        "Lambda.EC2ThrottledException",
        "Lambda.AWSLambdaException",
    ),
    interval_seconds=15,
    maximum_attempts=10,
    maximum_delay_seconds=60,
    jitter=False,
)

# A function whose process was killed, by its host or for its memory, said nothing about the data. What is too large
# will be too large again: twice more, and no longer.
_CRASHED = Retrier(
    errors=("Runtime.ExitError", "Lambda.Unknown"), interval_seconds=5, maximum_attempts=2, maximum_delay_seconds=30
)

LAMBDA = (
    _WAKING_UP,
    _brief(
        "Lambda.ServiceException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    _CRASHED,
)

_GLUE_HICCUPS = ("Glue.OperationTimeoutException", "Glue.InternalServiceException", "Glue.ThrottlingException")
GLUE_API = (_brief(*_GLUE_HICCUPS, "Glue.GlueException"),)
# A job that ended badly is looked at by the state after it: only a lost one is worth a second attempt.
GLUE_JOB = (
    _quota("Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"),
    _brief(*_GLUE_HICCUPS, "Glue.AWSGlueException", "Glue.GlueException"),
)

# A quota of instances is not retried but caught (quota.py); one of models, configurations or versions frees by nobody's
# waiting, and is told at once.
SAGEMAKER_API = (_brief("SageMaker.SageMakerException"),)
SAGEMAKER_REGISTRY = (_brief("SageMaker.SageMakerException", "SageMaker.ConflictException"),)
# Somebody waits to hear why the run failed.
CLEAN_UP = (
    Retrier(errors=("SageMaker.SageMakerException",), interval_seconds=4, maximum_attempts=2, maximum_delay_seconds=60),
)
SAGEMAKER_JOB = (
    _NOT_RETRIED,
    _brief("SageMaker.AmazonSageMakerException", "SageMaker.SageMakerException"),
    _JOB_LOST,
)

DYNAMODB = (
    _brief(
        *(
            f"{service}.{error}"
            for service in ("DynamoDb", "DynamoDB")
            for error in (
                "ProvisionedThroughputExceededException",
                "RequestLimitExceededException",
                "ThrottlingException",
                "InternalServerErrorException",
            )
        ),
        "DynamoDb.DynamoDbException",
        "DynamoDB.AmazonDynamoDBException",
    ),
)

CLOUDWATCH = (_brief("CloudWatch.CloudWatchException", "CloudWatch.InternalServiceException"),)

AUTOSCALING = (
    _brief(
        "ApplicationAutoScaling.ApplicationAutoScalingException",
        "ApplicationAutoScaling.ConcurrentUpdateException",
        "ApplicationAutoScaling.InternalServiceException",
    ),
)
