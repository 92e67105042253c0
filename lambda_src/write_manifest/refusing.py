"""The report on files that no run reads because of their keys: written once for each set of them (ADR 26).

It lies where no model looks, so S3's event about it takes the way of a lost file to people. A later run finds it
written and writes nothing, so people are told of a set once, whatever runs.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from lambda_src.common.storage import S3Uri, write_json_once
from lambda_src.common.telemetry import logger
from lambda_src.write_manifest.listing import Upload

# The report goes through the notifier's memory; the manifest names every file.
NAMED_FILES = 1000


def report_refused(s3: Any, bucket: str, model: str, refused: Sequence[Upload]) -> None:
    """Write refused/<model>/<digest of the set>.json, if there is something to report and nobody did so before."""
    if not refused:
        return
    uri = S3Uri(bucket, f"refused/{model}/{_digest(refused)}.json")
    # As they are: the reader escapes them, and has to tell a line break from a backslash with an n.
    keys = sorted(upload.key for upload in refused)
    if write_json_once(s3, uri, {"model": model, "files": len(keys), "keys": keys[:NAMED_FILES]}):
        logger.warning("files refused: their keys hold a character that is no text", model=model, report=str(uri))


def _digest(refused: Sequence[Upload]) -> str:
    """A name of the set: a file that is uploaded again makes it another one, as a lost file is told again."""
    versions = sorted((upload.key, upload.version_id) for upload in refused)
    return hashlib.sha256(json.dumps(versions).encode()).hexdigest()
