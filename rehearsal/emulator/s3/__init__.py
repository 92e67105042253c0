"""S3 where ministack's differs from AWS's: ETags, checksums, listings, access logs."""

from rehearsal.emulator.s3 import access_logs, defaults, etags, listings, parts


def install() -> None:
    """Put the differences right. Runs before the encryption area, which guards the whole service."""
    defaults.install()
    etags.install()
    parts.install()
    listings.install()
    access_logs.install()
