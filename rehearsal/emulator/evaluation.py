"""Our evaluator in the places where ministack calls its own: what a policy means is decided in `policies`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ministack.core import iam_evaluator

from rehearsal.emulator import condition_keys
from rehearsal.emulator.policies.decision import combine, decide, decide_resource
from rehearsal.emulator.policies.documents import Statement, parse

Layers = Sequence[Sequence[Statement]]

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "EvalResult",
        "combine_resource_policy",
        "evaluate",
        "evaluate_resource_policy",
        "evaluate_trust_policy",
        "parse_policy_document",
    ),
}


def install() -> None:
    """Replace the functions that parse and evaluate documents. What ministack finds and stores stays its own."""
    iam_evaluator.parse_policy_document = parse
    iam_evaluator.evaluate = evaluate
    iam_evaluator.evaluate_resource_policy = evaluate_resource_policy
    iam_evaluator.combine_resource_policy = combine_resource_policy
    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy


def evaluate(context: Any, policies: Layers, *limits: Layers) -> Any:
    """Identity policies within their limits."""
    decision = decide(condition_keys.request_of(context), flat(policies), [flat(layer) for layer in limits])
    return iam_evaluator.EvalResult(decision, context.principal_arn)


def evaluate_resource_policy(document: Any, context: Any, service: str | None = None, **_more: Any) -> Any:
    """A resource's policy on its own, for a caller or for the AWS service that asks."""
    request = condition_keys.request_of(context, service or "")
    return iam_evaluator.EvalResult(decide_resource(request, parse(document)), context.principal_arn)


def combine_resource_policy(
    identity: Any,
    context: Any,
    document: Any,
    owner_account: str | None,
    required: bool = False,
    limits: Sequence[Layers] = (),
) -> Any:
    """Identity policies with the resource's own. A denial by the resource is told as its own."""
    request, policy = condition_keys.request_of(context), parse(document)
    decision = combine(
        identity.decision,
        request,
        policy,
        [flat(layer) for layer in limits],
        same_account=owner_account in (None, context.principal_account),
        policy_required=required,
    )
    own_denial = identity.decision != "Deny" and decide_resource(request, policy) == "Deny"
    return iam_evaluator.EvalResult(
        decision, context.principal_arn, resource_policy_arn=context.resource_arn if own_denial else ""
    )


def evaluate_trust_policy(document: Any, caller_arn: str, context: Any | None = None) -> bool:
    """Tell whether a role's trust policy lets the caller assume it."""
    if context is None:
        context = iam_evaluator.EvalContext(
            principal_arn=caller_arn,
            principal_type="Root" if caller_arn.endswith(":root") else "User",
            principal_account=caller_arn.split(":")[4] if caller_arn.startswith("arn:") else "",
            action="sts:AssumeRole",
            resource_arn="*",
            region="",
        )
    return decide_resource(condition_keys.request_of(context), parse(document)) == "Allow"


def flat(layers: Layers) -> list[Statement]:
    """The statements of all documents of a layer."""
    return [statement for statements in layers for statement in statements]
