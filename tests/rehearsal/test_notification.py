"""What people hear of a run that fails."""

from typing import Any

import pytest

from rehearsal import people
from rehearsal.journey import stack_outputs
from rehearsal.samples import load_samples
from tests.rehearsal.conftest import Platform
from tests.rehearsal.inbox import Inbox

pytestmark = pytest.mark.slow

MESSAGE_DEADLINE_SECONDS = 240


def test_a_file_that_cannot_be_right_ends_in_exactly_one_notification_naming_it(
    platform: Platform, inbox: Inbox
) -> None:
    model = next(sample.model for sample in load_samples() if not sample.flagship)
    outputs = stack_outputs(platform.emulator, "mlops-rehearsal-storage")
    s3: Any = people.uploader(platform.emulator, data_bucket=outputs["DataBucketName"], key_arn=outputs["KeyArn"])
    where = {"Bucket": outputs["DataBucketName"], "Key": f"raw/{model}/of another kind.csv"}
    # Not an empty one: that is passed over where other tests have left something to work on.
    version = s3.put_object(**where, Body=b"month,sales\n1,2\n")["VersionId"]

    try:
        messages = inbox.wait_for("of another kind.csv", deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    finally:
        people.owner(platform.emulator, "s3").delete_object(**where, VersionId=version)

    assert len(messages) == 1
    assert "GateArrivals" in messages[0]
