"""Classes of failures: the data's, a permission's, a quota's, a crash, time, or AWS's own. Pure.

Error names are those of Step Functions: <Service>.<Error>, the class of a function's exception, or States.*.
"""

import re
from typing import Literal

FailureClass = Literal["permission", "quota", "crash", "time", "service"]

CRASHES = ("Runtime.ExitError", "Lambda.Unknown")
TIMES = ("States.Timeout", "Sandbox.Timedout", "States.HeartbeatTimeout")
PERMISSION = re.compile(r"AccessDenied|not authorized to perform|no permission for|UnauthorizedOperation")
QUOTA = re.compile(
    r"ResourceLimitExceeded|ConcurrentRunsExceeded|ResourceNumberLimitExceeded|LimitExceededException"
    r"|account-level service limit|ServiceQuotaExceeded"
)
SERVICE = re.compile(
    r"ServiceException|InternalServer|InternalService|ServiceUnavailable|SdkClientException|Throttl|TooManyRequests"
    r"|NotReadyException|UserPendingException|EC2\w+Exception"
)


def failure_class(error: str, cause: str) -> FailureClass | None:
    """The class of a failure; None if the state itself says best what to do, as with refused data."""
    if error in CRASHES:
        return "crash"
    if error in TIMES:
        return "time"
    # Errors that an API does not model carry their name in the cause only.
    if "." in error or not error:
        if PERMISSION.search(error) or PERMISSION.search(cause):
            return "permission"
        if QUOTA.search(error) or QUOTA.search(cause):
            return "quota"
        if SERVICE.search(error):
            return "service"
    # A function's own exception is its class's name; botocore's names the error in its message.
    elif error == "ClientError" or error.endswith(("AccessDenied", "AccessDeniedException")):
        return "permission" if PERMISSION.search(cause) or PERMISSION.search(error) else "service"
    return None
