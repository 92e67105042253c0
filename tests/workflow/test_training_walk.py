"""The training machine, walked with the answers of the services."""

from typing import Any

import pytest

from tests.workflow.answers import CHAMPION, NAME, OLD_CONFIG, PACKAGE, crawler, etl_failure, lambda_answer, training
from tests.workflow.assembly import PREFIX, machine
from tests.workflow.expressions import RUN
from tests.workflow.walk import ServiceError, Walk, walk

REPORT = "s3://e"


def _walk(*, approve: bool = False, **changes: Any) -> Walk:
    return walk(machine("training", approve=approve), {}, training(**changes))


def _verdict(verdict: str, *reasons: str) -> dict[str, Any]:
    return lambda_answer(verdict=verdict, reasons=list(reasons), report_uri=REPORT, metrics={})


def test_a_first_good_candidate_is_registered_and_waits_for_a_person() -> None:
    done = _walk()
    assert done.path == [
        "NameRun", "WriteManifest", "AnythingNew?", "GateArrivals", "StartCrawler", "WaitForCrawler", "GetCrawler",
        "CrawlerDone?", "AnyWarning?", "RunEtl", "ValidateData", "TrainModel", "CreateCandidateModel",
        "ScoreHoldout", "GetChampion", "HasChampion?", "EvaluateModel", "DeleteCandidateModel", "Verdict?",
        "RegisterModel", "ApproveAutomatically?", "Registered",
    ]  # fmt: skip
    assert done.output == {
        "run": RUN,
        "verdict": "promote",
        "report_uri": REPORT,
        "package_arn": PACKAGE,
        "warnings": [],
    }


def test_a_version_is_always_created_as_pending_so_that_only_its_approval_starts_a_deployment() -> None:
    for approve in (False, True):
        assert _walk(approve=approve).calls["RegisterModel"]["ModelApprovalStatus"] == "PendingManualApproval"


def test_where_the_environment_approves_by_itself_the_next_state_does_it() -> None:
    done = _walk(approve=True)
    assert done.path[-2:] == ["ApproveModel", "Registered"]
    assert done.calls["ApproveModel"]["ModelPackageArn"] == PACKAGE
    assert done.calls["ApproveModel"]["ModelApprovalStatus"] == "Approved"


def test_a_run_without_new_files_ends_well_before_any_work() -> None:
    done = _walk(WriteManifest=lambda_answer(contract_uri="s3://c", manifest_uri="s3://x", new_objects=0, objects=3))
    assert done.end == "NothingNew"
    assert done.output == {"run": RUN, "verdict": "nothing_new"}
    assert "GateArrivals" not in done.path


@pytest.mark.parametrize(
    ("reason", "objects", "end"),
    [("asked for", 3, "Registered"), ("asked for", 0, "NothingNew"), ("new data", 3, "NothingNew")],
)
def test_a_run_that_was_asked_for_trains_on_whatever_files_there_are(reason: str, objects: int, end: str) -> None:
    answers = training(
        WriteManifest=lambda_answer(contract_uri="s3://c", manifest_uri="s3://x", new_objects=0, objects=objects)
    )
    assert walk(machine("training"), {"reason": reason}, answers).end == end


def test_a_champion_answers_the_same_holdout_as_the_candidate() -> None:
    done = _walk(GetChampion=CHAMPION)
    candidate, champion = done.calls["ScoreHoldout"], done.calls["ScoreHoldoutWithChampion"]
    assert champion["ModelName"] == OLD_CONFIG
    assert candidate["ModelName"] == f"{NAME}-{RUN}-candidate"
    assert champion["TransformInput"] == candidate["TransformInput"]
    assert done.calls["EvaluateModel"]["Payload"]["champion_uri"] == champion["TransformOutput"]["S3OutputPath"]
    assert done.calls["EvaluateModel"]["Payload"]["candidate_uri"] == candidate["TransformOutput"]["S3OutputPath"]


def test_without_a_champion_the_evaluation_is_told_so() -> None:
    assert _walk().calls["EvaluateModel"]["Payload"]["champion_uri"] is None


def test_a_candidate_that_is_no_better_leaves_the_champion_and_the_run_succeeds() -> None:
    done = _walk(GetChampion=CHAMPION, EvaluateModel=_verdict("keep", "auc 0.90 against 0.92"))
    assert done.end == "ChampionKept"
    assert done.output["reasons"] == ["auc 0.90 against 0.92"]
    assert "RegisterModel" not in done.path


def test_missed_gates_without_a_champion_fail_the_run_with_every_reason() -> None:
    done = _walk(EvaluateModel=_verdict("keep", "error 0.2 over 0.1", "auc 0.5 under 0.9"))
    assert (done.end, done.error) == ("GatesMissed", "GatesMissed")
    assert done.cause and "error 0.2 over 0.1; auc 0.5 under 0.9" in done.cause and REPORT in done.cause


