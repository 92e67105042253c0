"""The deployment machine's judgement: requests during the roll-out, and what serves in the end."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, fail, jsonata, task, wait
from mlops_constructs.workflow.deployment_guard import clear_guard_states
from mlops_constructs.workflow.names import NAME
from mlops_constructs.workflow.training_data import call
from mlops_constructs.workflow.values import Workflow

# Creating, Updating, SystemUpdating and RollingBack go on by themselves; these do not.
SETTLED = "$endpoint_status in ['InService', 'Failed', 'OutOfService', 'UpdateRollbackFailed']"
ANSWERS = "$golden_sent > 0 and $golden_failed = 0"
SERVES_NEW = "$endpoint_status = 'InService' and $serving_config = $config_name"


def watch_states(workflow: Workflow) -> States:
    """The start of a roll-out to the proof that it holds, or to a rejected version."""
    return {
        "WaitForEndpoint": wait(workflow.deployment.limits.poll_seconds, next_state="SendGoldenRequests"),
        "SendGoldenRequests": _send_golden_requests(workflow, next_state="DescribeEndpoint"),
        "DescribeEndpoint": _describe(),
        "EndpointSettled?": choice(
            (SETTLED, "ListGuardAlarms"),
            (f"$looks >= {workflow.deployment.limits.endpoint_looks}", "EndpointNeverSettled"),
            otherwise="WaitForEndpoint",
        ),
        **clear_guard_states(next_state="ServesNewConfig?"),
        "ServesNewConfig?": choice((SERVES_NEW, "ProveEndpoint"), otherwise="RejectPackage"),
        "ProveEndpoint": _send_golden_requests(workflow, next_state="EndpointAnswers?"),
        "EndpointAnswers?": choice((ANSWERS, "Autoscale?"), otherwise="RejectPackage"),
        "RejectPackage": _reject_package(),
        "DeploymentRolledBack": fail(
            "DeploymentRolledBack",
            "'Version ' & $version & ' was rejected: the endpoint ' & $name & ' is ' & $endpoint_status & "
            "' with ' & $serving_config & ', wanted was ' & $config_name & '; ' & $string($golden_failed) & "
            "' of ' & $string($golden_sent) & ' requests failed. ' & $failure_reason & "
            "' The log is /aws/sagemaker/Endpoints/' & $name",
        ),
        "EndpointNeverSettled": fail(
            "EndpointNeverSettled",
            "'The endpoint ' & $name & ' is still ' & $endpoint_status & "
            f"' after {workflow.deployment.limits.endpoint_minutes} minutes; SageMaker goes on with it. "
            "Look at it there before you deploy again' & ($scaling_stopped ? "
            "'. Until a deployment holds it does not scale' : '')",
        ),
    }


def _send_golden_requests(workflow: Workflow, *, next_state: str) -> State:
    """Without traffic during the update the guard alarm would have nothing to see."""
    return call(
        workflow.functions.golden_requests,
        {
            "endpoint_name": NAME,
            # The version's own archive holds the contract it was trained with; today's may be another one.
            "model_uri": jsonata("$model_uri"),
            "requests_uri": jsonata("$requests_uri"),
            "count": workflow.deployment.golden_requests,
        },
        seconds=150,
        next_state=next_state,
        golden_sent="sent",
        golden_failed="failed",
    )


def _describe() -> State:
    reason = "$states.result.FailureReason"
    return task(
        "aws-sdk:sagemaker:describeEndpoint",
        {"EndpointName": NAME},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="EndpointSettled?",
        assign={
            "endpoint_status": jsonata("$states.result.EndpointStatus"),
            "serving_config": jsonata(
                "$exists($states.result.EndpointConfigName) ? $states.result.EndpointConfigName : 'no configuration'"
            ),
            "failure_reason": jsonata(f"$exists({reason}) ? {reason} : 'SageMaker gave no reason.'"),
            "looks": jsonata("$looks + 1"),
        },
    )


def _reject_package() -> State:
    return task(
        "aws-sdk:sagemaker:updateModelPackage",
        {
            "ModelPackageArn": jsonata("$package_arn"),
            "ModelApprovalStatus": "Rejected",
            "ApprovalDescription": jsonata("'Its deployment ' & $states.context.Execution.Name & ' did not hold'"),
        },
        retry=retries.SAGEMAKER_REGISTRY,
        timeout_seconds=60,
        next_state="FailedOneServes?",
    )
