"""Permissions of each function of the pipeline, for its work and nothing more."""

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets

from mlops_constructs import statements

Duties = list[iam.PolicyStatement]


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Resources that the functions share."""

    data_bucket: s3.IBucket
    models_bucket: s3.IBucket
    run_table: dynamodb.ITable
    encryption_key: kms.IKey
    contracts: s3_assets.Asset
    prefix: str


def write_manifest(place: Workplace) -> Duties:
    """Read the contract, list uploads, ask what is accepted already, read what is not, begin the run's folder, ask for
    another run.

    The report on files with unreadable keys is written where no model looks.
    """
    return [
        statements.read_archives(place.contracts),
        statements.list_versions(place.data_bucket, "raw/*", "holdout/*"),
        statements.read_versions(place.data_bucket, "raw/*", "holdout/*"),
        statements.write_objects(place.data_bucket, "runs/*", "refused/*"),
        statements.use_table(place.run_table, "Query", "BatchWriteItem", "UpdateItem"),
        statements.use_key(place.encryption_key),
    ]


def gate(place: Workplace) -> Duties:
    """Read the heads of the manifest's uploads, write a report."""
    return [
        statements.list_bucket(place.data_bucket),
        statements.read_versions(place.data_bucket, "raw/*", "holdout/*"),
        statements.read_objects(place.data_bucket, "runs/*"),
        statements.write_objects(place.data_bucket, "reports/*"),
        statements.use_key(place.encryption_key),
    ]


def validate_data(place: Workplace) -> Duties:
    """Read everything that a run made of its uploads, write what it is trained on, and accept the uploads."""
    read = ("raw/*", "holdout/*", "runs/*", "clean/*", "heldout/*", "evaluation/*", "quarantine/*", "reports/*")
    return [
        statements.list_bucket(place.data_bucket),
        statements.read_versions(place.data_bucket, "raw/*", "holdout/*"),
        statements.read_objects(place.data_bucket, *read),
        statements.write_objects(place.data_bucket, "runs/*", "reports/*"),
        statements.use_table(place.run_table, "Query", "BatchWriteItem", "UpdateItem"),
        statements.use_key(place.encryption_key),
    ]


def evaluate_model(place: Workplace) -> Duties:
    """Read scores and labels of the hold-out, write a report."""
    return [
        statements.list_objects(place.data_bucket, "evaluation/*"),
        statements.read_objects(place.data_bucket, "evaluation/*", "runs/*"),
        statements.write_objects(place.data_bucket, "reports/*"),
        statements.use_key(place.encryption_key),
    ]


def golden_requests(place: Workplace) -> Duties:
    """Read a few rows of the hold-out and send them to an endpoint; a model's archive tells what an answer is."""
    return [
        statements.read_objects(place.models_bucket, "*"),
        statements.list_objects(place.data_bucket, "evaluation/*"),
        statements.read_objects(place.data_bucket, "evaluation/*/features/*"),
        statements.read_with_key(place.encryption_key),
        statements.allow(["sagemaker:InvokeEndpoint"], statements.arn("sagemaker", f"endpoint/{place.prefix}-*")),
    ]


def starter(place: Workplace) -> Duties:
    """Keep the item that says which execution runs, read the model's settings; starting it is granted beside the
    machines."""
    return [
        statements.use_table(place.run_table, "GetItem", "UpdateItem"),
        statements.read_models(place.prefix),
        statements.list_models(place.prefix),
    ]
