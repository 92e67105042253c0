"""AWS's patterns are Java's regular expressions; these are the same ones as Python reads them."""

from __future__ import annotations

import functools
import re

# Java's classes of characters, as near as Python's regular expressions come to them.
JAVA_CLASSES = {
    "L": r"\w",
    "M": r"\w",
    "N": r"\d",
    "Z": r"\s",
    "S": r"\W",
    "P": r"\W",
    "Print": r"\x20-\x7e",
    "Alnum": "A-Za-z0-9",
}
TOKEN = re.compile(r"\\p\{(?P<name>\w+)\}|\\.|[\[\]]|[^\\\[\]]+", re.DOTALL)
SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
BEYOND_THE_FIRST_PLANE = r"\U00010000-\U0010FFFF"
REPEATED_END = re.compile(r"\$\{\d+,\d+\}")


@functools.cache
def pattern(text: str) -> re.Pattern[str]:
    """AWS's pattern, compiled."""
    prepared = REPEATED_END.sub("$", text.replace(SURROGATES, BEYOND_THE_FIRST_PLANE))
    return re.compile("".join(_translated(prepared)), re.DOTALL)


def _translated(text: str) -> list[str]:
    parts, inside = [], False
    for token in TOKEN.finditer(text):
        name = token["name"]
        if name is not None:
            parts.append(JAVA_CLASSES[name] if inside else f"[{JAVA_CLASSES[name]}]")
            continue
        if token[0] in ("[", "]"):
            inside = token[0] == "["
        parts.append(token[0])
    return parts
