"""Wildcards and policy variables."""

from __future__ import annotations

import re
from functools import lru_cache

from rehearsal.emulator.policies.request import Request

ARN_PARTS = 6
TOKEN = re.compile(
    r"\$\{(?P<escaped>[*?$])\}|\$\{(?P<name>[^}]+?)(?:,\s*'(?P<default>[^']*)')?\s*\}|(?P<wildcard>[*?])"
)
WILDCARDS = {"*": ".*", "?": "."}


@lru_cache(maxsize=4096)
def glob(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern with wildcards and without variables: `*` is any text, `?` one character."""
    text = "".join(WILDCARDS.get(character, re.escape(character)) for character in pattern)
    return re.compile(text, flags | re.DOTALL)


def compiled(pattern: str, request: Request, variables: bool, wildcards: bool = True) -> re.Pattern[str] | None:
    """The pattern with its variables filled in, or None if one has no value: then nothing is equal to it.

    What a variable stands for is taken literally, wildcards in it too.
    """
    if not variables or "${" not in pattern:
        return glob(pattern) if wildcards else re.compile(re.escape(pattern))
    text, end = "", 0
    for token in TOKEN.finditer(pattern):
        text += re.escape(pattern[end : token.start()])
        end = token.end()
        filled = _filled(token, request, wildcards)
        if filled is None:
            return None
        text += filled
    return re.compile(text + re.escape(pattern[end:]), re.DOTALL)


def matches(value: str, pattern: str, request: Request, variables: bool, wildcards: bool = True) -> bool:
    """Whether the whole value fits the pattern."""
    expression = compiled(pattern, request, variables, wildcards)
    return expression is not None and expression.fullmatch(value) is not None


def arn_matches(value: str, pattern: str, request: Request, variables: bool) -> bool:
    """Whether an ARN fits: each of its six parts is compared on its own, so a wildcard does not cross a colon."""
    parts, patterns = value.split(":", ARN_PARTS - 1), _arn_parts(pattern)
    if len(parts) != ARN_PARTS or len(patterns) != ARN_PARTS:
        return False
    return all(matches(part, wanted, request, variables) for part, wanted in zip(parts, patterns, strict=True))


def resource_matches(value: str, pattern: str, request: Request, variables: bool) -> bool:
    """Whether a resource fits. Variables belong into the part after the fifth colon; elsewhere they stand for nothing,
    and the pattern matches no resource."""
    if variables and any("${" in part for part in _arn_parts(pattern)[: ARN_PARTS - 1]):
        return False
    return matches(value, pattern, request, variables)


def _arn_parts(pattern: str) -> list[str]:
    """The parts of an ARN; the colon in a variable's name separates nothing."""
    return re.split(r":(?![^{]*\})", pattern, maxsplit=ARN_PARTS - 1)


def _filled(token: re.Match[str], request: Request, wildcards: bool) -> str | None:
    if token["escaped"]:
        return re.escape(token["escaped"])
    if token["wildcard"]:
        return WILDCARDS[token["wildcard"]] if wildcards else re.escape(token["wildcard"])
    value = request.single(token["name"].strip())
    if value is None:
        value = token["default"]
    return None if value is None else re.escape(value)
