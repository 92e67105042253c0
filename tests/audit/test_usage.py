"""An over-grant is named with its role, action and resource, unless a table says who needs it."""

from typing import Any

import pytest

from tests.audit.tables import Elsewhere, Permission
from tests.audit.usage import Calls, allowances, asked_otherwise, over_granted

ROLE = "GateFunctionRole0A1B2C3D"
CLEAN, RAW = "arn:aws:s3:::data/clean/*", "arn:aws:s3:::data/raw/*"
PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"
BOTH: Calls = {"s3:GetObject": {"arn:aws:s3:::data/clean/a"}, "s3:PutObject": {"arn:aws:s3:::data/raw/b"}}


def _statement(*resources: str, actions: tuple[str, ...] = ("s3:GetObject",)) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _found(statement: dict[str, Any], calls: Calls) -> list[Any]:
    return list(allowances({"Ref": ROLE}, statement, statement, "dev", calls))


def _row(**more: Any) -> Permission:
    row = {"id": "row", "roles": ["GateFunctionRole"], "actions": ["s3:GetObject"], "why": "because", "page": PAGE}
    return Permission.model_validate({**row, "resources": [RAW], **more})


def _elsewhere(**more: Any) -> Elsewhere:
    row = {"roles": ["GateFunctionRole"], "actions": ["s3:GetObject"], "when": "once", "test": "tests/x.py::test_x"}
    return Elsewhere.model_validate({**row, **more})


PLANTED: list[tuple[str, dict[str, Any], Calls, list[str]]] = [
    ("nothing", _statement(CLEAN), BOTH, []),
    ("a resource beside a used one", _statement(CLEAN, RAW), BOTH, [f"GateFunctionRole: s3:GetObject on {RAW}"]),
    ("an action nobody needs", _statement(CLEAN, actions=("s3:PutObject",)), BOTH, ["s3:PutObject on"]),
    (
        "each action on the other's resource",
        _statement(CLEAN, RAW, actions=("s3:GetObject", "s3:PutObject")),
        BOTH,
        [f"s3:GetObject on {RAW}", f"s3:PutObject on {CLEAN}"],
    ),
    ("a statement of a role that asks for nothing", _statement(CLEAN), {}, [f"s3:GetObject on {CLEAN}"]),
    ("a wildcard that a call touched", _statement("*"), BOTH, []),
    ("a part of a name", _statement("arn:aws:s3:::data/cle"), BOTH, ["s3:GetObject on arn:aws:s3:::data/cle"]),
]


@pytest.mark.parametrize(("statement", "calls", "named"), [one[1:] for one in PLANTED], ids=[one[0] for one in PLANTED])
def test_every_resource_that_no_call_touched_is_named(
    statement: dict[str, Any], calls: Calls, named: list[str]
) -> None:
    told = over_granted(_found(statement, calls), [], [])
    assert len(told) == len(named)
    assert all(part in line for part, line in zip(named, told, strict=True))


def test_the_deployed_resource_is_compared_and_the_designed_one_is_named() -> None:
    designed = _statement("arn:<AWS::Partition>:s3:::mlops-dev-data/raw/*")
    deployed = _statement(RAW)
    calls = {"s3:GetObject": {"arn:aws:s3:::data/raw/b"}}
    [used] = allowances({"Ref": ROLE}, designed, deployed, "dev", calls)
    [unused] = allowances({"Ref": ROLE}, designed, deployed, "dev", {})
    assert (used.used, unused.used) == (True, False)
    assert over_granted([used, unused], [], []) == ["GateFunctionRole: s3:GetObject on s3: <prefix>-data/raw/*"]


def test_statements_that_do_not_fit_each_other_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="zip"):
        list(allowances({"Ref": ROLE}, _statement(CLEAN, RAW), _statement(CLEAN), "dev", {}))


def test_what_only_aws_checks_is_excused_but_not_what_its_row_calls_asked() -> None:
    unused = _found(_statement(RAW), {})
    assert over_granted(unused, [_row()], []) == []
    assert over_granted(unused, [_row(asked=["s3:GetObject"])], []) != []
    assert over_granted(unused, [_row(resources=[CLEAN])], []) != []


def test_what_another_day_needs_is_excused_on_the_resources_that_its_row_names() -> None:
    unused = _found(_statement(CLEAN, RAW), {})
    assert over_granted(unused, [], [_elsewhere()]) == []
    assert over_granted(unused, [], [_elsewhere(resources=[RAW])]) == [f"GateFunctionRole: s3:GetObject on {CLEAN}"]
    assert over_granted(unused, [], [_elsewhere(resources=["arn:aws:s3:::data/*"])]) == []
    assert len(over_granted(unused, [], [_elsewhere(roles=["OtherRole"])])) == 2
    assert len(over_granted(unused, [], [_elsewhere(actions=["s3:PutObject"])])) == 2


def test_a_row_that_calls_something_asked_is_held_to_it_on_every_resource() -> None:
    calls = {"s3:GetObject": {"arn:aws:s3:::data/raw/b"}}
    both = _found(_statement(CLEAN, RAW), calls)
    asked = _row(asked=["s3:GetObject"], resources=[CLEAN, RAW])
    assert asked_otherwise(both, [asked]) == [f"row: GateFunctionRole: s3:GetObject on {CLEAN} was not asked for"]
    never = _row(resources=[CLEAN, RAW])
    assert asked_otherwise(both, [never]) == [f"row: GateFunctionRole: s3:GetObject on {RAW} was asked for"]
