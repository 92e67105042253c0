"""Times in the starter's item of a model."""

from datetime import UTC, datetime, timedelta

from lambda_src.common.runs import note_time
from tests.lambda_src.examples import TABLE
from tests.lambda_src.fakes import FakeDynamoDB

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_time_moves_on_and_never_back_and_says_which() -> None:
    """An event that arrives late must not hide an upload that is newer."""
    dynamodb = FakeDynamoDB()
    late, early, same, later = (NOON + timedelta(microseconds=moved) for moved in (0, -1, 0, 1))

    assert [note_time(dynamodb, TABLE, "churn", "last_upload", time) for time in (late, early, same)] == [
        True,
        False,
        False,
    ]
    assert dynamodb.items["churn", "starter"]["last_upload"] == {"S": "2026-03-01T12:00:00.000000+00:00"}
    assert note_time(dynamodb, TABLE, "churn", "last_upload", later)
