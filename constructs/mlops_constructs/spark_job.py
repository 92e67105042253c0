"""A Glue Spark job made from one script file, and packages of the repository beside it."""

from pathlib import Path
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from mlops_constructs import statements

_VERSIONS: Final = {"5.0": glue.GlueVersion.V5_0, "5.1": glue.GlueVersion.V5_1}
_WORKERS: Final = {
    "G.1X": glue.WorkerType.G_1X,
    "G.2X": glue.WorkerType.G_2X,
    "G.4X": glue.WorkerType.G_4X,
    "G.8X": glue.WorkerType.G_8X,
}


class SparkJob(Construct):
    """The script, its packages and the job. The role may read exactly these files.

    The role must refuse updates: CDK would let it read the whole bootstrap bucket.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        script: Path,
        packages: Path,
        role: iam.IRole,
        security_configuration: glue.ISecurityConfiguration,
        glue_version: str,
        worker_type: str,
        worker_count: int,
        timeout_minutes: int,
        maximum_concurrent_runs: int,
    ) -> None:
        super().__init__(scope, construct_id)
        script_file = s3_assets.Asset(self, "Script", path=str(script))
        package_file = s3_assets.Asset(self, "Packages", path=str(packages))
        permissions = iam.Policy(
            self, "Permissions", roles=[role], statements=[statements.read_assets(script_file, package_file)]
        )
        job = glue.PySparkEtlJob(
            self,
            "Job",
            job_name=name,
            description=description,
            role=role,
            script=glue.Code.from_bucket(script_file.bucket, script_file.s3_object_key),
            extra_python_files=[glue.Code.from_bucket(package_file.bucket, package_file.s3_object_key)],
            glue_version=_VERSIONS[glue_version],
            worker_configuration=glue.WorkerConfiguration(
                worker_type=_WORKERS[worker_type], number_of_workers=worker_count
            ),
            timeout=Duration.minutes(timeout_minutes),
            max_concurrent_runs=maximum_concurrent_runs,
            max_retries=0,  # the state machine retries, and knows which errors are worth it
            security_configuration=security_configuration,
        )
        job.node.add_dependency(permissions)
        self.job_name = name
