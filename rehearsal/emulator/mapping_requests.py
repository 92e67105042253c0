"""Creating and changing event source mappings: checked as Lambda checks them, and done a little later."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from rehearsal.emulator import mapping_states
from rehearsal.emulator.mapping_rules import MappingRefused, check_filters, check_mapping, check_numbers

CREATED = 202

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_create_esm", "_esms", "_update_esm", "error_response_json"),
}

Handler = Callable[[dict[str, Any]], Any]


def install() -> None:
    """Check before ministack, which takes every mapping and changes it at once."""
    lambda_svc._create_esm = _checked(lambda_svc._create_esm)
    lambda_svc._update_esm = _checked_update(lambda_svc._update_esm)


def _checked(create: Handler) -> Handler:
    def checked(data: dict[str, Any]) -> Any:
        try:
            check_mapping(data)
        except MappingRefused as error:
            return lambda_svc.error_response_json(error.code, str(error), error.status)
        made = create(data)
        if made[0] != CREATED:
            return made
        return mapping_states.begin(json.loads(made[2])["UUID"], "Creating")

    return checked


def _checked_update(update: Callable[[str, dict[str, Any]], Any]) -> Callable[[str, dict[str, Any]], Any]:
    def checked(identifier: str, data: dict[str, Any]) -> Any:
        mapping = lambda_svc._esms.get(identifier)
        if mapping is None:
            return update(identifier, data)
        try:
            check_numbers({**mapping, **data})
            check_filters(data)
        except MappingRefused as error:
            return lambda_svc.error_response_json(error.code, str(error), error.status)
        state = mapping_states.after(data, mapping)
        update(identifier, data)
        return mapping_states.begin(identifier, state)

    return checked
