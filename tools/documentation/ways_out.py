"""The one place that knows how the notifier keeps the advice for a state."""

from lambda_src.notifier.ways_out import LOOK, WAYS_OUT

# What the notifier puts into its texts, in words that stand for any.
PLACEHOLDERS = {"{model}": "<model>", "{version}": "N"}


def way_out(state: str) -> str:
    """The advice of the notification when an execution fails in this state."""
    text = WAYS_OUT.get(state, LOOK)
    for placeholder, words in PLACEHOLDERS.items():
        text = text.replace(placeholder, words)
    return text
