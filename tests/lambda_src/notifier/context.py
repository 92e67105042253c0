"""The context that Lambda hands a function beside its event."""


class Context:
    """An invocation with a minute left."""

    aws_request_id = "r1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000
