"""Reading a function's environment, with an error that names what is missing."""

import os
from collections.abc import Sequence


def required(name: str) -> str:
    """The value of an environment variable that the function's stack must set."""
    try:
        return os.environ[name]
    except KeyError:
        raise RuntimeError(f"environment variable {name} is not set") from None


def choice(name: str, allowed: Sequence[str]) -> str:
    """One of the allowed words; the first of them where the stack says nothing."""
    value = os.environ.get(name, allowed[0])
    if value not in allowed:
        raise RuntimeError(f"environment variable {name} is {value!r}; allowed: {', '.join(allowed)}")
    return value
