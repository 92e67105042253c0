"""Clients of the command line reach the account and region that the CDK would deploy to."""

import pytest

from commands.session import connector


def test_aws_region_decides_as_it_does_for_the_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")

    assert connector(None)("sts").meta.region_name == "eu-north-1"


def test_without_it_the_sdk_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_REGION", raising=False)

    assert connector(None)("sts").meta.region_name == "us-east-1"
