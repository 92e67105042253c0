"""The crawler of one model: schema discovery for people, never the gate of a run."""

import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IDependable

# Bucket, raw, model: one table per model, however its files differ.
TABLE_LEVEL: Final = 3
BEHAVIOUR: Final = {
    "Version": 1.0,
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": TABLE_LEVEL},
    "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
}


class ModelCrawler(Construct):
    """Classifier and crawler over the uploads of one model."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bucket: s3.IBucket,
        folder: str,
        database_name: str,
        role: iam.IRole,
        security_configuration_name: str,
        separator: str,
        quote: str,
        column_names: Sequence[str],
        header: bool,
        after: IDependable,
    ) -> None:
        super().__init__(scope, construct_id)
        classifier = glue.CfnClassifier(
            self,
            "Classifier",
            csv_classifier=glue.CfnClassifier.CsvClassifierProperty(
                name=name,
                delimiter=separator,
                quote_symbol=quote,
                contains_header="PRESENT" if header else "ABSENT",
                # With a header the file's own names show; without one there are none but ours.
                header=None if header else list(column_names),
            ),
        )
        crawler = glue.CfnCrawler(
            self,
            "Crawler",
            name=name,
            role=role.role_arn,
            database_name=database_name,
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[glue.CfnCrawler.S3TargetProperty(path=f"s3://{bucket.bucket_name}/{folder}/")]
            ),
            classifiers=[classifier.ref],
            configuration=json.dumps(BEHAVIOUR, separators=(",", ":")),
            crawler_security_configuration=security_configuration_name,
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(recrawl_behavior="CRAWL_EVERYTHING"),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
            ),
        )
        crawler.node.add_dependency(after)
        self.crawler_name = name
