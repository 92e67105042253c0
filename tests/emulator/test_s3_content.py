"""Marks of content in S3, and what is none: ETags and checksums under SSE-KMS, in parts and in copies."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement
from tests.emulator.encrypted_bucket import make_encrypted_bucket

DATA = b"the same bytes"


@dataclass(frozen=True)
class Locker:
    """A versioned bucket under a customer key."""

    name: str
    key_arn: str
    s3: Any

    def put(self, key: str = "a", **more: Any) -> dict[str, Any]:
        return self.s3.put_object(Bucket=self.name, Key=key, Body=DATA, **more)

    def in_parts(self, key: str, **more: Any) -> dict[str, Any]:
        """The same bytes in two parts."""
        upload = self.s3.create_multipart_upload(Bucket=self.name, Key=key, **more)["UploadId"]
        place = {"Bucket": self.name, "Key": key, "UploadId": upload}
        parts = []
        for number, body in enumerate((DATA[:5], DATA[5:]), 1):
            sent = self.s3.upload_part(**place, PartNumber=number, Body=body)
            kept = {name: sent[name] for name in sent if name.startswith("Checksum")}
            parts.append({"PartNumber": number, "ETag": sent["ETag"], **kept})
        return self.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})

    def head(self, key: str = "a", **more: Any) -> dict[str, Any]:
        return self.s3.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED", **more)


@pytest.fixture
def locker(emulator: Emulator) -> Locker:
    name, s3 = f"locker-{os.urandom(4).hex()}", emulator.client("s3")
    return Locker(name, make_encrypted_bucket(emulator, name), s3)


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_under_sse_kms_the_same_bytes_have_another_etag_each_time(locker: Locker) -> None:
    """API_Object: objects under SSE-KMS have ETags that are not an MD5 digest of their data."""
    etags = [locker.put()["ETag"], locker.put()["ETag"], locker.in_parts("a")["ETag"], locker.in_parts("a")["ETag"]]
    source = {"Bucket": locker.name, "Key": "a"}
    etags += [locker.s3.copy_object(Bucket=locker.name, Key="b", CopySource=source)["CopyObjectResult"]["ETag"]]

    assert len(set(etags)) == 5
    assert f'"{hashlib.md5(DATA).hexdigest()}"' not in etags
    assert all(etag.endswith('-2"') for etag in etags[2:4])
    assert locker.head("b")["ETag"] == etags[-1]
    listed = locker.s3.list_object_versions(Bucket=locker.name, Prefix="a")["Versions"]
    assert [entry["ETag"] for entry in listed] == etags[3::-1]


def test_the_checksum_stays_the_same_and_is_answered_with_every_version(locker: Locker) -> None:
    versions = [locker.put()["VersionId"] for _ in range(2)]

    assert {locker.head(VersionId=version)["ChecksumCRC32"] for version in versions} == {crc32(DATA)}
    got = locker.s3.get_object(Bucket=locker.name, Key="a", ChecksumMode="ENABLED")
    assert (got["ChecksumCRC32"], got["ChecksumType"]) == (crc32(DATA), "FULL_OBJECT")


def test_parts_have_a_checksum_of_checksums_unless_the_whole_object_is_asked_for(locker: Locker) -> None:
    """User Guide, checking-object-integrity: composite and full-object checksums of uploads in parts."""
    digests = b"".join(zlib.crc32(part).to_bytes(4, "big") for part in (DATA[:5], DATA[5:]))
    composite = locker.in_parts("composite", ChecksumAlgorithm="CRC32")
    whole = locker.in_parts("whole", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    nobody = locker.in_parts("nobody", ChecksumAlgorithm="CRC64NVME")

    assert (composite["ChecksumCRC32"], composite["ChecksumType"]) == (f"{crc32(digests)}-2", "COMPOSITE")
    assert (whole["ChecksumCRC32"], whole["ChecksumType"]) == (crc32(DATA), "FULL_OBJECT")
    assert nobody["ChecksumType"] == "FULL_OBJECT"
    for key, kind in (("composite", "COMPOSITE"), ("whole", "FULL_OBJECT"), ("nobody", "FULL_OBJECT")):
        attributes = locker.s3.get_object_attributes(Bucket=locker.name, Key=key, ObjectAttributes=["Checksum"])
        assert attributes["Checksum"]["ChecksumType"] == kind
        assert locker.head(key, VersionId=locker.head(key)["VersionId"])["ChecksumType"] == kind


def test_who_asks_for_the_checksum_of_an_encrypted_object_needs_its_key(emulator: Emulator, locker: Locker) -> None:
    """API_HeadObject, ChecksumMode: kms:Decrypt is needed to retrieve the checksum."""
    locker.put()
    rights = [statement(["s3:GetObject"], f"arn:aws:s3:::{locker.name}/*")]
    role = emulator.role(f"{locker.name}-reader", "lambda.amazonaws.com", rights)
    reader = emulator.client("s3", emulator.session(role))
    place = {"Bucket": locker.name, "Key": "a"}

    assert reader.head_object(**place)["ContentLength"] == len(DATA)
    with pytest.raises(ClientError, match="403"):
        reader.head_object(**place, ChecksumMode="ENABLED")
    emulator.allow(f"{locker.name}-reader", [*rights, statement("kms:Decrypt", locker.key_arn)])
    assert reader.head_object(**place, ChecksumMode="ENABLED")["ChecksumCRC32"] == crc32(DATA)


def test_an_object_of_a_bucket_with_a_bucket_key_says_so_and_no_other_does(locker: Locker) -> None:
    assert "BucketKeyEnabled" not in locker.put("before")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": locker.key_arn}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    locker.s3.put_bucket_encryption(Bucket=locker.name, ServerSideEncryptionConfiguration=rules)

    assert locker.put("after")["BucketKeyEnabled"] is True
    assert locker.head("after")["BucketKeyEnabled"] is True
    assert "BucketKeyEnabled" not in locker.head("before")
