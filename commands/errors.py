"""Expected errors, as one line and an exit code."""

import re
from enum import IntEnum

from botocore import exceptions as aws

ACTION = re.compile(r"(?:not authorized to perform|no permission for):? ([\w-]+:\w+)")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
UNKNOWN_CALLER = ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId")
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403", "Forbidden")
LOG_IN = "log in again (for example `aws sso login`), or set AWS_PROFILE"


class Exit(IntEnum):
    """Exit codes, for the caller's shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NO_ACCESS = 4
    INTERRUPTED = 130


class Refused(Exception):
    """An expected end: what is wrong and the way out in one line, and the exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.code = code


def explain(error: aws.BotoCoreError | aws.ClientError) -> Refused:
    """An error of the AWS library in the words of this command line."""
    if isinstance(error, aws.ClientError):
        return _service_error(error)
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        return Refused(f"there are no AWS credentials: {LOG_IN}", Exit.NO_ACCESS)
    if isinstance(error, aws.ProfileNotFound):
        return Refused(f"{error}: set AWS_PROFILE to one of `aws configure list-profiles`", Exit.NO_ACCESS)
    if isinstance(error, aws.NoRegionError):
        return Refused("no region is chosen: set AWS_REGION, or a region in the profile", Exit.USAGE)
    if type(error).__name__ in ("SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"):
        return Refused(f"the login has expired: {LOG_IN}", Exit.NO_ACCESS)
    if isinstance(error, aws.EndpointConnectionError | aws.HTTPClientError):
        return Refused(f"AWS does not answer: {error}: look at the network, or AWS_ENDPOINT_URL if it is set")
    return Refused(str(error))


def code_of(error: aws.ClientError) -> str:
    """The error's name as the service gives it."""
    return str(error.response.get("Error", {}).get("Code", ""))


def name_of(error: Exception) -> str:
    """The error's name: the service's own, or that of the library where no service answered."""
    return code_of(error) if isinstance(error, aws.ClientError) else type(error).__name__


def is_denied(error: aws.ClientError) -> bool:
    """Tell whether the caller may not do this."""
    return code_of(error) in DENIED


def _service_error(error: aws.ClientError) -> Refused:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in EXPIRED:
        return Refused(f"the credentials have expired: {LOG_IN}", Exit.NO_ACCESS)
    if code in UNKNOWN_CALLER:
        return Refused(f"AWS does not know these credentials ({code}): {LOG_IN}", Exit.NO_ACCESS)
    if code in DENIED:
        named = ACTION.search(message)
        action = named[1] if named else error.operation_name
        return Refused(f"access denied: your role needs {action}: ask who gives you permissions", Exit.NO_ACCESS)
    return Refused(f"{error.operation_name}: {code}: {message}")
