"""A file arrived where no model of the platform looks: nobody would ever hear of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contract.text import cut, one_line
from lambda_src.common.models import HOLDOUT, RAW, Models, model_of_key
from lambda_src.notifier.notice import Notice, Platform, console, printable

# Hadoop's file systems write such an empty object for a folder; most other tools end its name with a slash.
FOLDER_MARKERS = ("/", "_$folder$")
# S3's own limit, 1,024 bytes, and then some for what is escaped.
LONGEST_KEY = 2048


@dataclass(frozen=True)
class LostFile:
    """One version of one object."""

    bucket: str
    key: str
    version: str
    size: int
    region: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "LostFile":
        """From EventBridge's event."""
        stored = event["detail"]["object"]
        bucket = event["detail"]["bucket"]["name"]
        # Without versions the sequencer tells one upload from the next.
        version = stored.get("version-id") or stored["sequencer"]
        return cls(bucket, stored["key"], version, stored.get("size", 0), event["region"])

    @property
    def is_folder(self) -> bool:
        """Tell whether this only makes a folder visible."""
        return self.key.endswith(FOLDER_MARKERS)

    @property
    def identity(self) -> dict[str, str]:
        """The identity under which it is remembered as told."""
        return {"bucket": self.bucket, "key": self.key, "version": self.version}


def is_read(key: str, models: Models) -> bool:
    """Tell whether a model of the platform reads the object."""
    named = model_of_key(key)
    settings = models.settings(named[1]) if named else None
    return named is not None and settings is not None and (named[0] == RAW or bool(settings["official_holdout"]))


def lost_file_notice(lost: LostFile, platform: Platform) -> Notice:
    """The message about it."""
    example = platform.models[0]
    lines = [
        f"What:    nobody reads s3://{lost.bucket}/{cut(one_line(lost.key), LONGEST_KEY)}",
        f"Cause:   {cut(one_line(reason(lost.key, platform)), LONGEST_KEY)}",
        f"Models:  {', '.join(platform.models)}",
        f"Way out: upload the file again under raw/ and the name of its model, such as raw/{example}/, and delete this"
        " one. A model of a new name needs its own TOML file in config/models and a deployment first.",
        "",
        f"Version:   {one_line(lost.version)}",
        f"Size:      {lost.size:,} bytes",
        f"Look:      {_link(lost)}",
    ]
    return Notice(printable(f"{platform.prefix} lost file {lost.key}"), "\n".join(lines) + "\n")


def reason(key: str, platform: Platform) -> str:
    """The reason why nobody reads a key."""
    folder, slash, rest = key.partition("/")
    if folder not in (RAW, HOLDOUT) or not slash:
        return "files are read below raw/<model>/ and, for an official hold-out, below holdout/<model>/"
    model, slash, _ = rest.partition("/")
    if not slash:
        return f"the file lies in {folder}/ itself, and not in the folder of a model"
    if model not in platform.models:
        return f"there is no model '{model}'"
    return f"the hold-out of the model '{model}' is taken from raw/{model}/: it has no official one"


def _link(lost: LostFile) -> str:
    place = f"https://{console(lost.region)}/s3/object/{lost.bucket}"
    return f"{place}?region={lost.region}&prefix={quote(lost.key, errors='replace')}"
