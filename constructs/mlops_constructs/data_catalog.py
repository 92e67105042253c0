"""The Glue database and what a crawler needs to fill it."""

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lakeformation as lakeformation
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mlops_constructs import statements

TABLE_ACTIONS = (
    "glue:GetTable",
    "glue:GetTables",
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
    "glue:CreatePartition",
    "glue:BatchCreatePartition",
    "glue:UpdatePartition",
)


class DataCatalog(Construct):
    """A database, and a crawler role that may read one folder and describe it here."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database_name: str,
        bucket: s3.IBucket,
        folder: str,
        encryption_key: kms.IKey,
        crawler_role: iam.IRole,
        lake_formation: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="What the uploads of the MLOps platform look like"
            ),
        )
        self.database_name = database.ref
        places = [statements.arn("glue", "catalog"), statements.arn("glue", f"database/{database_name}")]
        self.crawler_permissions = iam.Policy(
            self,
            "CrawlerPermissions",
            roles=[crawler_role],
            statements=[
                statements.locate(bucket),
                statements.list_bucket(bucket),
                statements.read_objects(bucket, f"{folder}/*"),
                statements.use_key(encryption_key),
                statements.allow(["glue:GetDatabase"], *places),
                statements.allow(TABLE_ACTIONS, *places, statements.arn("glue", f"table/{database_name}/*")),
                statements.write_service_logs("/aws-glue/crawlers*"),
                statements.allow(["logs:AssociateKmsKey"], statements.arn("logs", "log-group:/aws-glue/crawlers*")),
            ],
        )
        if lake_formation:
            self._grant_in_lake_formation(crawler_role, database)

    def _grant_in_lake_formation(self, role: iam.IRole, database: glue.CfnDatabase) -> None:
        lakeformation.CfnPrincipalPermissions(
            self,
            "LakeFormation",
            principal=lakeformation.CfnPrincipalPermissions.DataLakePrincipalProperty(
                data_lake_principal_identifier=role.role_arn
            ),
            resource=lakeformation.CfnPrincipalPermissions.ResourceProperty(
                database=lakeformation.CfnPrincipalPermissions.DatabaseResourceProperty(
                    catalog_id=Aws.ACCOUNT_ID, name=database.ref
                )
            ),
            permissions=["CREATE_TABLE", "ALTER", "DESCRIBE"],
            permissions_with_grant_option=[],
        )
