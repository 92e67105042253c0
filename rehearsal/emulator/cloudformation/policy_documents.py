"""Policy documents in templates: what AWS calls malformed fails the resource, before anything of it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services.cloudformation import provisioners

from rehearsal.emulator.cloudformation.registry import Attributes, Properties, ResourceRefused
from rehearsal.emulator.policies.grammar import Kind
from rehearsal.emulator.policy_documents import checked

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
}
# Type -> the property that holds a document, and what the document is for.
DOCUMENTS: dict[str, tuple[str, Kind]] = {
    "AWS::IAM::ManagedPolicy": ("PolicyDocument", Kind.MANAGED),
    "AWS::IAM::Policy": ("PolicyDocument", Kind.INLINE),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", Kind.TRUST),
    "AWS::KMS::Key": ("KeyPolicy", Kind.RESOURCE),
    "AWS::S3::BucketPolicy": ("PolicyDocument", Kind.RESOURCE),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", Kind.RESOURCE),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", Kind.RESOURCE),
}
WITH_INLINE_POLICIES = ("AWS::IAM::Role", "AWS::IAM::User")


def install() -> None:
    """Check the new properties of every create and update."""
    for name in sorted({*DOCUMENTS, *WITH_INLINE_POLICIES}):
        handlers = provisioners._RESOURCE_HANDLERS[name]
        positions = {"create": 1, "update": 2}
        guarded = {one: _guarded(name, handlers[one], positions[one]) for one in positions if handlers.get(one)}
        provisioners._RESOURCE_HANDLERS[name] = {**handlers, **guarded}


def _guarded(name: str, function: Callable[..., Any], position: int) -> Callable[..., Any]:
    def guarded(*arguments: Any) -> tuple[str, Attributes]:
        for where, document, kind in _documents(name, arguments[position]):
            found = checked(document, kind, f"{name} {arguments[0]}")
            if found is not None:
                raise ResourceRefused(f"{where}: {found}")
        made: tuple[str, Attributes] = function(*arguments)
        return made

    return guarded


def _documents(name: str, properties: Properties) -> Iterator[tuple[str, Any, Kind]]:
    where, kind = DOCUMENTS.get(name, ("", Kind.INLINE))
    if properties.get(where) is not None:
        yield where, properties[where], kind
    if name in WITH_INLINE_POLICIES:
        for policy in properties.get("Policies") or []:
            yield f"Policies {policy.get('PolicyName')}", policy.get("PolicyDocument"), Kind.INLINE
