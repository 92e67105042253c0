"""The small decisions between the big jobs: one function each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from config.settings import LambdaConfig
from contract.run import models_path
from mlops_constructs import function_duties as duties
from mlops_constructs import references
from mlops_constructs.dead_letter_queue import dead_letter_queue
from mlops_constructs.function_bundle import Target
from mlops_constructs.function_duties import Workplace
from mlops_constructs.function_family import FunctionFamily


class LambdaStack(Stack):
    """The functions that the machines call, the one that starts them and the one that cleans up."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: LambdaConfig,
        stage: str,
        prefix: str,
        source: Path,
        bundles: Path,
        contracts: Path,
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        data_bucket: s3.IBucket,
        models_bucket: s3.IBucket,
        encryption_key: kms.IKey,
        run_table: dynamodb.ITable,
        role_names: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        place = Workplace(
            data_bucket=data_bucket,
            models_bucket=models_bucket,
            run_table=run_table,
            encryption_key=encryption_key,
            contracts=s3_assets.Asset(self, "Contracts", path=str(contracts)),
            prefix=prefix,
        )
        family = FunctionFamily(
            self,
            source=source,
            store=bundles,
            target=Target(python_version=config.python_version, package_platform=config.package_platform),
            cpu=config.cpu,
            stage=stage,
            environment={
                "DATA_BUCKET": data_bucket.bucket_name,
                "RUN_TABLE": run_table.table_name,
                "MODELS_PATH": models_path(prefix),
            },
            log_retention_days=config.log_retention_days,
            encryption_key=encryption_key,
            roles={
                function: iam.Role.from_role_name(self, f"{function}-role", role_name, mutable=False)
                for function, role_name in role_names.items()
            },
            vpc=vpc,
            security_group=security_group,
        )
        small, large = {"memory_mib": 512, "timeout_seconds": 300}, {"timeout_seconds": 900}
        self.functions: Mapping[str, lambda_.IFunction] = {
            "write_manifest": family.inside_network(
                # One whole CPU: it reads every file that arrived, to see whether it is new.
                "write_manifest",
                "Lists what a run works on",
                duties.write_manifest(place),
                memory_mib=1769,
                timeout_seconds=300,
            ),
            "gate": family.inside_network("gate", "Looks at the first bytes of new files", duties.gate(place), **small),
            "validate_data": family.inside_network(
                "validate_data", "Checks the clean data", duties.validate_data(place), memory_mib=3008, **large
            ),
            "evaluate_model": family.inside_network(
                "evaluate_model", "Judges a candidate", duties.evaluate_model(place), memory_mib=2048, **large
            ),
            "golden_requests": family.outside_network(
                "golden_requests",
                "Asks an endpoint while it is updated",
                duties.golden_requests(place),
                memory_mib=512,
                timeout_seconds=120,
            ),
            "starter": family.outside_network(
                "starter", "Turns events into executions", duties.starter(place), memory_mib=256, timeout_seconds=60
            ),
            # What it may remove stands beside the machines that made it.
            "teardown": family.asynchronous(
                "teardown",
                "Removes what the machines created",
                [],
                memory_mib=256,
                dead_letters=dead_letter_queue(self, "TeardownDeadLetters"),
                **large,
            ),
        }
        references.hold(self.functions["teardown"])
