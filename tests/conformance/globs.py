"""Whether two patterns with wildcards can mean the same text."""

from functools import cache

NAME = "\0"  # any text without a slash: the name of a bucket


@cache
def meet(one: str, other: str) -> bool:
    """Whether some text matches both; `*` is any text, `?` any character."""
    if not one and not other:
        return True
    for first, second in ((one, other), (other, one)):
        if first[:1] in ("*", NAME):
            rest = bool(second) and (first[0] == "*" or second[0] != "/") and meet(first, second[1:])
            return rest or meet(first[1:], second)
    if not one or not other:
        return False
    alike = one[0] == other[0] or "?" in (one[0], other[0])
    return alike and meet(one[1:], other[1:])