@pytest.mark.parametrize("champion", [{}, CHAMPION])
def test_too_few_rows_for_a_verdict_fail_the_run(champion: dict[str, Any]) -> None:
    done = _walk(GetChampion=champion, EvaluateModel=_verdict("not_enough_data", "36 rows, 1000 wanted"))
    assert (done.end, done.error) == ("NotEnoughData", "NotEnoughData")
    assert done.cause and "36 rows, 1000 wanted" in done.cause


def test_the_candidate_model_is_removed_whatever_the_verdict() -> None:
    for verdict in ("promote", "keep", "not_enough_data"):
        done = _walk(EvaluateModel=_verdict(verdict, "why"))
        assert done.calls["DeleteCandidateModel"] == {"ModelName": f"{NAME}-{RUN}-candidate"}


def test_a_crawl_that_is_running_is_joined_and_then_ours_is_made() -> None:
    def start(times: int) -> Any:
        return {} if times else ServiceError("Glue.CrawlerRunningException")

    def look(times: int) -> Any:
        earlier = "2026-11-23T20:10:00Z"
        return [crawler("RUNNING"), crawler("READY", "SUCCEEDED", earlier), crawler("READY", "SUCCEEDED")][times]

    done = _walk(StartCrawler=start, GetCrawler=look)
    assert done.path.count("StartCrawler") == 2
    assert done.path.count("WaitForCrawler") == 3
    assert done.end == "Registered"


CRAWLS_THAT_DO_NOT_END_WELL = {
    "refused": (
        {"StartCrawler": ServiceError("Glue.EntityNotFoundException", "no such crawler")},
        f"crawler {NAME}: the crawler was refused in StartCrawler: Glue.EntityNotFoundException, no such crawler",
    ),
    "not allowed": (
        {"StartCrawler": ServiceError("Glue.AccessDeniedException", "not authorized")},
        f"crawler {NAME}: the crawler was refused in StartCrawler: Glue.AccessDeniedException, not authorized",
    ),
    "without an answer": (
        {"GetCrawler": ServiceError("States.Timeout", "")},
        f"crawler {NAME}: the crawler was refused in GetCrawler: States.Timeout, ",
    ),
    "failed": (
        {"GetCrawler": crawler("READY", "FAILED", error="no permission")},
        f"crawler {NAME}: the crawl failed: no permission",
    ),
    "cancelled": (
        {"GetCrawler": crawler("READY", "CANCELLED")},
        f"crawler {NAME}: the crawl failed: Glue gave no reason",
    ),
    "endless": (
        {"GetCrawler": crawler("RUNNING")},
        f"crawler {NAME}: the crawl has not ended after 30 minutes: stop the crawler in Glue",
    ),
}


@pytest.mark.parametrize(
    ("answers", "warning"), CRAWLS_THAT_DO_NOT_END_WELL.values(), ids=CRAWLS_THAT_DO_NOT_END_WELL.keys()
)
def test_no_crawl_ends_a_run_and_people_are_told_once(answers: dict[str, Any], warning: str) -> None:
    done = _walk(**answers)
    assert done.end == "Registered"
    assert done.output["warnings"] == [warning]
    assert done.path.count("CountWarnings") == 1
    counted = done.calls["CountWarnings"]
    assert counted["Namespace"] == "MLOps"
    [metric] = counted["MetricData"]
    assert (metric["MetricName"], metric["Value"]) == ("RunWarnings", 1)
    assert metric["Dimensions"] == [{"Name": "platform", "Value": PREFIX}, {"Name": "model", "Value": "churn"}]


def test_an_endless_crawl_is_waited_for_half_an_hour() -> None:
    assert _walk(GetCrawler=crawler("RUNNING")).path.count("WaitForCrawler") * 15 == 30 * 60


def test_what_the_gate_passed_over_is_told_beside_the_crawl() -> None:
    gate = lambda_answer(checked=2, report_uri="s3://r", warnings=["a.csv: the file is empty, and is passed over"])
    done = _walk(GateArrivals=gate, GetCrawler=crawler("READY", "FAILED", error="no permission"))
    assert done.output["warnings"] == [
        "a.csv: the file is empty, and is passed over",
        f"crawler {NAME}: the crawl failed: no permission",
    ]
    assert done.calls["CountWarnings"]["MetricData"][0]["Value"] == 2


def test_a_warning_is_no_longer_than_a_screen_whatever_glue_says() -> None:
    """Each is a line of `mlops runs`; a cause may have 32,768 characters (API_TaskFailedEventDetails)."""
    for answers in (
        {"GetCrawler": ServiceError("Glue.GlueException", "because " * 4_000)},
        {"GetCrawler": crawler("READY", "FAILED", error="because " * 4_000)},
    ):
        [warning] = _walk(**answers).output["warnings"]
        assert "because because" in warning
        assert len(warning) <= 24 * 80


def test_a_number_that_is_lost_ends_no_run() -> None:
    done = _walk(GetCrawler=crawler("READY", "FAILED"), CountWarnings=ServiceError("CloudWatch.CloudWatchException"))
    assert done.end == "Registered"


