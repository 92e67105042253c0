"""Files under a model's prefix that no run reads because of their keys, as write_manifest reports them. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

from contract.text import cut
from lambda_src.notifier.lost_file import LostFile
from lambda_src.notifier.notice import Notice, Platform, console, printable

REPORT = re.compile(r"refused/(?P<model>[a-z0-9-]+)/[0-9a-f]{64}\.json", re.ASCII)
# A thousand keys of S3's longest, each escaped, have less.
LARGEST_REPORT_BYTES = 16 << 20
SHOWN_FILES = 20
# Each of the 1,024 bytes of S3's longest key as an escape: a key that is cut deletes nothing.
LONGEST_KEY = 4 * 1024
# What ends a quotation or an escape, and what an interactive shell replaces even there.
ESCAPED = {"\\": "\\\\", "'": "\\x27", "!": "\\x21", "\0": "\\xc0\\x80"}


@dataclass(frozen=True)
class RefusedFiles:
    """One report: a model, how many files, and the first of their keys."""

    report: LostFile
    model: str
    files: int
    keys: tuple[str, ...]


def model_of_report(stored: LostFile, platform: Platform) -> str | None:
    """The model that an object reports on; None where it is no such report but a lost file like any other."""
    found = REPORT.fullmatch(stored.key)
    return found["model"] if found and found["model"] in platform.models else None


def read_report(stored: LostFile, model: str, text: bytes) -> RefusedFiles | None:
    """Read the report; None where anybody else wrote it, for it has another form."""
    try:
        value: Any = json.loads(text)
        keys, files = tuple(value["keys"]), value["files"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    if not keys or not isinstance(files, int) or not all(isinstance(key, str) for key in keys):
        return None
    return RefusedFiles(stored, model, files, keys)


def refused_files_notice(refused: RefusedFiles, platform: Platform) -> Notice:
    """The message about it."""
    bucket, region = refused.report.bucket, refused.report.region
    shown = [f"File:    s3://{bucket}/{cut(quotable(key), LONGEST_KEY)}" for key in refused.keys[:SHOWN_FILES]]
    more = refused.files - len(shown)
    lines = [
        f"What:    no run of {refused.model} reads {_counted(refused.files)}; all others are read",
        *shown,
        *([f"More:    {more} more: the report and the run's manifest name them"] if more > 0 else []),
        "Cause:   the key holds a control character, a line separator or a code point that is no character; it is"
        " written as an escape here, such as \\n",
        "Way out: upload the file again under a key without it, and delete this one, on the bucket's page in the"
        f" console or in bash, with what stands behind s3://{bucket}/ in place of the dots:"
        f" aws s3api delete-object --bucket {bucket} --key $'...'",
        "",
        f"Report:    s3://{bucket}/{refused.report.key}",
        f"Look:      https://{console(region)}/s3/buckets/{bucket}?region={region}&prefix=raw/{refused.model}/",
    ]
    subject = f"{platform.prefix}-{refused.model} does not read {_counted(refused.files)} because of the key"
    return Notice(printable(subject), "\n".join(lines) + "\n")


def quotable(key: str) -> str:
    r"""The key as bash reads it between $' and ', in one line: a quote, a backslash and what does not print escaped.

    Beyond ASCII the bytes are, as \xc2\x85 is another key's than \x85. No argument holds a null, so its escape here is
    that of no key.
    """
    return "".join(ESCAPED.get(character) or _shown(character) for character in key)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character.isascii():
        return ascii(character)[1:-1]
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
