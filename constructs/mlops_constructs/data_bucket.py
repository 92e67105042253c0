"""A bucket that is safe to put company data in."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

ABORT_UPLOADS_DAYS = 7
DELETED_LOG_DAYS = 30


class DataBucket(Construct):
    """Private, encrypted with our key, versioned, TLS-only, and every access is logged."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey,
        access_logs: s3.IBucket,
        keep_on_delete: bool,
        noncurrent_version_days: int,
        expirations_days: Sequence[tuple[str, int]] = (),
        tell_event_bridge: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=encryption_key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{construct_id.lower()}/",
            removal_policy=RemovalPolicy.RETAIN if keep_on_delete else RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="forget-replaced-versions",
                    noncurrent_version_expiration=Duration.days(noncurrent_version_days),
                    abort_incomplete_multipart_upload_after=Duration.days(ABORT_UPLOADS_DAYS),
                ),
                *(
                    s3.LifecycleRule(id=f"expire-{folder}", prefix=f"{folder}/", expiration=Duration.days(days))
                    for folder, days in expirations_days
                ),
            ],
        )
        _keep_policy_with(self.bucket, keep_on_delete)
        if tell_event_bridge:
            self._tell_event_bridge()

    def _tell_event_bridge(self) -> None:
        # The construct's own property deploys a custom resource for what CloudFormation can say itself.
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )


class AccessLogBucket(Construct):
    """The bucket to which S3 writes who asked for what. S3 delivers only to buckets with keys of its own."""

    def __init__(self, scope: Construct, construct_id: str, *, keep_on_delete: bool, expiration_days: int) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # Who was there must not be wiped out by overwriting or deleting it.
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN if keep_on_delete else RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="forget",
                    expiration=Duration.days(expiration_days),
                    noncurrent_version_expiration=Duration.days(DELETED_LOG_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(ABORT_UPLOADS_DAYS),
                )
            ],
        )
        _keep_policy_with(self.bucket, keep_on_delete)


def _keep_policy_with(bucket: s3.Bucket, keep: bool) -> None:
    """A bucket that is kept keeps what protects it; CDK's own removal policy forgets the bucket's policy."""
    assert bucket.policy is not None
    if keep:
        bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN)
