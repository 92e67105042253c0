"""IAM through the emulator: variables, the caller's keys, tags at creation, missing objects and reserved names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement

BUCKET = "mlops-test-keys"
REFUSED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")


@pytest.fixture
def bucket(emulator: Emulator) -> str:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key in ("red/a", "blue/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    return BUCKET


def _denied(call: Callable[[], Any]) -> str | None:
    """The error's code, or None for a call that was allowed."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_role_reads_what_its_tag_names(emulator: Emulator, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    own = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/*"
    role = emulator.role("tagged", "lambda.amazonaws.com", [statement("s3:GetObject", own)])
    emulator.client("iam").tag_role(RoleName="tagged", Tags=[{"Key": "team", "Value": "red"}])
    s3 = emulator.client("s3", emulator.session(role))
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) is None
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="blue/a")) == "AccessDenied"


def test_a_session_is_known_by_the_arn_of_its_role_with_the_path(emulator: Emulator, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalArn)"""
    role = emulator.role("known", "lambda.amazonaws.com", [statement("s3:GetObject", "*")])
    s3 = emulator.client("s3", emulator.session(role))
    policy: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/known"}},
            }
        ],
    }
    owner = emulator.client("s3")
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) is None
    policy["Statement"][0].pop("Condition")
    policy["Statement"][0].pop("Principal")
    policy["Statement"][0]["NotPrincipal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) == "AccessDenied"
    owner.delete_bucket_policy(Bucket=bucket)


def _deny_all_but(owner: Any, bucket: str, *spared: str) -> None:
    denial = {**statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Effect": "Deny"}
    denial["NotPrincipal"] = {"AWS": [*spared, f"arn:aws:iam::{ACCOUNT}:root"]}
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))


def _boundary(iam: Any, name: str) -> str:
    everything = {"Version": "2012-10-17", "Statement": [statement("*", "*")]}
    return str(iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(everything))["Policy"]["Arn"])


def test_a_denial_to_all_but_a_role_does_not_spare_it_when_it_has_a_boundary(emulator: Emulator, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html (key points)"""
    role = emulator.role("bounded", "lambda.amazonaws.com", [statement("s3:GetObject", "*")])
    session = emulator.session(role)
    s3, iam, owner = emulator.client("s3", session), emulator.client("iam"), emulator.client("s3")
    _deny_all_but(owner, bucket, role, emulator.client("sts", session).get_caller_identity()["Arn"])
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) is None
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=_boundary(iam, "of-a-role"))
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) == "AccessDenied"
    owner.delete_bucket_policy(Bucket=bucket)


def test_a_denial_to_all_but_a_user_does_not_spare_it_when_it_has_a_boundary(emulator: Emulator, bucket: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html (key points)"""
    iam, owner = emulator.client("iam"), emulator.client("s3")
    user = iam.create_user(UserName="bounded-user", Path="/team/")["User"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:GetObject", "*")]})
    iam.put_user_policy(UserName="bounded-user", PolicyName="own", PolicyDocument=document)
    s3 = emulator.client("s3", iam.create_access_key(UserName="bounded-user")["AccessKey"])
    _deny_all_but(owner, bucket, user)
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) is None
    iam.put_user_permissions_boundary(UserName="bounded-user", PermissionsBoundary=_boundary(iam, "of-a-user"))
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key="red/a")) == "AccessDenied"
    owner.delete_bucket_policy(Bucket=bucket)


def test_a_missing_object_is_told_only_to_who_may_list(emulator: Emulator, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: without s3:ListBucket it is a 403."""
    role = emulator.role("prober", "lambda.amazonaws.com", [statement("s3:GetObject", "*")])
    s3 = emulator.client("s3", emulator.session(role))
    calls = (
        lambda: s3.get_object(Bucket=bucket, Key="none"),
        lambda: s3.head_object(Bucket=bucket, Key="none"),
        lambda: s3.get_object(Bucket=bucket, Key="red/a"),
    )
    assert [_denied(call) for call in calls] == ["AccessDenied", "403", None]
    emulator.allow("prober", [statement("s3:GetObject", "*"), statement("s3:ListBucket", f"arn:aws:s3:::{bucket}")])
    assert [_denied(call) for call in calls] == ["NoSuchKey", "404", None]


CREATIONS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("sqs", "create_queue", "sqs:CreateQueue", "sqs:TagQueue", {"QueueName": "tagged", "tags": {"k": "v"}}),
    ("sns", "create_topic", "sns:CreateTopic", "sns:TagResource", {"Name": "t", "Tags": [{"Key": "k", "Value": "v"}]}),
    ("logs", "create_log_group", "logs:CreateLogGroup", "logs:TagResource", {"logGroupName": "/t", "tags": {"k": "v"}}),
    ("s3", "put_object", "s3:PutObject", "s3:PutObjectTagging", {"Bucket": BUCKET, "Key": "t", "Tagging": "k=v"}),
    ("kms", "create_key", "kms:CreateKey", "kms:TagResource", {"Tags": [{"TagKey": "k", "TagValue": "v"}]}),
    (
        "events",
        "put_rule",
        "events:PutRule",
        "events:TagResource",
        {"Name": "t", "EventPattern": '{"source": ["x"]}', "Tags": [{"Key": "k", "Value": "v"}]},
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "action", "tagging", "parameters"), CREATIONS, ids=[row[2] for row in CREATIONS]
)
def test_making_something_with_tags_asks_for_the_tagging_action(
    emulator: Emulator, bucket: str, service: str, operation: str, action: str, tagging: str, parameters: dict[str, Any]
) -> None:
    name = f"tagger-{service}"
    role = emulator.role(name, "lambda.amazonaws.com", [statement(action)])
    client = emulator.client(service, emulator.session(role))
    assert _denied(lambda: getattr(client, operation)(**parameters)) in REFUSED
    emulator.allow(name, [statement([action, tagging])])
    assert _denied(lambda: getattr(client, operation)(**parameters)) is None


def test_names_that_belong_to_aws_are_refused_to_everybody(emulator: Emulator) -> None:
    iam, kms = emulator.client("iam"), emulator.client("kms")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert "AccessDenied" in str(
        _denied(lambda: iam.create_role(RoleName="r", Path="/aws-reserved/x/", AssumeRolePolicyDocument=trust))
    )
    assert "AccessDenied" in str(_denied(lambda: kms.create_alias(AliasName="alias/aws/x", TargetKeyId=key)))
    assert _denied(lambda: kms.create_alias(AliasName="alias/own", TargetKeyId=key)) is None


def test_the_keys_of_a_service_role_are_those_of_its_sessions(emulator: Emulator) -> None:
    role = emulator.role("with-id", "lambda.amazonaws.com")
    identity = emulator.client("sts", emulator.session(role, "one")).get_caller_identity()
    role_id = emulator.client("iam").get_role(RoleName="with-id")["Role"]["RoleId"]
    assert identity["UserId"] == f"{role_id}:one"
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/with-id/one", REGION