def test_a_run_without_warnings_counts_none() -> None:
    assert "CountWarnings" not in _walk().path


@pytest.mark.parametrize(
    "message",
    [
        "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 300; SparkLost: Spark's Java process ended",
        "Command failed with exit code 137",
        "Error Category: UNCLASSIFIED_ERROR; An error occurred while calling o99.parquet. Job aborted.",
        "",
    ],
)
def test_a_lost_etl_job_is_run_once_more(message: str) -> None:
    def once(times: int) -> Any:
        return {"JobRunState": "SUCCEEDED"} if times else etl_failure(message)

    assert _walk(RunEtl=once).end == "Registered"
    lost = etl_failure(message)
    again = _walk(RunEtl=lost)
    assert again.path.count("RunEtl") == 2
    told = f"RunEtl (etl jr_1): {message or lost.cause}"
    assert (again.end, again.error, again.cause) == ("Failed", "States.TaskFailed", told)


@pytest.mark.parametrize(
    "failure",
    [
        etl_failure("Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 9; PreparationError: raw/a.csv: line 1"),
        etl_failure("AnalysisException: [PATH_NOT_FOUND] Path does not exist"),
        etl_failure("An error occurred while calling o1.save. s3://b/k: Access Denied (AccessDenied)"),
        etl_failure("ClientError: User: arn is not authorized to perform: s3:GetObject"),
        etl_failure("Job run exceeded its timeout of 60 minutes", "TIMEOUT"),
        ServiceError("Glue.InvalidInputException", "no"),
        ServiceError("States.Timeout", ""),
    ],
    ids=["data", "a missing path", "access", "permission", "time", "input", "the state's time"],
)
def test_what_a_second_attempt_would_not_mend_is_not_tried_again(failure: ServiceError) -> None:
    done = _walk(RunEtl=failure)
    assert done.path.count("RunEtl") == 1
    assert (done.end, done.error) == ("Failed", failure.name)


def test_the_etl_job_gets_text_only_and_every_address_it_needs() -> None:
    arguments = _walk().calls["RunEtl"]["Arguments"]
    assert set(arguments) == {
        "--contract_uri", "--manifest_uri", "--raw_uri", "--official_holdout_uri", "--clean_uri", "--heldout_uri",
        "--evaluation_uri", "--quarantine_uri", "--report_uri",
    }  # fmt: skip
    assert all(isinstance(value, str) for value in arguments.values())
    assert arguments["--raw_uri"] == "s3://the-data-bucket/raw/churn/"
    assert arguments["--report_uri"] == f"s3://the-data-bucket/reports/churn/{RUN}/etl/"
    assert arguments["--evaluation_uri"] == f"s3://the-data-bucket/evaluation/churn/{RUN}/"


def test_training_is_isolated_and_never_given_an_address_of_the_holdout() -> None:
    job = _walk().calls["TrainModel"]
    channels = {each["ChannelName"]: each["DataSource"]["S3DataSource"] for each in job["InputDataConfig"]}
    assert {name: source["S3DataType"] for name, source in channels.items()} == {
        "train": "ManifestFile",
        "validation": "ManifestFile",
        "contract": "S3Prefix",
        "code": "S3Prefix",
    }
    assert job["EnableNetworkIsolation"] is True
    assert not [place for place in ("holdout", "heldout", "evaluation") if f"/{place}/" in str(job)]
    folder, file = job["HyperParameters"]["sagemaker_submit_directory"].rsplit("/", 1)
    assert folder == "/opt/ml/input/data/code"
    assert channels["code"]["S3Uri"].endswith(f"/{file}")
    assert file.endswith(".gz")


def test_pip_reaches_for_no_index_in_training_and_serving() -> None:
    done = _walk()
    container = done.calls["RegisterModel"]["InferenceSpecification"]["Containers"][0]
    for environment in (
        done.calls["TrainModel"]["Environment"],
        done.calls["CreateCandidateModel"]["PrimaryContainer"]["Environment"],
        container["Environment"],
    ):
        assert environment["PIP_NO_BUILD_ISOLATION"] == "0"
        assert environment["PIP_NO_INDEX"] == "1"
        assert len(environment) <= 16


def test_the_registry_entry_carries_metrics_baseline_and_lineage_within_the_limits() -> None:
    entry = _walk().calls["RegisterModel"]
    assert entry["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == REPORT
    assert entry["DriftCheckBaselines"]["ModelDataQuality"]["Statistics"]["S3Uri"] == "s3://b"
    assert entry["CustomerMetadataProperties"]["run"] == RUN
    assert (
        entry["CustomerMetadataProperties"]["requests_uri"] == f"s3://the-data-bucket/evaluation/churn/{RUN}/features/"
    )
    assert max(map(len, entry["CustomerMetadataProperties"].values())) <= 256
    assert len(entry["ClientToken"]) <= 36


def test_the_champion_is_read_as_it_is_now() -> None:
    """A reading that lags behind would compare with the champion before the last, or with none."""
    assert _walk().calls["GetChampion"]["ConsistentRead"] is True
