"""The crawler reads the classifier and the bytes; it knows neither contract nor settings."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.glue.classify import SAMPLE_BYTES, CsvRules, classify
from rehearsal.emulator.glue.value_types import type_of, wider
from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.fault_requests import Faults

SECONDS = 20
RULES = CsvRules("churn", ",", '"', "ABSENT", ("age", "fee", "left"))
CATALOGUE_ACTIONS = [
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:BatchCreatePartition",
]
GROUPED = {
    "Version": 1.0,
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 3},
    "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
}
TYPES = ["", "bigint", "double", "string"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "+3"], "bigint"),
        (["1", "2.5"], "double"),
        (["1e3", ".5", "2."], "double"),
        (["1", "", " "], "bigint"),
        (["", ""], "string"),
        (["1", "x"], "string"),
        (["1.2.3"], "string"),
        (["2024-01-01"], "string"),
        (["9" * 19], "double"),
    ],
)
def test_a_columns_type_is_the_narrowest_that_fits_its_sample(values: list[str], kind: str) -> None:
    assert type_of(values) == kind


@given(st.sampled_from(TYPES), st.sampled_from(TYPES), st.sampled_from(TYPES))
def test_merging_types_does_not_depend_on_the_order_of_files(one: str, two: str, three: str) -> None:
    assert wider(wider(one, two), three) == wider(one, wider(two, three)) == wider(three, wider(two, one))


def test_declared_names_hide_a_header_that_the_file_has() -> None:
    found = classify(b"age,fee,left\n1,2.5,yes\n", [RULES])
    assert found.columns == (("age", "string"), ("fee", "string"), ("left", "string"))


def test_a_column_without_a_name_is_called_by_its_place() -> None:
    found = classify(b'"","age"\n"1",39\n"2",40\n', [CsvRules("c", ",", '"', "PRESENT")])
    assert found.columns == (("col0", "bigint"), ("age", "bigint"))


def test_a_built_in_classifier_sees_a_header_only_above_other_types() -> None:
    assert classify(b"Age,Left\n1,yes\n2,no\n", []).columns == (("age", "bigint"), ("left", "string"))
    assert classify(b"a,b\nc,d\n", []).columns == (("col0", "string"), ("col1", "string"))


def test_quotes_and_delimiters_come_from_the_classifier() -> None:
    rules = CsvRules("c", ";", "'", "PRESENT")
    assert classify(b"a;b\n'1;2';3\n", [rules]).columns == (("a", "string"), ("b", "bigint"))


def test_only_the_first_records_of_a_file_count() -> None:
    late = b"1,2,x\n" * 1_001 + b"text,2,x\n"
    assert dict(classify(late, [RULES]).columns)["age"] == "bigint"
    early = b"1,2,x\n" * 999 + b"text,2,x\n"
    assert dict(classify(early, [RULES]).columns)["age"] == "string"


@pytest.mark.parametrize("shift", range(4))
def test_a_sample_that_ends_within_a_record_does_not_invent_a_type(shift: int) -> None:
    line = b"-5,2.5," + "\u00e9".encode() * 2_500 + b"\n"
    sample = (b"1,2,x" + b"x" * shift + b"\n" + line * (SAMPLE_BYTES // len(line) + 1))[:SAMPLE_BYTES]
    assert classify(sample, [RULES]).columns == (("age", "bigint"), ("fee", "double"), ("left", "string"))


def test_bytes_that_are_no_text_are_of_unknown_format() -> None:
    assert classify(b"\xff\xfe\x00\x01", [RULES]).format.classification == "UNKNOWN"


@dataclass
class Site:
    """A bucket, a database, a classifier and a crawler."""

    emulator: Emulator
    name: str

    @property
    def glue(self) -> Any:
        return self.emulator.client("glue")

    @property
    def database(self) -> str:
        return self.name.replace("-", "_")

    def put(self, key: str, body: bytes) -> None:
        self.emulator.client("s3").put_object(Bucket=self.name, Key=f"raw/churn/{key}", Body=body)

    def start_endless(self) -> None:
        """Start a crawl that goes on until it is stopped."""
        Faults(self.emulator.url).inject("glue:StartCrawler", times=1, matches=[self.name], job_pending=True)
        self.glue.start_crawler(Name=self.name)

    def prepare(self, actions: list[str] | None = None, **more: Any) -> None:
        self.emulator.client("s3").create_bucket(Bucket=self.name)
        self.glue.create_database(DatabaseInput={"Name": self.database})
        self.glue.create_classifier(
            CsvClassifier={
                "Name": self.name,
                "Delimiter": ",",
                "QuoteSymbol": '"',
                "ContainsHeader": "ABSENT",
                "Header": ["age", "fee", "left"],
            }
        )
        allowed = [
            statement("s3:ListBucket", f"arn:aws:s3:::{self.name}"),
            statement("s3:GetObject", f"arn:aws:s3:::{self.name}/raw/*"),
            statement(CATALOGUE_ACTIONS if actions is None else actions),
            statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
            *(more.pop("allowed", [])),
        ]
        self.glue.create_crawler(
            Name=self.name,
            Role=self.emulator.role(self.name, "glue.amazonaws.com", allowed),
            DatabaseName=self.database,
            Classifiers=[self.name],
            Configuration=json.dumps(GROUPED),
            SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
            **{"Targets": {"S3Targets": [{"Path": f"s3://{self.name}/raw/churn/"}]}, **more},
        )

    def crawl(self) -> dict[str, Any]:
        self.glue.start_crawler(Name=self.name)
        return self.ready()

    def ready(self) -> dict[str, Any]:
        def crawler() -> dict[str, Any]:
            return dict(self.glue.get_crawler(Name=self.name)["Crawler"])

        wait_until(lambda: crawler()["State"] == "READY", SECONDS, "the crawler to be ready")
        return dict(crawler()["LastCrawl"])

    def tables(self) -> dict[str, dict[str, str]]:
        listed = self.glue.get_tables(DatabaseName=self.database)["TableList"]
        return {
            table["Name"]: {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
            for table in listed
        }


@pytest.fixture
def site(emulator: Emulator) -> Site:
    return Site(emulator, f"crawl-{uuid.uuid4().hex[:8]}")


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as problem:
        call()
    return str(problem.value.response["Error"]["Code"])


@pytest.mark.slow
def test_a_column_that_turns_from_number_to_text_becomes_a_string(site: Site) -> None:
    site.prepare()
    site.put("monday.csv", b"31,9.5,yes\n40,10,no\n")
    assert site.crawl()["Status"] == "SUCCEEDED"
    assert site.tables() == {"churn": {"age": "bigint", "fee": "double", "left": "string"}}
    site.put("tuesday.csv", b"thirty,9.5,yes\n")
    assert site.crawl()["Status"] == "SUCCEEDED"
    assert site.tables() == {"churn": {"age": "string", "fee": "double", "left": "string"}}


@pytest.mark.slow
def test_dissimilar_files_become_several_tables(site: Site) -> None:
    site.prepare()
    site.put("monday.csv", b"31,9.5,yes\n")
    site.put("tuesday.csv", b"32,9.5,no\n")
    site.put("picture.bin", b"\xff\xfe\x00\x01" * 20)
    site.put("packed.csv.gz", gzip.compress(b"31,9.5,yes\n"))
    assert site.crawl()["Status"] == "SUCCEEDED"
    assert set(site.tables()) == {"churn", "picture_bin", "packed_csv_gz"}
    assert site.tables()["picture_bin"] == {}


@pytest.mark.slow
def test_folders_below_the_table_are_partitions(site: Site) -> None:
    site.prepare()
    site.put("day=1/a.csv", b"1,2,x\n")
    site.put("day=2/b.csv", b"2,3,y\n")
    assert site.crawl()["Status"] == "SUCCEEDED"
    table = site.glue.get_table(DatabaseName=site.database, Name="churn")["Table"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day"]
    listed = site.glue.get_partitions(DatabaseName=site.database, TableName="churn")["Partitions"]
    assert sorted(partition["Values"] for partition in listed) == [["1"], ["2"]]


@pytest.mark.slow
def test_a_crawl_is_known_by_its_start_and_cannot_be_started_twice(site: Site) -> None:
    site.prepare()
    site.put("monday.csv", b"31,9.5,yes\n")
    first = site.crawl()
    site.start_endless()
    assert site.glue.get_crawler(Name=site.name)["Crawler"]["State"] == "RUNNING"
    assert refused(lambda: site.glue.start_crawler(Name=site.name)) == "CrawlerRunningException"
    assert refused(lambda: site.glue.delete_crawler(Name=site.name)) == "CrawlerRunningException"
    site.glue.stop_crawler(Name=site.name)
    assert site.ready()["StartTime"] > first["StartTime"]


@pytest.mark.slow
def test_a_stopped_crawl_is_cancelled_and_writes_nothing(site: Site) -> None:
    site.prepare()
    site.put("monday.csv", b"31,9.5,yes\n")
    site.start_endless()
    site.glue.stop_crawler(Name=site.name)
    assert site.ready()["Status"] == "CANCELLED"
    assert site.tables() == {}
    assert refused(lambda: site.glue.stop_crawler(Name=site.name)) == "CrawlerNotRunningException"


@pytest.mark.slow
def test_a_crawler_without_the_right_to_write_fails_and_says_so(site: Site) -> None:
    site.prepare(actions=["glue:GetDatabase", "glue:GetTable"])
    site.put("monday.csv", b"31,9.5,yes\n")
    last = site.crawl()
    assert last["Status"] == "FAILED"
    assert "glue:CreateTable" in last["ErrorMessage"]
    assert site.tables() == {}
    events = site.emulator.client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])
    assert "glue:CreateTable" in events["events"][-1]["message"]


@pytest.mark.slow
def test_a_target_that_is_not_emulated_fails_the_crawl(site: Site) -> None:
    site.prepare(Targets={"JdbcTargets": [{"ConnectionName": "c", "Path": "p"}]})
    last = site.crawl()
    assert last["Status"] == "FAILED"
    assert "JdbcTargets are not emulated" in last["ErrorMessage"]


@pytest.fixture
def encrypted(site: Site) -> dict[str, Any]:
    key = site.emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}]}
    site.glue.create_security_configuration(Name=site.name, EncryptionConfiguration=encryption)
    return {"CrawlerSecurityConfiguration": site.name}


# terraform-provider-aws#50018 quotes the message, in which the token of the assumed role is the one that is refused.
@pytest.mark.slow
def test_glue_fetches_the_security_configuration_as_the_crawlers_role(site: Site, encrypted: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as problem:
        site.prepare(**encrypted)
    error = problem.value.response["Error"]
    assert error["Code"] == "InvalidInputException"
    assert error["Message"].startswith("Error trying to retrieve security config, error message: User: ")
    assert f"assumed-role/{site.name}/AWS-Crawler is not authorized to perform: glue:GetSecur" in error["Message"]


@pytest.mark.slow
def test_a_crawl_whose_role_lost_the_security_configuration_fails(site: Site, encrypted: dict[str, Any]) -> None:
    site.prepare(**encrypted, allowed=[statement("glue:GetSecurityConfiguration")])
    site.put("monday.csv", b"31,9.5,yes\n")
    last = site.crawl()
    assert last["Status"] == "SUCCEEDED", last
    # The form of the name is recorded: LastCrawl.LogGroup of a GetCrawler answer in Adobe's public documentation.
    assert last["LogGroup"] == f"/aws-glue/crawlers-role/{site.name}-{site.name}"
    site.emulator.allow(site.name, [statement(["s3:ListBucket", "s3:GetObject", *CATALOGUE_ACTIONS])])
    last = site.crawl()
    assert last["Status"] == "FAILED"
    assert "glue:GetSecurityConfiguration" in last["ErrorMessage"]


@pytest.mark.slow
def test_a_crawl_can_be_made_to_fail_or_never_to_end(site: Site) -> None:
    faults = Faults(site.emulator.url)
    site.prepare()
    site.put("monday.csv", b"31,9.5,yes\n")
    faults.inject("glue:StartCrawler", times=1, job_failure="Internal Service Exception", matches=(site.name,))
    last = site.crawl()
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "Internal Service Exception")
    faults.inject("glue:StartCrawler", times=1, job_pending=True, matches=(site.name,))
    site.glue.start_crawler(Name=site.name)
    assert site.glue.get_crawler(Name=site.name)["Crawler"]["State"] == "RUNNING"
    site.glue.stop_crawler(Name=site.name)
    assert site.ready()["Status"] == "CANCELLED"
