"""An object that arrived where no model looks: a lost file, or the platform's own report on refused ones."""

from typing import Any

from lambda_src.notifier.lost_file import LostFile, lost_file_notice
from lambda_src.notifier.notice import Notice, Platform
from lambda_src.notifier.refused_files import (
    LARGEST_REPORT_BYTES,
    model_of_report,
    read_report,
    refused_files_notice,
)


def stored_file_notice(stored: LostFile, platform: Platform, *, s3: Any) -> Notice:
    """The message about it. Only a report is read, in the version that the event names."""
    model = model_of_report(stored, platform)
    refused = None
    if model is not None and stored.size <= LARGEST_REPORT_BYTES:
        answer = s3.get_object(Bucket=stored.bucket, Key=stored.key, VersionId=stored.version)
        refused = read_report(stored, model, answer["Body"].read())
    return refused_files_notice(refused, platform) if refused else lost_file_notice(stored, platform)
