"""AWS::S3::Bucket with all that the platform declares; the stock type keeps a part, and deletes what is not empty."""

from __future__ import annotations

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from rehearsal.emulator.cloudformation import bucket_settings
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    register,
)

STOCK_PROPERTIES = (
    "BucketName",
    "NotificationConfiguration",
    "PublicAccessBlockConfiguration",
    "VersioningConfiguration",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_s3_create", "_s3_update"),
    "ministack.services.s3": ("_bucket_versioning", "_buckets", "_delete_bucket"),
}


def install() -> None:
    """Replace the stock type."""
    register(
        ResourceType(
            "AWS::S3::Bucket",
            (*STOCK_PROPERTIES, *bucket_settings.PROPERTIES),
            (),
            create,
            delete,
            update,
            immutable=("BucketName",),
            name_property="BucketName",
            tagged=True,
        )
    )


def create(request: Request) -> tuple[str, Attributes]:
    """Make the bucket and configure it."""
    stock = {key: request.properties[key] for key in STOCK_PROPERTIES if key in request.properties}
    name, attributes = provisioners._s3_create(request.logical_id, stock, request.stack_name)
    try:
        bucket_settings.configure(name, {}, request.properties)
    except ResourceRefused:
        delete(name, {})
        raise
    return name, {**attributes, **_more_attributes(name)}


def update(name: str, old: Properties, request: Request) -> Attributes:
    """Change the configuration in place; objects stay."""
    stock = {key: request.properties[key] for key in STOCK_PROPERTIES if key in request.properties}
    old_stock = {key: old[key] for key in STOCK_PROPERTIES if key in old}
    _name, attributes = provisioners._s3_update(name, old_stock, stock, request.stack_name)
    if "VersioningConfiguration" in old and "VersioningConfiguration" not in request.properties:
        s3._bucket_versioning[name] = "Suspended"
    bucket_settings.configure(name, old, request.properties)
    return {**attributes, **_more_attributes(name)}


def delete(name: str, _properties: Properties) -> None:
    """DeleteBucket: a bucket that still holds an object, a version or a marker stays."""
    if name not in s3._buckets:
        return
    status, _headers, body = s3._delete_bucket(name)
    if status == 409:
        raise ResourceRefused(f"The bucket you tried to delete is not empty: {name} (Service: S3, Status Code: 409)")
    if status >= 400:
        raise ResourceRefused(f"Bucket {name} cannot be deleted: {body!r}")


def _more_attributes(name: str) -> Attributes:
    region = provisioners.get_region()
    return {"DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com"}
