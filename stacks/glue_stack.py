"""The way from uploads to clean data: the catalogue that people see, and the job that runs use."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.settings import GlueConfig, ModelDeployment
from mlops_constructs.data_catalog import DataCatalog
from mlops_constructs.etl_permissions import EtlPermissions
from mlops_constructs.model_crawler import ModelCrawler
from mlops_constructs.spark_job import SparkJob

SCRIPT = Path(__file__).resolve().parents[1] / "glue_scripts" / "prepare_data.py"


class GlueStack(Stack):
    """Reads what was uploaded, writes what may be trained on."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: GlueConfig,
        prefix: str,
        models: Sequence[ModelDeployment],
        contract_package: Path,
        data_bucket: s3.IBucket,
        encryption_key: kms.IKey,
        crawler_role_name: str,
        job_role_name: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        crawler_role = iam.Role.from_role_name(self, "CrawlerRole", crawler_role_name, mutable=False)
        job_role = iam.Role.from_role_name(self, "JobRole", job_role_name, mutable=False)

        security = glue.SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=f"{prefix}-security",
            s3_encryption=glue.S3Encryption.kms(encryption_key),
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(encryption_key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(encryption_key),
            # CDK keeps it otherwise, and a second deployment finds its name taken.
            removal_policy=RemovalPolicy.DESTROY,
        )
        catalog = DataCatalog(
            self,
            "Catalog",
            database_name=prefix.replace("-", "_"),
            bucket=data_bucket,
            folder="raw",
            encryption_key=encryption_key,
            crawler_role=crawler_role,
            lake_formation=config.lake_formation,
        )
        for model in models:
            ModelCrawler(
                self,
                f"Crawler-{model.name}",
                name=f"{prefix}-{model.name}",
                bucket=data_bucket,
                folder=f"raw/{model.name}",
                database_name=catalog.database_name,
                role=crawler_role,
                security_configuration_name=security.security_configuration_name,
                separator=model.separator,
                quote=model.quote,
                column_names=model.column_names,
                header=model.header,
                after=catalog.crawler_permissions,
            )
        permissions = EtlPermissions(
            self,
            "EtlPermissions",
            role=job_role,
            data_bucket=data_bucket,
            encryption_key=encryption_key,
        )
        job = SparkJob(
            self,
            "PrepareData",
            name=f"{prefix}-etl",
            description="Applies the contract: clean data, hold-out, quarantine",
            script=SCRIPT,
            packages=contract_package,
            role=job_role,
            security_configuration=security,
            glue_version=config.version,
            worker_type=config.worker_type,
            worker_count=config.worker_count,
            timeout_minutes=config.timeout_minutes,
            maximum_concurrent_runs=config.maximum_concurrent_runs,
        )
        job.node.add_dependency(permissions)

        self.etl_job_name = job.job_name
