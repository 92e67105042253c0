"""Identifies the bytes of uploads, read from S3."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from contract.sources import content_of
from lambda_src.write_manifest.listing import Upload

READS_AT_ONCE = 8
CHUNK_BYTES = 1 << 20
# What is larger is known by the checksum that S3 keeps: reading it would take the function's whole time.
LARGEST_READ_BYTES = 4 << 30
CHECKSUMS = ("SHA256", "SHA1", "CRC64NVME", "CRC32C", "CRC32")


class Contents:
    """Reads uploads, several at once."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def identify(self, uploads: Sequence[Upload]) -> list[str]:
        """One text for each, the same for the same bytes."""
        with ThreadPoolExecutor(READS_AT_ONCE) as pool:
            return list(pool.map(self._identify, uploads))

    def _identify(self, upload: Upload) -> str:
        if upload.size > LARGEST_READ_BYTES:
            return self._kept_checksum(upload)
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=upload.key, VersionId=upload.version_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchVersion":
                raise
            return f"version {upload.version_id}"  # removed since it was listed: the gate says so
        return content_of(answer["Body"].iter_chunks(CHUNK_BYTES))

    def _kept_checksum(self, upload: Upload) -> str:
        """Another tool or part size may give the same bytes another checksum: then they count as new, never as old."""
        kept = self._s3.head_object(
            Bucket=self._bucket, Key=upload.key, VersionId=upload.version_id, ChecksumMode="ENABLED"
        )
        found = [f"{name} {kept[f'Checksum{name}']} {upload.size}" for name in CHECKSUMS if f"Checksum{name}" in kept]
        return found[0] if found else f"version {upload.version_id}"
