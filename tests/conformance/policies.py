"""Generated policies and requests, each from its seed, for two evaluators to agree about.

A case is plain data (`as_json`), so that an evaluator in another language can read it. The words are few on purpose:
with few words, statements hit their requests about as often as they miss them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs/trainer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/run-1"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STRANGER = f"arn:aws:iam::{ACCOUNT}:role/other"
PLACE = f"eu-central-1:{ACCOUNT}"

Document = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """An action, the resources to try it on and patterns that may or may not cover them."""

    action: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    patterns: tuple[str, ...]
    key: bool = False


@dataclass(frozen=True)
class Case:
    """Policies and one request. `session` and `boundary` limit; `resource_policy` belongs to the resource."""

    seed: int
    principal: str
    action: str
    resource: str
    keys: dict[str, str | list[str]]
    identity: list[Document]
    boundary: Document | None
    session: Document | None
    resource_policy: Document | None

    def as_json(self) -> dict[str, Any]:
        """The case as plain data."""
        return asdict(self)


TARGETS = (
    Target(
        "s3:GetObject",
        ("s3:GetObject", "s3:Get*", "s3:*", "*", "s3:PutObject", "S3:getobject", "s3:GetObjec?"),
        ("arn:aws:s3:::data/red/a.csv", "arn:aws:s3:::data/blue/b.csv", "arn:aws:s3:::data/ada/x"),
        (
            "arn:aws:s3:::data/*",
            "arn:aws:s3:::data/red/*",
            "arn:aws:s3:::data/${aws:PrincipalTag/team}/*",
            "arn:aws:s3:::data/${aws:username, 'blue'}/*",
            "arn:aws:s3:::data/${aws:username}/*",
            "arn:aws:s3:::*/?ed/*",
            "arn:aws:s3:::data/${*}/*",
            "*",
        ),
    ),
    Target(
        "sqs:SendMessage",
        ("sqs:SendMessage", "sqs:Send*", "sqs:*", "sqs:ReceiveMessage"),
        (f"arn:aws:sqs:{PLACE}:intake", f"arn:aws:sqs:{PLACE}:red-dead"),
        (
            f"arn:aws:sqs:{PLACE}:intake",
            f"arn:aws:sqs:{PLACE}:*",
            f"arn:aws:sqs:*:{ACCOUNT}:red-*",
            f"arn:aws:sqs:{PLACE}:${{aws:PrincipalTag/team}}-*",
            "*",
        ),
    ),
    Target(
        "kms:Decrypt",
        ("kms:Decrypt", "kms:*", "kms:GenerateDataKey*", "*"),
        (f"arn:aws:kms:{PLACE}:key/1234abcd-12ab-34cd-56ef-1234567890ab",),
        (f"arn:aws:kms:{PLACE}:key/*", f"arn:aws:kms:{PLACE}:key/1234abcd-12ab-34cd-56ef-1234567890ab", "*"),
        key=True,
    ),
)

# Key, values that a request may carry, operators with values that a policy may ask for.
CONDITIONS: tuple[tuple[str, tuple[Any, ...], tuple[tuple[str, tuple[Any, ...]], ...]], ...] = (
    (
        "aws:PrincipalTag/team",
        ("red", "blue", "Red"),
        (
            ("StringEquals", ("red", ["red", "blue"], "${aws:PrincipalTag/other}", "${aws:PrincipalTag/other, 'red'}")),
            ("StringNotEquals", ("red", ["green", "blue"])),
            ("StringEqualsIgnoreCase", ("RED",)),
            ("StringNotEqualsIgnoreCase", ("RED",)),
            ("StringLike", ("r*", "?ed", "${aws:PrincipalTag/team}", "r${*}")),
            ("StringNotLike", ("r*", ["b*", "x*"])),
            ("StringEqualsIfExists", ("red",)),
            ("Null", ("true", "false")),
        ),
    ),
    (
        "s3:prefix",
        ("red/", "blue/"),
        (("StringLike", ("${aws:PrincipalTag/team}/", "red*")), ("StringNotLike", ("r*",))),
    ),
    ("aws:SecureTransport", ("true", "false"), (("Bool", ("true", "false", True)), ("BoolIfExists", ("false",)))),
    (
        "aws:SourceIp",
        ("10.0.0.7", "192.168.1.9"),
        (("IpAddress", ("10.0.0.0/8", ["10.1.0.0/16", "192.168.0.0/16"])), ("NotIpAddress", ("10.0.0.0/8",))),
    ),
    (
        "s3:max-keys",
        ("5", "10", "10.0"),
        (
            ("NumericEquals", ("10",)),
            ("NumericNotEquals", ("10",)),
            ("NumericLessThan", ("10", "5.5")),
            ("NumericLessThanEquals", ("10",)),
            ("NumericGreaterThan", ("5",)),
            ("NumericGreaterThanEqualsIfExists", ("7",)),
        ),
    ),
    (
        "aws:CurrentTime",
        ("2026-11-27T12:00:00Z", "2025-01-01T00:00:00Z"),
        (
            ("DateLessThan", ("2026-01-01T00:00:00Z",)),
            ("DateGreaterThan", ("2026-01-01T00:00:00Z", "1767225600")),
            ("DateEquals", ("2025-01-01T00:00:00Z",)),
            ("DateNotEquals", ("2025-01-01T00:00:00Z",)),
        ),
    ),
    (
        "aws:SourceArn",
        (f"arn:aws:events:{PLACE}:rule/uploads", f"arn:aws:s3:::{ACCOUNT}"),
        (
            ("ArnLike", (f"arn:aws:events:{PLACE}:rule/*", "arn:aws:events:*:rule/uploads", "arn:aws:*:*:*:*")),
            ("ArnEquals", (f"arn:aws:events:{PLACE}:rule/uploads", "arn:aws:events:*:*:rule/*")),
            ("ArnNotLike", (f"arn:aws:events:{PLACE}:rule/*",)),
            ("ArnNotEquals", (f"arn:aws:s3:::{ACCOUNT}",)),
        ),
    ),
    (
        "aws:PrincipalArn",
        (),
        (
            ("ArnLike", (ROLE, f"arn:aws:iam::{ACCOUNT}:role/*", SESSION)),
            ("ArnNotEquals", (ROLE, STRANGER)),
            ("StringEquals", (ROLE,)),
        ),
    ),
    (
        "aws:TagKeys",
        (["team", "model"], ["team"], []),
        (
            ("ForAllValues:StringEquals", (["team", "model"], ["team"])),
            ("ForAnyValue:StringEquals", (["model"], "owner")),
            ("ForAllValues:StringNotEquals", (["owner"],)),
            ("ForAnyValue:StringLike", ("t*",)),
            ("ForAnyValue:StringNotLike", ("t*",)),
        ),
    ),
)


def cases(count: int, first_seed: int = 0) -> Iterator[Case]:
    """This many cases; a case depends on its seed alone."""
    for seed in range(first_seed, first_seed + count):
        yield case(seed)


def case(seed: int) -> Case:
    """The case of this seed."""
    chance = random.Random(seed)
    target = chance.choice(TARGETS)
    principal = chance.choice((SESSION, SESSION, USER))
    limited = chance.random()
    return Case(
        seed=seed,
        principal=principal,
        action=target.action,
        resource=chance.choice(target.resources),
        keys=_keys(chance, principal),
        identity=[_document(chance, target) for _ in range(chance.randint(0, 2))],
        boundary=_document(chance, target) if limited < 0.2 else None,
        session=_document(chance, target) if 0.2 <= limited < 0.35 and principal == SESSION else None,
        resource_policy=_document(chance, target, owned=True) if target.key or chance.random() < 0.5 else None,
    )


def _keys(chance: random.Random, principal: str) -> dict[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {"aws:PrincipalArn": ROLE if principal == SESSION else principal}
    if principal == USER:
        keys["aws:username"] = "ada"
    for name, values, _operators in CONDITIONS:
        if values and chance.random() < 0.6:
            keys[name] = chance.choice(values)
    return keys


def _document(chance: random.Random, target: Target, *, owned: bool = False) -> Document:
    version = "2012-10-17" if chance.random() < 0.85 else "2008-10-17"
    statements = [_statement(chance, target, owned) for _ in range(chance.randint(1, 3))]
    return {"Version": version, "Statement": statements}


def _statement(chance: random.Random, target: Target, owned: bool) -> Document:
    statement: Document = {"Effect": "Allow" if chance.random() < 0.75 else "Deny"}
    statement["Action" if chance.random() < 0.9 else "NotAction"] = _some(chance, target.actions)
    statement["Resource" if chance.random() < 0.9 else "NotResource"] = _some(chance, target.patterns)
    if owned:
        name, principal = _principal(chance)
        if name == "NotPrincipal":
            statement["Effect"] = "Deny"
        statement[name] = principal
    if chance.random() < 0.5:
        statement["Condition"] = _condition(chance)
    return statement


def _principal(chance: random.Random) -> tuple[str, Any]:
    named = chance.choice((ROLE, SESSION, USER, STRANGER, ROOT, ACCOUNT, [ROLE, USER]))
    if chance.random() < 0.15:
        return "NotPrincipal", {"AWS": chance.choice((STRANGER, [ROLE, SESSION, ROOT], [USER, ROOT]))}
    return "Principal", "*" if chance.random() < 0.1 else {"AWS": named}


def _condition(chance: random.Random) -> Document:
    block: Document = {}
    for _ in range(chance.randint(1, 2)):
        key, _values, operators = chance.choice(CONDITIONS)
        operator, expected = chance.choice(operators)
        block.setdefault(operator, {})[key] = chance.choice(expected)
    return block


def _some(chance: random.Random, words: tuple[str, ...]) -> str | list[str]:
    chosen = chance.sample(words, k=min(len(words), chance.randint(1, 2)))
    return chosen[0] if len(chosen) == 1 else chosen
