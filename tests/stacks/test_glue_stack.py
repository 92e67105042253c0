"""The catalogue and the ETL job."""

import json

from tests.audit.templates import grants
from tests.synth import assembly


def test_there_is_one_crawler_and_one_classifier_per_model_named_as_it() -> None:
    crawlers = {crawler.properties["Name"]: crawler for crawler in assembly("dev").resources("AWS::Glue::Crawler")}
    classifiers = [
        one.properties["CsvClassifier"]["Name"] for one in assembly("dev").resources("AWS::Glue::Classifier")
    ]

    assert set(crawlers) == {"mlops-dev-churn", "mlops-dev-house-prices"}
    assert sorted(classifiers) == sorted(crawlers)


def test_a_crawler_makes_one_table_of_all_files_of_its_model_and_looks_at_every_file() -> None:
    for crawler in assembly("dev").resources("AWS::Glue::Crawler"):
        configuration = json.loads(crawler.properties["Configuration"])
        model = crawler.properties["Name"].removeprefix("mlops-dev-")
        [target] = crawler.properties["Targets"]["S3Targets"]
        assert configuration["Grouping"] == {
            "TableGroupingPolicy": "CombineCompatibleSchemas",
            "TableLevelConfiguration": 3,
        }
        assert crawler.properties["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
        assert f"/raw/{model}/" in json.dumps(target)


def test_the_classifier_names_columns_only_where_the_file_does_not() -> None:
    classifiers = {
        one.properties["CsvClassifier"]["Name"]: one.properties["CsvClassifier"]
        for one in assembly("dev").resources("AWS::Glue::Classifier")
    }

    assert classifiers["mlops-dev-churn"]["ContainsHeader"] == "PRESENT"
    assert "Header" not in classifiers["mlops-dev-churn"]
    assert classifiers["mlops-dev-house-prices"]["ContainsHeader"] == "ABSENT"
    assert classifiers["mlops-dev-house-prices"]["Header"] == ["rooms", "area", "price"]
    assert classifiers["mlops-dev-house-prices"]["Delimiter"] == ";"


def test_the_job_runs_on_glue_5_1_with_a_time_limit_and_leaves_retries_to_the_machine() -> None:
    [job] = assembly("dev").resources("AWS::Glue::Job")

    assert job.properties["Name"] == "mlops-dev-etl"
    assert job.properties["GlueVersion"] == "5.1"
    assert (job.properties["WorkerType"], job.properties["NumberOfWorkers"]) == ("G.1X", 2)
    assert (job.properties["Timeout"], job.properties["MaxRetries"]) == (60, 0)
    assert job.properties["DefaultArguments"]["--enable-continuous-cloudwatch-log"] == "true"
    assert ".zip" in json.dumps(job.properties["DefaultArguments"]["--extra-py-files"])


def test_what_glue_writes_is_encrypted_everywhere_with_our_key() -> None:
    [security] = assembly("dev").resources("AWS::Glue::SecurityConfiguration")
    encryption = security.properties["EncryptionConfiguration"]
    [job] = assembly("dev").resources("AWS::Glue::Job")
    crawlers = assembly("dev").resources("AWS::Glue::Crawler")

    assert encryption["S3Encryptions"][0]["S3EncryptionMode"] == "SSE-KMS"
    assert encryption["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS"
    assert encryption["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS"
    assert job.properties["SecurityConfiguration"] == {"Ref": security.logical_id}
    assert all(
        crawler.properties["CrawlerSecurityConfiguration"] == {"Ref": security.logical_id} for crawler in crawlers
    )


def test_glue_may_bind_its_logs_to_the_key_or_it_would_silently_write_none() -> None:
    policies = json.dumps(
        [policy.properties for policy in assembly("dev").resources("AWS::IAM::Policy", modules=["glue"])]
    )

    assert policies.count("logs:AssociateKmsKey") == 2


def test_the_job_may_ask_of_the_bucket_that_it_writes_to_what_hadoops_client_asks() -> None:
    """hadoop.apache.org, S3A: its region, what lies in it, and at each commit the uploads that are not complete."""
    asked = {
        grant.action
        for grant in grants(assembly("dev"))
        if (grant.holder, grant.resources, grant.conditions) == ("EtlJobRole", ("<DataBucket>",), ())
    }

    assert {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"} <= asked
