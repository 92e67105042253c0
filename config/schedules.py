"""EventBridge's cron expressions: six fields, and one of the two day fields is a question mark."""

import re
from typing import Final

# EventBridge takes years from 1970. No clock is read at synth, so this is the year in which the rule was written.
FIRST_YEAR: Final = 2026
_MOST_DAYS: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day-of-month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 1, 7, _DAYS),
    ("year", 1970, 2199, ()),
)
_SPECIAL: Final = {"day-of-month": r"L|(?:[1-9]|[12]\d|3[01])W", "day-of-week": r"L|[1-7]L|[1-7]#[1-5]"}


def cron_problem(expression: str) -> str | None:
    """The first problem of an expression, or None."""
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        return f"it has {len(parts)} fields"
    for part, (name, lowest, highest, names) in zip(parts, _FIELDS, strict=True):
        if not _is_field(part, name, lowest, highest, names):
            return f"{name} is {part!r}"
    if (parts[2] == "?") == (parts[4] == "?"):
        return "exactly one of day-of-month and day-of-week must be '?'"
    return None


def schedule_problem(expression: str) -> str | None:
    """Return what is wrong with an expression as a model's schedule: it never comes true, or too often; or None."""
    if problem := cron_problem(expression):
        return problem
    minutes, _, days, months, _, years = expression.split()
    if not minutes.isdigit():
        return f"minutes is {minutes!r}, and a run takes longer than that: one number, for at most one run an hour"
    if _no_such_day(days, months):
        return f"month {months} has no day {days}"
    if years.isdigit() and int(years) < FIRST_YEAR:
        return f"year {years} is over"
    return None


def _no_such_day(days: str, months: str) -> bool:
    """Tell whether a list of days lies beyond the end of every month of a list."""
    numbers = [re.split(r"[-/W]", day)[0] for day in days.split(",")]
    names = [re.split(r"[-/]", month)[0] for month in months.split(",")]
    if not all(number.isdigit() for number in numbers) or re.search(r"[-/*]", months):
        return False
    longest = max(_MOST_DAYS.get(_value(name, 1, _MONTHS) or 1, 31) for name in names)
    return min(int(number) for number in numbers) > longest


def _is_field(part: str, name: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    if part == "?":
        return name in _SPECIAL
    if name in _SPECIAL and re.fullmatch(_SPECIAL[name], part):
        return True
    return all(_is_range(item, lowest, highest, names) for item in part.split(","))


def _is_range(item: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    span, slash, step = item.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = [_value(end, lowest, names) for end in span.split("-")]
    if len(ends) > 2 or not all(end is not None and lowest <= end <= highest for end in ends):
        return False
    return ends == sorted(ends, key=lambda end: end or 0)


def _value(text: str, lowest: int, names: tuple[str, ...]) -> int | None:
    if text.upper() in names:
        return lowest + names.index(text.upper())
    return int(text) if text.isascii() and text.isdigit() else None
