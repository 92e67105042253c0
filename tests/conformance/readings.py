"""Where the independent evaluator reads a policy otherwise than AWS's pages: each reading as a change of the case.

A difference is explained when our evaluator, asked about the changed case, answers as the other one did (ADR 24).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, NamedTuple

from tests.conformance.decisions import decision
from tests.conformance.policies import ROOT, SESSION, Case, Document

Change = Callable[[Document, Case], Document | None]


VARIABLE = re.compile(r"\$\{(aws:[\w:/]+)(, *'[^']*')?\}")
UNREAD = "never-a-name"


class Reading(NamedTuple):
    """The other's reading as a change of the case, and AWS's page that says otherwise."""

    change: Change
    page: str


def explanation(case: Case, other: str) -> tuple[str, ...]:
    """The fewest readings that together lead our evaluator to the other's decision; none when no readings do."""
    changing = [name for name, reading in READINGS.items() if _changed(case, [reading.change]) != case]
    for count in range(1, len(changing) + 1):
        for names in combinations(changing, count):
            if decision(_changed(case, [READINGS[name].change for name in names])) == other:
                return names
    return ()


def is_ordinary(case: Case) -> bool:
    """Whether nothing in the case is read in two ways."""
    return all(_changed(case, [reading.change]) == case for reading in READINGS.values())


def _changed(case: Case, changes: Iterable[Change]) -> Case:
    for change in changes:

        def of(document: Document | None, change: Change = change, case: Case = case) -> Document | None:
            return document and _rewritten(document, change, case)

        case = replace(
            case,
            identity=[_rewritten(document, change, case) for document in case.identity],
            boundary=of(case.boundary),
            session=of(case.session),
            resource_policy=of(case.resource_policy),
        )
    return case


def _rewritten(document: Document, change: Change, case: Case) -> Document:
    if change is _variables_in_every_version:
        return {**document, "Version": "2012-10-17"} if "${" in str(document) else document
    statements = [change(statement, case) for statement in document["Statement"]]
    return {**document, "Statement": [statement for statement in statements if statement]}


def _variables_in_every_version(statement: Document, case: Case) -> Document | None:
    raise NotImplementedError("a change of the document, not of its statements")


def _no_variable_outside_s3(statement: Document, case: Case) -> Document | None:
    def text(pattern: str) -> str:
        return pattern if pattern.startswith("arn:aws:s3:") else VARIABLE.sub(UNREAD, pattern)

    return _with_patterns(statement, text)


def _no_exclusion_without_a_value(statement: Document, case: Case) -> Document | None:
    """The whole statement does not speak of the request."""
    known = {key.lower() for key in case.keys}
    excluded = _as_list(statement.get("NotResource", []))
    missing = any(
        found[1].lower() not in known and not found[2] for text in excluded for found in VARIABLE.finditer(text)
    )
    return None if missing else statement


def _an_account_spares_all_its_principals(statement: Document, case: Case) -> Document | None:
    spared = _as_list(statement.get("NotPrincipal", {}).get("AWS", []))
    return None if ROOT in spared else statement


def _dates_in_milliseconds(statement: Document, case: Case) -> Document | None:
    def moment(value: Any) -> Any:
        since_1970 = timedelta(milliseconds=int(value)) if str(value).isdecimal() else None
        return value if since_1970 is None else (datetime(1970, 1, 1) + since_1970).isoformat(timespec="seconds") + "Z"

    conditions = {
        operator: {key: moment(value) for key, value in keys.items()} if operator.startswith("Date") else keys
        for operator, keys in statement.get("Condition", {}).items()
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _a_session_is_narrowed_although_named(statement: Document, case: Case) -> Document | None:
    """Named by its ARN or with everybody, the session counts as named by its role's, which session policies narrow."""
    if case.session is None or "Principal" not in statement:
        return statement
    principal, role = statement["Principal"], case.keys["aws:PrincipalArn"]
    if principal == "*":
        return {**statement, "Principal": {"AWS": role}}
    if SESSION not in _as_list(principal["AWS"]):
        return statement
    return {**statement, "Principal": {"AWS": [role if one == SESSION else one for one in _as_list(principal["AWS"])]}}


def _with_patterns(statement: Document, text: Callable[[str], str]) -> Document:
    changed = dict(statement)
    for name in {"Resource", "NotResource"} & set(statement):
        found = statement[name]
        changed[name] = text(found) if isinstance(found, str) else [text(one) for one in found]
    return changed


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


PAGES = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
READINGS = {
    "variables are read in documents older than 2012-10-17": Reading(
        _variables_in_every_version, f"{PAGES}/reference_policies_elements_version.html"
    ),
    "a variable outside an ARN of S3 is not found": Reading(
        _no_variable_outside_s3, f"{PAGES}/reference_policies_variables.html#policy-vars-resourceelement"
    ),
    "a NotResource whose variable has no value silences its statement": Reading(
        _no_exclusion_without_a_value, f"{PAGES}/reference_policies_variables.html#policy-vars-no-value"
    ),
    "a NotPrincipal with the account spares all its principals": Reading(
        _an_account_spares_all_its_principals, f"{PAGES}/reference_policies_elements_notprincipal.html"
    ),
    "a date in digits counts milliseconds": Reading(
        _dates_in_milliseconds, f"{PAGES}/reference_policies_elements_condition_operators.html#Conditions_Date"
    ),
    "a session that a policy names by its ARN, or with everybody, is narrowed by its session policy": Reading(
        _a_session_is_narrowed_although_named,
        f"{PAGES}/reference_policies_evaluation-logic_policy-eval-denyallow.html",
    ),
}
