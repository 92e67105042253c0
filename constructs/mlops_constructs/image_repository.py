"""A repository for images of one's own, for teams that leave the AWS image."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from constructs import Construct

KEPT_IMAGES: Final = 50


def image_repository(scope: Construct, construct_id: str, *, encryption_key: kms.IKey, keep: bool) -> ecr.Repository:
    """Scanned on push, tags that never move, old images forgotten."""
    return ecr.Repository(
        scope,
        construct_id,
        encryption=ecr.RepositoryEncryption.KMS,
        encryption_key=encryption_key,
        image_scan_on_push=True,
        image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        lifecycle_rules=[ecr.LifecycleRule(max_image_count=KEPT_IMAGES)],
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )
