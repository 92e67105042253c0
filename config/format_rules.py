"""Rules of [format] and of the values of columns: what can stand in a file, and be told apart there."""

from collections.abc import Iterator
from typing import Final

from config.mistakes import Mistake, short
from config.model_file import ColumnTable, ModelFile

# What a number or a word may hold, beside letters and digits.
PARTS_OF_VALUES: Final = ".-+_"


def format_rules(model: ModelFile) -> Iterator[Mistake]:
    """Separator, quote and line ends are told apart, from each other and from what stands in a value."""
    for key in ("separator", "quote"):
        value = getattr(model.format, key)
        if value in "\r\n" or (key == "quote" and value == model.format.separator):
            yield Mistake(f"format.{key}", f"is {value!r}", "one character that is no line end, and not both the same")
        elif value.isalnum() or value in PARTS_OF_VALUES or (value != "\t" and not value.isprintable()):
            yield Mistake(
                f"format.{key}", f"is {value!r}", "a character that no number or word has, such as , ; | or tab"
            )
        elif not _encodable(value, model.format.encoding):
            yield Mistake(f"format.{key}", f"is {value!r}", f"a character that {model.format.encoding} has")
    for value in model.format.missing:
        if problem := _never_read(value, model):
            yield Mistake("format.missing", f"has {short(value)}, {problem}", "marks that can stand in a file")


def readable_values(column: ColumnTable, model: ModelFile) -> Iterator[Mistake]:
    """Allowed values and what is replaced can stand in a file."""
    for key, values in (("allowed", column.allowed or ()), ("replacements", column.replacements)):
        for value in values:
            if problem := _never_read(value, model):
                yield Mistake(
                    f"columns.{column.name}.{key}", f"has {short(value)}, {problem}", "values that can stand in a file"
                )


def _never_read(value: str, model: ModelFile) -> str | None:
    """The reason why no cell of a file can have this value; None if one can."""
    if model.format.trim and value != value.strip():
        return "but spaces around values are taken away (trim)"
    if not _encodable(value, model.format.encoding):
        return f"which {model.format.encoding} cannot write"
    return "which holds a line end or a NUL byte" if set(value) & set("\r\n\x00") else None


def _encodable(value: str, encoding: str) -> bool:
    try:
        value.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
