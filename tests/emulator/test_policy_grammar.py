"""Policy documents that AWS calls malformed, row by row with the source, and their refusal by each service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rehearsal.emulator.policies.grammar import Kind, fault
from rehearsal.emulator.policy_documents import IAM_DOCUMENTS
from tests.emulator.conftest import Emulator, statement
from tests.emulator.recorded import facts, refusal
from tests.emulator.stacks import Stacks, refused, resource
from tests.emulator.test_policies_shipped import SNAPSHOTS, documents

FACTS = facts("iam")
MALFORMED, ACCEPTED = FACTS["malformed"], FACTS["accepted"]
REFUSALS = {row["service"]: row for row in FACTS["refusal"]}
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _written(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


MISSPELT = statement("s3:GetObject", "*", Condition={"StringEqual": {"aws:RequestedRegion": "eu-central-1"}})
IDENTITY, OWNED = _written(MISSPELT), _written({**MISSPELT, "Principal": "*"})
TRUSTING = _written({**TRUST, "Condition": MISSPELT["Condition"]})


@pytest.mark.parametrize("row", MALFORMED, ids=[row["says"] for row in MALFORMED])
def test_a_malformed_document_is_found_out_in_awss_words(row: dict[str, Any]) -> None:
    found = fault(row["document"], Kind(row["kind"]))
    assert found is not None
    assert found.message == row["message"] or not row["message"]
    assert found.cause


@pytest.mark.parametrize("row", ACCEPTED, ids=[row["says"] for row in ACCEPTED])
def test_what_aws_takes_is_taken(row: dict[str, Any]) -> None:
    assert fault(row["document"], Kind(row["kind"])) is None


def test_no_shipped_document_is_malformed() -> None:
    # What a Ref to a topic gives is an ARN.
    texts = [path.read_text() for path in SNAPSHOTS]
    shipped = [
        json.loads(json.dumps(one).replace('"ref-', '"arn:aws:sns:::')) for text in texts for one in documents(text)
    ]
    found = [fault(document, _kind(document)) for document in shipped]
    assert len(found) > 90
    assert [str(told) for told in found if told is not None] == []


def _kind(document: dict[str, Any]) -> Kind:
    first = document["Statement"][0]
    if "Principal" not in first:
        return Kind.INLINE
    return Kind.RESOURCE if "Resource" in first else Kind.TRUST


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff"], ids=["none", "open", "deep", "bytes"])
def test_what_is_no_json_or_nests_without_end_is_malformed(text: str | bytes) -> None:
    found = {kind: fault(text, kind) for kind in Kind}

    assert all(one is not None and one.cause == "it is no JSON" for one in found.values())


@pytest.mark.parametrize("name", ["Principal", "NotPrincipal"])
def test_a_policy_of_an_identity_names_nobody_in_either_way(name: str) -> None:
    found = fault(_written(statement("s3:GetObject", "*", **{name: "*"})), Kind.MANAGED)
    assert found is not None and (found.message, found.cause) == (
        "Policy document should not specify a principal.",
        f"Statement[0] has {name}",
    )


def test_the_cause_names_the_statement_and_the_operator() -> None:
    assert str(fault(IDENTITY, Kind.INLINE)) == (
        "Syntax errors in policy. (Statement[0]: unknown condition operator StringEqual)"
    )


@pytest.mark.parametrize("operator", ["StringEqual", "ForSomeValues:StringLike", "StringLikeIfExist", "NullIfExists"])
def test_an_operator_that_iam_does_not_have_makes_a_document_malformed(operator: str) -> None:
    found = fault(_written(statement("s3:GetObject", "*", Condition={operator: {"a": "true"}})), Kind.INLINE)
    assert found is not None and operator in found.cause


IAM_CALLS: dict[str, dict[str, Any]] = {
    "CreatePolicy": {"PolicyName": "malformed"},
    "CreatePolicyVersion": {"PolicyArn": "arn:aws:iam::000000000000:policy/versioned"},
    "CreateRole": {"RoleName": "malformed"},
    "PutGroupPolicy": {"GroupName": "grammar", "PolicyName": "own"},
    "PutRolePolicy": {"RoleName": "grammar", "PolicyName": "own"},
    "PutUserPolicy": {"UserName": "grammar", "PolicyName": "own"},
    "UpdateAssumeRolePolicy": {"RoleName": "grammar"},
}


@pytest.fixture(scope="module")
def iam(emulator: Emulator) -> Any:
    emulator.role("grammar", "glue.amazonaws.com")
    client = emulator.client("iam")
    client.create_user(UserName="grammar")
    client.create_group(GroupName="grammar")
    client.create_policy(PolicyName="versioned", PolicyDocument=_written(statement("s3:GetObject")))
    return client


@pytest.mark.parametrize("action", sorted(IAM_DOCUMENTS))
def test_iam_refuses_an_unknown_condition_operator_when_the_document_is_put(iam: Any, action: str) -> None:
    parameter, kind = IAM_DOCUMENTS[action]
    given = IAM_CALLS[action] | {parameter: TRUSTING if kind is Kind.TRUST else IDENTITY}
    code, message, status = refusal(lambda **sent: iam._make_api_call(action, sent), **given)
    assert (code, message, status) == (REFUSALS["iam"]["code"], REFUSALS["iam"]["message"], 400)


def test_a_session_policy_is_refused_as_an_inline_policy_is(emulator: Emulator) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors"""
    role = emulator.role("sessions", "glue.amazonaws.com")
    assume = emulator.client("sts").assume_role
    code, _message, status = refusal(assume, RoleArn=role, RoleSessionName="malformed", Policy=IDENTITY)
    assert (code, status) == ("MalformedPolicyDocument", 400)


