"""Permissions of the ETL job: it alone writes clean data, hold-out and quarantine."""

from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mlops_constructs import statements

# Without a slash: Hadoop also looks at, and marks, the folder itself.
READS: Final = ("raw*", "holdout*", "runs*")
WRITES: Final = ("clean*", "heldout*", "evaluation*", "quarantine*", "reports*")
# Without a slash: under a security configuration some sources have the group's name go on right here.
LOG_GROUPS: Final = "/aws-glue/jobs*"


class EtlPermissions(Construct):
    """The job's own policy; the files of the job itself are granted beside them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: iam.IRole,
        data_bucket: s3.IBucket,
        encryption_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                statements.locate(data_bucket),
                statements.list_bucket(data_bucket),
                statements.read_objects(data_bucket, *READS, *WRITES),
                statements.replace_objects(data_bucket, *WRITES),
                statements.list_pending_uploads(data_bucket),
                statements.work_with_key(encryption_key),
                statements.write_service_logs(LOG_GROUPS),
                # Without this the log is silently not written, since the job has a security configuration.
                statements.allow(["logs:AssociateKmsKey"], statements.arn("logs", f"log-group:{LOG_GROUPS}")),
                statements.put_metrics("Glue"),
            ],
        )
