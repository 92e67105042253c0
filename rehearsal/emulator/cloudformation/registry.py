"""Registration of a resource type in ministack's CloudFormation: its properties, what replaces it, and what it does."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

Properties = Mapping[str, Any]
Attributes = dict[str, Any]

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": (
        "_CUSTOM_NAME_REPLACEMENT",
        "_REPLACING_PROPERTIES",
        "_RESOURCE_HANDLERS",
        "_STACK_TAG_PROPERTY",
        "_physical_name",
    ),
    "ministack.services.cloudformation.stacks": ("_runs_on_worker_thread",),
}

_calling_back: set[str] = set()


class ResourceRefused(ValueError):
    """A resource cannot be made, changed or removed as asked; the message goes into the stack's events."""


@dataclass(frozen=True)
class Request:
    """One resource of one stack, with its properties resolved."""

    logical_id: str
    stack_name: str
    properties: Properties

    def name(self, given: str | None, longest: int = 255, *, lowercase: bool = False) -> str:
        """The declared name in property `given`, else one that CloudFormation generates."""
        declared = self.properties.get(given) if given else None
        if declared:
            return str(declared)
        generated = provisioners._physical_name(self.stack_name, self.logical_id, lowercase=lowercase, max_len=longest)
        return str(generated)


Create = Callable[[Request], tuple[str, Attributes]]
Update = Callable[[str, Properties, Request], Attributes]
Delete = Callable[[str, Properties], None]


@dataclass(frozen=True)
class ResourceType:
    """A type: every property it takes (others are refused), and the ones whose change replaces the resource."""

    name: str
    properties: Collection[str]
    required: Collection[str]
    create: Create
    delete: Delete
    update: Update | None = None
    immutable: Collection[str] = field(default_factory=tuple)
    name_property: str | None = None
    tagged: bool = False
    calls_back: bool = False
    """Whether making it sends requests to this emulator, which the thread that serves them cannot wait for."""


def install() -> None:
    """Give the types that call back a thread of their own."""
    runs_on_worker_thread = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in _calling_back or runs_on_worker_thread(name)


def register(resource_type: ResourceType) -> None:
    """Make the type known to the engine, to its change sets and to its tag propagation."""
    name = resource_type.name
    provisioners._RESOURCE_HANDLERS[name] = {
        "create": _creator(resource_type),
        "update": _updater(resource_type),
        "update_with_logical_id": True,
        "delete": resource_type.delete,
    }
    without_update = resource_type.properties if resource_type.update is None else resource_type.immutable
    replacing = set(without_update) - ({"Tags"} if resource_type.tagged else set())
    provisioners._REPLACING_PROPERTIES[name] = tuple(sorted(replacing))
    if resource_type.calls_back:
        _calling_back.add(name)
    if resource_type.name_property:
        provisioners._CUSTOM_NAME_REPLACEMENT[name] = {"name": resource_type.name_property}
    if resource_type.tagged:
        provisioners._STACK_TAG_PROPERTY[name] = ("Tags", "list")


def check_properties(resource_type: str, properties: Properties, known: Collection[str]) -> None:
    """Refuse a property that would otherwise be dropped without a word."""
    unknown = sorted(set(properties) - set(known))
    if unknown:
        keys = ", ".join(unknown)
        raise ResourceRefused(
            f"Properties validation failed for {resource_type}: extraneous key [{keys}] is not permitted"
        )


def check_required(resource_type: str, properties: Properties, required: Collection[str]) -> None:
    """Refuse a resource without a property it cannot be without."""
    missing = sorted(name for name in required if properties.get(name) is None)
    if missing:
        keys = ", ".join(missing)
        raise ResourceRefused(f"Properties validation failed for {resource_type}: required key [{keys}] not found")


def answered(response: tuple[int, Mapping[str, str], Any], what: str) -> dict[str, Any]:
    """The JSON of a service's answer; a refusal becomes the resource's failure, in the service's words."""
    status, _headers, body = response
    document = json.loads(body or b"{}")
    if status >= 400:
        message = document.get("message") or document.get("Message") or document
        raise ResourceRefused(f"{what}: {message}")
    return document if isinstance(document, dict) else {}


def tag_map(tags: Any) -> dict[str, str]:
    """CloudFormation's tags, a list or a map, as a map."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or []}


def tag_list(tags: Any) -> list[dict[str, str]]:
    """CloudFormation's tags as the list of pairs that most services take."""
    return [{"Key": key, "Value": value} for key, value in tag_map(tags).items()]


def as_bool(value: Any) -> bool:
    """A boolean of a template, which may be a string."""
    return str(value).lower() == "true"


def _creator(resource_type: ResourceType) -> Callable[..., tuple[str, Attributes]]:
    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Attributes]:
        check_properties(resource_type.name, properties, resource_type.properties)
        check_required(resource_type.name, properties, resource_type.required)
        return resource_type.create(Request(logical_id, stack_name, properties))

    return create


def _updater(resource_type: ResourceType) -> Callable[..., tuple[str, Attributes]]:
    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> tuple[str, Attributes]:
        check_properties(resource_type.name, new, resource_type.properties)
        check_required(resource_type.name, new, resource_type.required)
        request = Request(logical_id or physical_id, stack_name, new)
        if resource_type.update is None:
            raise ResourceRefused(f"{resource_type.name} {physical_id} cannot be changed in place")
        return physical_id, resource_type.update(physical_id, old, request)

    return update
