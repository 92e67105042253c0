"""The stores: data, models, artifacts, images and the table of runs; and the key that encrypts them."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.settings import StorageConfig
from mlops_constructs import references
from mlops_constructs.data_bucket import AccessLogBucket, DataBucket
from mlops_constructs.encryption_key import EncryptionKey
from mlops_constructs.image_repository import image_repository
from mlops_constructs.run_table import run_table


class StorageStack(Stack):
    """Everything that would be missed. Nothing here names who uses it."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StorageConfig, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        keep = config.keep_on_delete

        self.key: kms.IKey = EncryptionKey(self, "Encryption", keep_on_delete=keep).key
        access_logs = AccessLogBucket(
            self, "AccessLogs", keep_on_delete=keep, expiration_days=config.access_log_days
        ).bucket
        self.data_bucket = self._bucket("Data", config, access_logs, tell_event_bridge=True)
        self.models_bucket = self._bucket("Models", config, access_logs)
        captures = [("capture", config.capture_days)]
        self.artifacts_bucket = self._bucket("Artifacts", config, access_logs, expirations_days=captures)
        self.repository: ecr.IRepository = image_repository(self, "Images", encryption_key=self.key, keep=keep)
        self.run_table: dynamodb.ITable = run_table(self, "Runs", keep=keep)

        buckets = (self.data_bucket, self.models_bucket, self.artifacts_bucket, access_logs)
        references.hold(self.key, *buckets, self.repository, self.run_table)

        # What a teardown has to empty so that this stack can go; nothing where things are kept.
        self.buckets_to_empty: tuple[s3.IBucket, ...] = () if keep else buckets
        # Its logs come hours late: it has to be closed to them before it is emptied.
        self.log_bucket_to_close: s3.IBucket | None = None if keep else access_logs
        self.repositories_to_empty: tuple[ecr.IRepository, ...] = () if keep else (self.repository,)

        CfnOutput(self, "DataBucketName", value=self.data_bucket.bucket_name)
        CfnOutput(self, "ModelsBucketName", value=self.models_bucket.bucket_name)
        CfnOutput(self, "ArtifactsBucketName", value=self.artifacts_bucket.bucket_name)
        CfnOutput(self, "RunTableName", value=self.run_table.table_name)
        CfnOutput(self, "KeyArn", value=self.key.key_arn)

    def _bucket(
        self,
        construct_id: str,
        config: StorageConfig,
        access_logs: s3.IBucket,
        *,
        expirations_days: list[tuple[str, int]] | None = None,
        tell_event_bridge: bool = False,
    ) -> s3.IBucket:
        return DataBucket(
            self,
            construct_id,
            encryption_key=self.key,
            access_logs=access_logs,
            keep_on_delete=config.keep_on_delete,
            noncurrent_version_days=config.noncurrent_version_days,
            expirations_days=expirations_days or [],
            tell_event_bridge=tell_event_bridge,
        ).bucket
