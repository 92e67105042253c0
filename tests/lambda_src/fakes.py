# ruff: noqa: N803 (parameters are spelled as the service spells them)
"""Small stand-ins for AWS at the border of a client: they keep state and behave, they do not record calls."""

import base64
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody


def client_error(code: str, operation: str = "Operation", message: str = "", **details: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message or code}, **details}, operation)


class Pages:
    """A paginator over ready pages."""

    def __init__(self, pages: Callable[..., Iterator[dict[str, Any]]]) -> None:
        self._pages = pages

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        return self._pages(**arguments)


@dataclass
class Version:
    version_id: str
    body: bytes | None
    last_modified: datetime

    @property
    def etag(self) -> str:
        """Under SSE-KMS no digest of the data: another one for every upload."""
        return f'"{hashlib.md5(self.version_id.encode()).hexdigest()}"'


@dataclass
class FakeS3:
    """A versioned object store; listings come in pages of two."""

    objects: dict[tuple[str, str], list[Version]] = field(default_factory=dict)
    reads: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    page_size: int = 2
    checksums: bool = True
    """Whether uploads came with a checksum that S3 keeps."""
    _counter: int = 0

    def put(self, bucket: str, key: str, body: bytes | str) -> Version:
        return self._add(bucket, key, body.encode() if isinstance(body, str) else body)

    def delete(self, bucket: str, key: str) -> None:
        self._add(bucket, key, None)

    def text(self, bucket: str, key: str) -> str:
        body = self.objects[bucket, key][-1].body
        assert body is not None
        return body.decode()

    def keys(self, bucket: str) -> list[str]:
        return sorted(key for held, key in self.objects if held == bucket)

    def _add(self, bucket: str, key: str, body: bytes | None) -> Version:
        self._counter += 1
        version = Version(f"v{self._counter}", body, self.now)
        self.objects.setdefault((bucket, key), []).append(version)
        return version

    # --- the client's own interface ---

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, IfNoneMatch: str = ""
    ) -> dict[str, Any]:
        versions = self.objects.get((Bucket, Key), [])
        if IfNoneMatch == "*" and versions and versions[-1].body is not None:
            raise client_error("PreconditionFailed", "PutObject")
        return {"VersionId": self._add(Bucket, Key, Body).version_id}

    def get_object(
        self, *, Bucket: str, Key: str, VersionId: str | None = None, Range: str | None = None
    ) -> dict[str, Any]:
        self.reads.append((Key, VersionId, Range))
        body = self._find(Bucket, Key, VersionId).body
        assert body is not None
        if Range:
            first, last = (int(number) for number in Range.removeprefix("bytes=").split("-"))
            if first >= len(body):
                raise client_error("InvalidRange", "GetObject")
            body = body[first : last + 1]
        return {"Body": StreamingBody(io.BytesIO(body), len(body))}

    def head_object(
        self, *, Bucket: str, Key: str, VersionId: str | None = None, ChecksumMode: str = ""
    ) -> dict[str, Any]:
        if VersionId and ChecksumMode == "ENABLED":
            body = self._find(Bucket, Key, VersionId).body
            digest = base64.b64encode(zlib.crc32(body or b"").to_bytes(4, "big")).decode()
            return {"VersionId": VersionId, **({"ChecksumCRC32": digest} if self.checksums else {})}
        versions = self.objects.get((Bucket, Key), [])
        if not versions or versions[-1].body is None:
            raise client_error("404", "HeadObject")
        return {"VersionId": versions[-1].version_id}

    def _find(self, bucket: str, key: str, version_id: str | None) -> Version:
        versions = self.objects.get((bucket, key), [])
        if version_id is None:
            if not versions or versions[-1].body is None:
                raise client_error("NoSuchKey", "GetObject")
            return versions[-1]
        for version in versions:
            if version.version_id == version_id:
                return version
        raise client_error("NoSuchVersion", "GetObject")

    def get_paginator(self, operation: str) -> Pages:
        return Pages({"list_objects_v2": self._list, "list_object_versions": self._list_versions}[operation])

    def _list(self, *, Bucket: str, Prefix: str = "") -> Iterator[dict[str, Any]]:
        found = [
            {"Key": key, "Size": len(versions[-1].body or b"")}
            for (bucket, key), versions in sorted(self.objects.items())
            if bucket == Bucket and key.startswith(Prefix) and versions[-1].body is not None
        ]
        yield from self._paged(found, "Contents")

    def _list_versions(self, *, Bucket: str, Prefix: str = "") -> Iterator[dict[str, Any]]:
        found = [
            {
                "Key": key,
                "VersionId": version.version_id,
                "IsLatest": version is versions[-1],
                "ETag": version.etag,
                "Size": len(version.body),
                "LastModified": version.last_modified,
            }
            for (bucket, key), versions in sorted(self.objects.items())
            if bucket == Bucket and key.startswith(Prefix)
            for version in reversed(versions)
            if version.body is not None
        ]
        yield from self._paged(found, "Versions")

    def _paged(self, found: list[dict[str, Any]], key: str) -> Iterator[dict[str, Any]]:
        if not found:
            yield {}
        for start in range(0, len(found), self.page_size):
            yield {key: found[start : start + self.page_size]}


