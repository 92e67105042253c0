"""Quotas of the account: too small a one is told at once, one that is used up is waited for."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.emulator.fault_requests import set_quotas
from tests.rehearsal.bench import Bench
from tests.rehearsal.conftest import Platform
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.told import assert_message

pytestmark = pytest.mark.slow

MESSAGE_SECONDS = 120
TOLD_WITHIN_SECONDS = 120
TRANSFORM = "ml.m5.large for transform job usage"


def test_a_quota_of_zero_is_told_within_two_minutes_and_leaves_no_candidate(
    platform: Platform, bench: Bench, undone: ExitStack, inbox: Inbox
) -> None:
    set_quotas(platform.emulator.endpoint_url, {TRANSFORM: 0})
    undone.callback(set_quotas, platform.emulator.endpoint_url, {TRANSFORM: None})
    execution = bench.training.ended(bench.upload())

    assert execution["status"] == "FAILED"
    assert execution["error"].startswith("SageMaker.ResourceLimitExceeded")
    entered = bench.training.entered(execution["executionArn"])
    assert entered[-4:] == ["ScoreHoldout", "WaitForQuota?", "DiscardCandidate", "Failed"]
    assert bench.training.seconds_from(execution["executionArn"], "ScoreHoldout") < TOLD_WITHIN_SECONDS
    assert bench.candidates() == []
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="ScoreHoldout", cause=f"'{TRANSFORM}' is 0 Instances")
    bench.wait_for_free_intake()


def test_a_quota_that_is_used_up_for_a_while_is_waited_for(bench: Bench, undone: ExitStack) -> None:
    busy: dict[str, Any] = {
        "status": 400,
        "code": "ResourceLimitExceeded",
        "message": f"The account-level service limit '{TRANSFORM}' is 1 Instances, with current utilization of 1"
        " Instances and a request delta of 1 Instances.",
    }
    fault = bench.faults.inject("sagemaker:CreateTransformJob", times=1, matches=[f"-{bench.model}-"], error=busy)
    undone.callback(bench.faults.remove, fault)
    execution = bench.training.ended(bench.upload())

    entered = bench.training.entered(execution["executionArn"])
    assert entered.count("WaitForQuota") == 1
    assert entered.count("EvaluateModel") == 1
    bench.wait_for_free_intake()