def _bucket(emulator: Emulator) -> Callable[[], Any]:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="grammar")
    return lambda: s3.put_bucket_policy(Bucket="grammar", Policy=OWNED)


def _key(emulator: Emulator) -> Callable[[], Any]:
    kms = emulator.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=OWNED)


def _new_key(emulator: Emulator) -> Callable[[], Any]:
    return lambda: emulator.client("kms").create_key(Policy=OWNED)


def _queue(emulator: Emulator) -> Callable[[], Any]:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="grammar")["QueueUrl"]
    return lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": OWNED})


def _new_queue(emulator: Emulator) -> Callable[[], Any]:
    return lambda: emulator.client("sqs").create_queue(QueueName="malformed", Attributes={"Policy": OWNED})


def _topic(emulator: Emulator) -> Callable[[], Any]:
    sns = emulator.client("sns")
    arn = sns.create_topic(Name="grammar")["TopicArn"]
    return lambda: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=OWNED)


def _new_topic(emulator: Emulator) -> Callable[[], Any]:
    given = {"DisplayName": "x", "Policy": OWNED}
    return lambda: emulator.client("sns").create_topic(Name="malformed", Attributes=given)


PUT = {
    "a bucket": ("s3", _bucket),
    "a key": ("kms", _key),
    "a new key": ("kms", _new_key),
    "a queue": ("sqs", _queue),
    "a new queue": ("sqs", _new_queue),
    "a topic": ("sns", _topic),
    "a new topic": ("sns", _new_topic),
}


@pytest.mark.parametrize("what", PUT)
def test_each_service_refuses_the_policy_of_its_resource_in_its_own_way(emulator: Emulator, what: str) -> None:
    service, prepare = PUT[what]
    code, message, status = refusal(prepare(emulator))
    assert (code, status) == (REFUSALS[service]["code"], 400)
    assert message == REFUSALS[service]["message"] or not REFUSALS[service]["message"]


def test_the_log_names_the_fault_that_a_queue_only_calls_invalid(emulator: Emulator) -> None:
    refusal(_new_queue(emulator))
    deadline = time.monotonic() + 5
    while "unknown condition operator StringEqual" not in (emulator.home / "emulator.log").read_text():
        assert time.monotonic() < deadline


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


INLINE = [{"PolicyName": "own", "PolicyDocument": json.loads(IDENTITY)}]
TRUSTED = json.loads(_written(TRUST))
TEMPLATES: dict[str, dict[str, Any]] = {
    "AWS::IAM::Role, its trust": {"AssumeRolePolicyDocument": json.loads(TRUSTING)},
    "AWS::IAM::Role, inline": {"AssumeRolePolicyDocument": TRUSTED, "Policies": INLINE},
    "AWS::IAM::User": {"Policies": INLINE},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": json.loads(IDENTITY)},
    "AWS::IAM::Policy": {"PolicyName": "own", "Roles": ["grammar"], "PolicyDocument": json.loads(IDENTITY)},
    "AWS::KMS::Key": {"KeyPolicy": json.loads(OWNED)},
    "AWS::S3::BucketPolicy": {"Bucket": "any", "PolicyDocument": json.loads(OWNED)},
    "AWS::SNS::TopicPolicy": {"Topics": ["any"], "PolicyDocument": json.loads(OWNED)},
    "AWS::SQS::QueuePolicy": {"Queues": ["any"], "PolicyDocument": json.loads(OWNED)},
}


@pytest.mark.parametrize("what", TEMPLATES)
def test_a_template_with_a_malformed_document_fails_at_its_resource(stacks: Stacks, iam: Any, what: str) -> None:
    kind = what.partition(",")[0]
    told = refused(lambda: stacks.create({"It": resource(kind, **TEMPLATES[what])}))
    assert "unknown condition operator StringEqual" in told


def test_an_update_to_a_malformed_document_fails_and_the_old_one_stays(
    stacks: Stacks, emulator: Emulator, iam: Any
) -> None:
    good = {
        "PolicyName": "kept",
        "Roles": ["grammar"],
        "PolicyDocument": json.loads(_written(statement("s3:GetObject"))),
    }
    name = stacks.create({"It": resource("AWS::IAM::Policy", **good)})
    bad = {**good, "PolicyDocument": json.loads(IDENTITY)}
    assert "StringEqual" in refused(lambda: stacks.update(name, {"It": resource("AWS::IAM::Policy", **bad)}))
    kept = iam.get_role_policy(RoleName="grammar", PolicyName="kept")["PolicyDocument"]
    assert kept == good["PolicyDocument"]


def test_an_update_to_a_malformed_key_policy_fails_and_the_old_one_stays(stacks: Stacks, emulator: Emulator) -> None:
    owner = {**statement("kms:*"), "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    good = json.loads(_written(owner))
    name = stacks.create({"It": resource("AWS::KMS::Key", KeyPolicy=good)})
    key = stacks.physical_id(name, "It")
    bad = {"It": resource("AWS::KMS::Key", KeyPolicy=json.loads(OWNED))}
    assert "StringEqual" in refused(lambda: stacks.update(name, bad))
    kept = emulator.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    assert json.loads(kept) == good
