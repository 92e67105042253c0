"""Permissions of SageMaker's roles. Training never sees what judges it: hold-out, labels and scores."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from mlops_constructs import statements

Permissions = list[iam.PolicyStatement]

TRAINING_READS: Final = ("clean/*", "runs/*")


@dataclass(frozen=True, kw_only=True)
class Places:
    """The buckets, the key and the image."""

    data_bucket: s3.IBucket
    models_bucket: s3.IBucket
    artifacts_bucket: s3.IBucket
    encryption_key: kms.IKey
    image_arn: str


def training(places: Places) -> Permissions:
    """Clean data in, a model archive out."""
    return [
        statements.list_objects(places.data_bucket, *TRAINING_READS),
        statements.read_objects(places.data_bucket, *TRAINING_READS),
        statements.write_objects(places.models_bucket, "*"),
        *_of_every_job(places, "/aws/sagemaker/TrainingJobs", metrics="/aws/sagemaker/TrainingJobs"),
    ]


def serving(places: Places, prefix: str) -> Permissions:
    """Model archives and the features of the hold-out in, scores and captured requests out; never labels."""
    return [
        statements.list_objects(places.models_bucket, "*"),
        statements.read_objects(places.models_bucket, "*"),
        statements.list_objects(places.data_bucket, "evaluation/*/features/*"),
        statements.read_objects(places.data_bucket, "evaluation/*/features/*"),
        statements.write_objects(places.data_bucket, "evaluation/*/candidate/*", "evaluation/*/champion/*"),
        statements.write_objects(places.artifacts_bucket, "capture/*"),
        # SageMaker looks at the alarm that guards an update under the role of the model.
        statements.allow(["cloudwatch:DescribeAlarms"], "*"),
        *_of_every_job(
            places,
            "/aws/sagemaker/TransformJobs",
            f"/aws/sagemaker/Endpoints/{prefix}-",
            metrics="/aws/sagemaker/*",
        ),
    ]


def _of_every_job(places: Places, *log_groups: str, metrics: str) -> Permissions:
    return [
        statements.work_with_key(places.encryption_key),
        statements.lend_key(places.encryption_key),
        *statements.pull_image(places.image_arn),
        statements.write_service_logs(*(f"{name}*" for name in log_groups)),
        statements.put_metrics(metrics, "AWS/SageMaker"),
        statements.attach_job_to_network(),
    ]