@dataclass
class FakeDynamoDB:
    """Items by (model, item); condition expressions are really evaluated."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    unprocessed_once: bool = False

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead, "a decision on an old reading may start a second run"
        found = self.items.get((Key["model"]["S"], Key["item"]["S"]))
        return {"Item": dict(found)} if found else {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: dict[str, Any],
        UpdateExpression: str,
        ExpressionAttributeValues: dict[str, Any],
        ConditionExpression: str = "",
        ExpressionAttributeNames: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        name = (Key["model"]["S"], Key["item"]["S"])
        item, names = self.items.get(name, {}), ExpressionAttributeNames or {}
        if ConditionExpression and not _holds(_named(ConditionExpression, names), item, ExpressionAttributeValues):
            raise client_error("ConditionalCheckFailedException", "UpdateItem")
        verb, _, rest = _named(UpdateExpression, names).partition(" ")
        changed = dict(item) if item else dict(Key)
        if verb == "REMOVE":
            changed.pop(rest, None)
        for assignment in rest.split(",") if verb == "SET" else ():
            attribute, _, value = (part.strip() for part in assignment.partition("="))
            changed[attribute] = ExpressionAttributeValues[value]
        self.items[name] = changed
        return {}

    def put_item(
        self,
        *,
        TableName: str,
        Item: dict[str, Any],
        ConditionExpression: str,
        ExpressionAttributeNames: dict[str, str],
        ExpressionAttributeValues: dict[str, Any],
        ReturnValuesOnConditionCheckFailure: str,
    ) -> dict[str, Any]:
        name = (Item["model"]["S"], Item["item"]["S"])
        item = self.items.get(name, {})
        if not _holds(_named(ConditionExpression, ExpressionAttributeNames), item, ExpressionAttributeValues):
            assert ReturnValuesOnConditionCheckFailure == "ALL_OLD"
            raise client_error("ConditionalCheckFailedException", "PutItem", Item=item)
        self.items[name] = dict(Item)
        return {}

    def delete_item(self, *, TableName: str, Key: dict[str, Any]) -> dict[str, Any]:
        self.items.pop((Key["model"]["S"], Key["item"]["S"]), None)
        return {}

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        ((table, requests),) = RequestItems.items()
        assert len(requests) <= 25
        taken, left = (requests[:1], requests[1:]) if self.unprocessed_once else (requests, [])
        self.unprocessed_once = False
        for request in taken:
            item = request["PutRequest"]["Item"]
            self.items[item["model"]["S"], item["item"]["S"]] = item
        return {"UnprocessedItems": {table: left} if left else {}}

    def get_paginator(self, operation: str) -> Pages:
        assert operation == "query"
        return Pages(self._query)

    def _query(self, *, ExpressionAttributeValues: dict[str, Any], **_: Any) -> Iterator[dict[str, Any]]:
        model, prefix = (ExpressionAttributeValues[name]["S"] for name in (":model", ":prefix"))
        for (held, item), value in sorted(self.items.items()):
            if held == model and item.startswith(prefix):
                yield {"Items": [value]}


def _named(expression: str, names: dict[str, str]) -> str:
    """An expression with its placeholders replaced by the attributes they stand for."""
    return re.sub(r"#\w+", lambda found: names[found[0]], expression)


def _scalar(value: dict[str, str]) -> Any:
    return int(value["N"]) if "N" in value else value.get("S")


def _holds(expression: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    """Evaluate a condition expression of DynamoDB; a comparison with a missing attribute is false."""

    def compared(found: re.Match[str]) -> str:
        left, sign, right = found.groups()
        first, second = (
            _scalar(values[name] if name.startswith(":") else item.get(name, {})) for name in (left, right)
        )
        if first is None or second is None:
            return "False"
        return str({"<": first < second, ">": first > second, "=": first == second}[sign])

    text = re.sub(r"attribute_not_exists\((\w+)\)", lambda found: str(found[1] not in item), expression)
    text = re.sub(r"attribute_exists\((\w+)\)", lambda found: str(found[1] in item), text)
    text = re.sub(r"(:?\w+) ([<>=]) (:?\w+)", compared, text)
    return bool(eval(text.replace("AND", "and").replace("OR", "or"), {"__builtins__": {}}))


@dataclass
class FakeStepFunctions:
    """Executions by ARN."""

    executions: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        arn = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        if self.executions.get(arn) == "RUNNING" and self.inputs[arn] == input:
            return {"executionArn": arn}
        if arn in self.executions:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        self.executions[arn], self.inputs[arn] = "RUNNING", input
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        if executionArn not in self.executions:
            raise client_error("ExecutionDoesNotExist", "DescribeExecution")
        return {"status": self.executions[executionArn]}

    @property
    def running(self) -> list[str]:
        return [arn for arn, status in self.executions.items() if status == "RUNNING"]


class FakeSSM:
    """Parameter Store."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = dict(parameters)

    def get_parameter(self, *, Name: str) -> dict[str, Any]:
        if Name not in self.parameters:
            raise client_error("ParameterNotFound", "GetParameter")
        return {"Parameter": {"Name": Name, "Value": self.parameters[Name]}}

    def get_paginator(self, operation: str) -> "FakeSSM":
        assert operation == "get_parameters_by_path"
        return self

    def paginate(self, *, Path: str) -> list[dict[str, Any]]:
        """Pages of one."""
        found = [(name, value) for name, value in self.parameters.items() if name.startswith(f"{Path}/")]
        return [{"Parameters": [{"Name": name, "Value": value}]} for name, value in found]
