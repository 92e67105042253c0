"""The connection of this SageMaker to ministack: its handlers, its routes, and what IAM is asked."""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import iam_actions, router

from rehearsal.emulator.sagemaker import access, alarms, autoscaling, dispatch, interfaces


def install() -> None:
    """Register both services and answer the gateway's questions about their actions and resources."""
    app.SERVICE_HANDLERS["sagemaker"] = dispatch.handle_request
    app.SERVICE_HANDLERS["application-autoscaling"] = dispatch.handle_autoscaling
    router.SERVICE_PATTERNS["sagemaker"] = {
        "target_prefixes": [access.TARGET_PREFIX],
        "credential_scope": "sagemaker",
    }
    router.SERVICE_PATTERNS["application-autoscaling"] = {
        "target_prefixes": [autoscaling.TARGET_PREFIX],
        "credential_scope": "application-autoscaling",
    }
    for service in ("sagemaker", "application-autoscaling"):
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
    _answer_questions_of_iam()
    alarms.install()
    interfaces.install()


def _answer_questions_of_iam() -> None:
    stock_action, stock_arn = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def extract_iam_action(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> str | None:
        if service == "sagemaker":
            return access.iam_action(path, headers)
        return stock_action(service, method, path, headers, body, query_params)

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *more: Any
    ) -> str:
        if service == "sagemaker":
            return access.resource_arn(path, headers, body)
        if service == "application-autoscaling":
            return autoscaling.resource_arn(body)
        return stock_arn(service, method, path, headers, body, *more)

    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
