"""`mlops prove`: what is compared, and how a difference is told."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from commands import prove
from commands.errors import Refused
from commands.executions import Execution
from commands.platform import Model, Platform
from commands.prices import load_prices
from commands.proving import costs, evidence, grants, removal
from commands.proving import journey as travelling
from commands.proving import proof as playing
from commands.proving import witness as witnessing
from commands.proving.costs import Used, usd
from commands.proving.grants import used
from commands.proving.histories import errors, results, states
from commands.proving.holdings import jobs
from commands.proving.journey import Journey
from commands.proving.recording import CONCERNS, LARGEST_BYTES, NOT_SEEN, differences, read, write
from commands.proving.resources import CREATED_BY_RUNS, MODELS
from commands.proving.sample import Sample, sample_of_proofs
from commands.proving.shapes import Vocabulary, merged, shape
from commands.proving.witness import Witness, remove_witness, told
from commands.rehearsed import ROOT
from commands.screen import Screen
from commands.session import Session
from tests.commands.aws import MODEL, START, Account, deployed, execution, machine, package, refusal
from tests.commands.conftest import Mlops

WORDS = Vocabulary("mlops-dev", {"mlops-dev-iam-EtlJobRole0A1B2C3D-x9": "EtlJobRole0A1B2C3D"})


RUNNING = {
    "executionArn": execution("training", "churn-20261123100000000"),
    "stateMachineArn": machine("training"),
    "name": "churn-20261123100000000",
    "status": "RUNNING",
    "startDate": START,
}


def event(number: int, kind: str, before: int = 0, **details: Any) -> dict[str, Any]:
    return {"id": number, "previousEventId": before, "type": kind, **details}


HISTORY = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 1, stateEnteredEventDetails={"name": "WriteManifest"}),
    event(3, "TaskSucceeded", 2, taskSucceededEventDetails={"output": json.dumps({"rows": 3, "run": "x"})}),
    event(4, "TaskStateEntered", 3, stateEnteredEventDetails={"name": "WaitForCrawl"}),
    event(5, "WaitStateExited", 4, stateExitedEventDetails={"name": "WaitForCrawl"}),
    event(6, "TaskStateEntered", 5, stateEnteredEventDetails={"name": "WriteManifest"}),
    event(7, "TaskFailed", 6, taskFailedEventDetails={"error": "Lambda.Unknown", "cause": "{}"}),
    event(8, "TaskStateEntered", 7, stateEnteredEventDetails={"name": "GateArrivals"}),
    event(9, "TaskFailed", 8, taskFailedEventDetails={"error": "Lambda.ResourceNotReadyException", "cause": "{}"}),
]


def ended(status: str, error: str = "", cause: str = "") -> Execution:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    return Execution("arn:x:run", "training", "wine", status, now, now, {}, error, cause)


def test_a_loop_is_one_visit_since_its_turns_are_a_matter_of_time() -> None:
    assert states(HISTORY) == ["WriteManifest", "WaitForCrawl", "GateArrivals"]


def test_results_are_compared_by_type_at_each_path_of_each_state() -> None:
    assert results(HISTORY) == {
        "WriteManifest $": "object",
        "WriteManifest $.rows": "number",
        "WriteManifest $.run": "text",
    }


def test_an_error_is_told_with_the_state_that_met_it_and_how_the_run_ended() -> None:
    assert errors(ended("FAILED", "RunFailed", "WriteManifest: it broke"), HISTORY) == {
        "ends": "FAILED",
        "error": "RunFailed",
        "state that failed": "WriteManifest",
        "WriteManifest: TaskFailed": "Lambda.Unknown",
    }


def test_lists_share_one_path_mixed_types_say_so_and_the_transport_is_left_out() -> None:
    value = {"a": [1, "x"], "b": None, "SdkHttpMetadata": {"HttpStatusCode": 200}, "123456789012": True}

    assert shape(value) == {
        "$": "object",
        "$.a": "list",
        "$.a[]": "number or text",
        "$.b": "null",
        "$.<number>": "boolean",
    }
    assert merged([{"$": "number or text"}, {"$": "null"}]) == {"$": "null or number or text"}
    assert merged([{"$": "number or text"}, {"$": "number"}]) == {"$": "number or text"}


def test_names_of_a_stage_become_those_of_the_templates() -> None:
    role, run = "mlops-dev-iam-EtlJobRole0A1B2C3D-x9", "261128001122"

    assert WORDS.plain(f"/aws-glue/jobs/{role}/{run}") == "/aws-glue/jobs/<EtlJobRole>/<number>"
    assert WORDS.plain("/aws/lambda/mlops-dev-wine") == "/aws/lambda/<stage>-wine"


def trail(role: str, name: str, **more: Any) -> dict[str, Any]:
    issuer = {"sessionContext": {"sessionIssuer": {"userName": role}}}
    return {"userIdentity": issuer, "eventName": name, **more}


def test_grants_are_those_of_the_stages_roles_and_a_denial_outweighs_a_success() -> None:
    role = "mlops-dev-iam-EtlJobRole0A1B2C3D-x9"
    events = [
        trail(role, "CreateLogStream"),
        trail(role, "GetSecurityConfiguration", errorCode="AccessDenied"),
        trail(role, "GetSecurityConfiguration"),
        trail("somebody-else", "RunInstances"),
        {"userIdentity": {"type": "Root"}, "eventName": "CreateBucket"},
        {"eventName": "Rotate"},
        {"userIdentity": None, "eventName": "Rotate"},
        {"userIdentity": {"type": "AWSService", "sessionContext": {"sessionIssuer": None}}, "eventName": "Rotate"},
        trail(role, "GetJob", errorCode="EntityNotFoundException"),
    ]

    assert used(events, "mlops-dev", WORDS) == {
        "<EtlJobRole> CreateLogStream": "used",
        "<EtlJobRole> GetSecurityConfiguration": "denied",
        "<EtlJobRole> GetJob": "used",
    }


def test_events_are_compared_by_shape_and_by_the_words_that_aws_used() -> None:
    heard = [
        {"detail-type": "Changed", "detail": {"status": "FAILED", "n": 1}},
        {"detail-type": "Changed", "detail": {"status": ["ABORTED", "FAILED"], "n": "1"}},
    ]

    rows = told(heard)

    assert rows["Changed $.detail.n"] == "number or text"
    assert rows["Changed: status"] == "ABORTED, FAILED"


def test_the_same_bytes_are_compared_by_etag_checksum_and_version() -> None:
    first = {"ETag": '"a"', "ChecksumCRC32": "x", "ChecksumType": "FULL_OBJECT", "VersionId": "1"}

    rows = evidence.of_uploads([first, {**first, "ETag": '"b"', "VersionId": "2"}], b"bytes")

    assert rows["ETag of the same bytes"] == "another"
    assert rows["checksum of the same bytes"] == "the same"
    assert rows["checksums"] == ["ChecksumCRC32"]
    assert rows["ETag is the MD5"] is False


def test_a_price_that_the_table_lacks_is_named_and_never_counted_as_nothing() -> None:
    total, unknown = usd([Used("Glue DPU", 2.0), Used("ml.p9 training job", 1.0)], load_prices())

    assert total == pytest.approx(2 * load_prices().by_item["Glue DPU"].usd)
    assert unknown == ["ml.p9 training job"]


def test_each_kind_of_difference_is_one_row_with_the_page_it_concerns() -> None:
    rehearsed = {"states": {"first run": ["A", "B"], "gone": ["A"]}, "tags": {"model": "carries all"}}
    here = {"states": {"first run": ["A"], "new": ["A"]}, "tags": {"model": "carries all"}}

    found = differences(here, rehearsed)

    assert [(one.row, one.here, one.rehearsed) for one in found] == [
        ("first run", ["A"], ["A", "B"]),
        ("gone", None, ["A"]),
        ("new", ["A"], None),
    ]
    assert {one.concerns for one in found} == {CONCERNS["states"]}


@pytest.mark.parametrize("part", sorted(CONCERNS))
def test_every_page_and_test_that_a_difference_points_to_exists(part: str) -> None:
    named = [word for word in CONCERNS[part].replace(",", " ").split() if "/" in word and not word.startswith("./")]

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_a_recording_comes_back_as_it_was_written(tmp_path: Path) -> None:
    parts = {"states": {"first run": ["Ä"]}}
    write(tmp_path / "r.json", parts, "wine")

    assert read(tmp_path / "r.json") == parts


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"parts": {"other": {}}}',
        '{"parts": {"states": []}}',
        "\udcff",
        '{"parts": []}',
        '{"parts": ""}',
        '{"parts": ["states"]}',
        '{"parts": 1}',
        '{"parts": {"states": {"a": NaN}}}',
        '{"parts": {"states": {"a": {"b": "c"}}}}',
        '{"parts": {"states": {"a": [["b"]]}}}',
        pytest.param('{"parts":' * 100_000, id="too deep"),
        pytest.param("[" * 900 + "]" * 900, id="lists in lists"),
        pytest.param(" " * (LARGEST_BYTES + 1), id="too large"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(Refused, match="is no recording"):
        read(file)


def test_what_is_no_file_at_all_is_no_recording_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(Refused, match="is no recording"):
            read(path)


def test_half_a_surrogate_pair_is_recorded_read_and_shown(mlops: Mlops, tmp_path: Path) -> None:
    """An endpoint's JSON may hold one as an escape, and an hour's recording must not end by it."""
    file, parts = tmp_path / "r.json", {"answers": {"$.\ud800": "text"}}
    write(file, parts, "wine")

    assert read(file) == parts
    shown = mlops(Account(), "prove", "--from", str(file))
    assert shown.code == 1 and "\\ud800" in shown.out
    told = mlops(Account(), "--json", "prove", "--from", str(file)).document["differences"]
    assert "$.\ud800" in [one["row"] for one in told]


def test_nothing_in_a_recording_is_read_as_a_colour_or_writes_to_the_terminal(mlops: Mlops, tmp_path: Path) -> None:
    write(tmp_path / "r.json", {"logs": {"/aws/[red]x[/red]\x1b[2J\n": "found\x1b[2J"}}, "wine")

    out = mlops(Account(), "prove", "--from", str(tmp_path / "r.json")).out

    assert "\x1b" not in out and "/aws/[red]x[/red]\\x1b[2J\\n" in out


def test_another_recording_than_the_rehearsals_is_compared_and_each_side_has_its_column(
    mlops: Mlops, tmp_path: Path
) -> None:
    write(tmp_path / "here.json", {"logs": {"group": "in here"}}, "wine")
    write(tmp_path / "there.json", {"logs": {"group": "in there"}}, "wine")

    ended = mlops(Account(), "prove", "--from", str(tmp_path / "here.json"), "--against", str(tmp_path / "there.json"))

    assert "1 difference" in ended.out
    assert ended.out.index("in here") < ended.out.index("in there")


def test_a_recording_that_is_not_there_is_refused_with_the_way_to_one(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--record"):
        read(tmp_path / "none.json")


def test_the_rehearsals_recording_has_every_part() -> None:
    assert {part for part, rows in read(sample_of_proofs().recording).items() if rows} == set(CONCERNS)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("mlops-dev-wine", True),
        ("mlops-dev-wine-261128001122-train-00", True),
        ("mlops-dev-wine-261128001122-candidate", True),
        ("mlops-dev-wine-v3-261128001122", True),
        ("mlops-dev-wine-v3-261128001122-guard-errors", True),
        ("mlops-dev-wine-red", False),
        ("mlops-dev-wine-red-261128001122-train-00", False),
        ("mlops-dev-wine-v3-261128001122x", False),
        ("mlops-dev-wine2-v3-261128001122", False),
        ("somebodys-mlops-dev-wine", False),
    ],
)
def test_nothing_of_a_model_whose_name_begins_alike_is_ever_taken_away(name: str, own: bool) -> None:
    wine = Model("wine", "mlops-dev", {}, None)
    account = Account({"sagemaker.ListModels": {"Models": [{"ModelName": name, "ModelArn": "arn"}]}})

    assert list(MODELS.of(session_of(account), wine)) == ([(name, "arn")] if own else [])


def session_of(account: Account) -> Session:
    return Session("dev", "mlops-dev", Screen(as_json=True), account.client, {})


def stage(*, approves: str = "true", **objects: bytes) -> Account:
    """A deployed stage whose training machine approves by itself, or not."""
    choice = {"Choices": [{"Condition": f"{{% {approves} %}}", "Next": "ApproveModel"}], "Default": "Registered"}
    account = deployed(**objects)
    account.answers |= {
        "stepfunctions.DescribeStateMachine": {"definition": json.dumps({"States": {"ApproveAutomatically?": choice}})},
        "stepfunctions.ListExecutions": {"executions": []},
        "s3.ListObjectVersions": {},
        "sagemaker.ListModelPackages": {"ModelPackageSummaryList": []},
        "sagemaker.DescribeEndpoint": refusal("ValidationException", "Could not find endpoint"),
    }
    return account


@pytest.fixture
def with_the_stages_model(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = sample_of_proofs().recording
    monkeypatch.setattr(prove, "sample_of_proofs", lambda: Sample(MODEL, Path("churn.csv"), recording))


def changes(account: Account) -> list[str]:
    """Calls that would change something."""
    reads = ("Describe", "List", "Get", "Head")
    return [name for name, _ in account.calls if not name.partition(".")[2].startswith(reads)]


def test_a_stage_without_the_samples_model_is_refused_with_what_to_deploy(mlops: Mlops) -> None:
    ended = mlops(stage(), "prove", "--yes")

    assert (ended.code, ended.out) == (3, "")
    assert f"keep config/models/{sample_of_proofs().model}.toml, deploy, and prove again" in ended.err


@pytest.mark.usefixtures("with_the_stages_model")
def test_a_stage_that_waits_for_a_person_is_refused(mlops: Mlops) -> None:
    account = stage(approves="false")

    ended = mlops(account, "prove", "--yes")

    assert ended.code == 2 and "waits for a person's approval" in ended.err
    assert changes(account) == []


@pytest.mark.usefixtures("with_the_stages_model")
@pytest.mark.parametrize(
    ("answers", "named"),
    [
        (
            {"s3.ListObjectVersions": {"DeleteMarkers": [{"Key": "raw/churn/a.csv", "VersionId": "1"}]}},
            "objects such as s3://data/raw/churn/a.csv",
        ),
        ({"stepfunctions.ListExecutions": {"executions": [RUNNING]}}, "a run under way"),
        ({"sagemaker.DescribeEndpoint": {"EndpointStatus": "Creating"}}, "an endpoint"),
        (
            {
                "sagemaker.ListModelPackages": {
                    "ModelPackageSummaryList": [
                        {
                            "ModelPackageVersion": 1,
                            "ModelPackageArn": package(1),
                            "ModelApprovalStatus": "Rejected",
                            "CreationTime": START,
                        }
                    ]
                }
            },
            "versions",
        ),
    ],
)
def test_a_model_that_anybody_uses_is_refused_and_nothing_of_it_touched(
    mlops: Mlops, answers: dict[str, Any], named: str
) -> None:
    account = stage()
    account.answers |= answers

    ended = mlops(account, "prove", "--yes")

    assert ended.code == 2 and named in ended.err
    assert changes(account) == []


@pytest.mark.usefixtures("with_the_stages_model")
def test_nothing_is_done_unless_the_stages_name_is_typed(mlops: Mlops) -> None:
    account = stage()

    ended = mlops(account, "prove", typed="prod\n")

    assert ended.code == 1 and "nothing was done" in ended.err
    assert changes(account) == []


def test_an_earlier_recording_is_compared_without_asking_aws_anything(mlops: Mlops, tmp_path: Path) -> None:
    parts = dict(read(sample_of_proofs().recording))
    parts["logs"] = {**parts["logs"], "/aws-glue/jobs/x": "found"}
    write(tmp_path / "seen.json", parts, "wine")
    account = Account()

    same = mlops(account, "prove", "--from", str(sample_of_proofs().recording))
    other = mlops(account, "prove", "--from", str(tmp_path / "seen.json"))

    assert (same.code, same.out.strip()) == (0, "no difference")
    assert other.code == 1
    assert "/aws-glue/jobs/x" in other.out and "1 difference" in other.out
    assert account.calls == []


@pytest.mark.parametrize(
    "place", ["no-such-folder/proof.json", ".", "/dev/null", "file.json/proof.json", "closed.json"]
)
def test_a_place_where_no_recording_can_be_written_is_refused_before_anything_begins(
    mlops: Mlops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.json").touch()
    # Whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    account = Account()

    ended = mlops(account, "prove", "--yes", "--record", place)

    assert ended.code == 2 and place.partition("/")[0] in ended.err
    assert account.calls == []


@contextlib.contextmanager
def deaf_witness(_session: Session) -> Iterator[Witness]:
    yield cast(Witness, SimpleNamespace(heard=lambda *_: []))


def travelled(monkeypatch: pytest.MonkeyPatch, removes: Callable[..., None]) -> Account:
    """A stage on which the journey is over, for what comes after it."""
    monkeypatch.setattr(removal, "remove", removes)
    monkeypatch.setattr(playing, "remove_witness", lambda _session: None)
    monkeypatch.setattr(Journey, "travel", lambda _journey: None)
    monkeypatch.setattr(playing, "witness", deaf_witness)
    monkeypatch.setattr(grants, "wait_for_delivery", lambda *_: None)
    account = stage()
    account.answers |= {
        "cloudformation.ListStackResources": {"StackResourceSummaries": []},
        "cloudtrail.LookupEvents": {"Events": []},
        "ce.ListCostAllocationTags": refusal("AccessDeniedException"),
        "logs.DescribeLogGroups": {"logGroups": []},
        **{f"sagemaker.List{kind.member}s": {kind.answer: []} for kind in CREATED_BY_RUNS},
    }
    return account


def test_what_was_seen_outlives_a_removal_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise Refused("waited 30 min for the endpoint to be deleted")

    platform = Platform(session_of(travelled(monkeypatch, fails)))

    seen, written = playing.Proof(platform, platform.model(MODEL)), list[set[str]]()
    seen.look(sample_of_proofs(), keep=False, write=lambda parts: written.append(set(parts)))

    assert written == [set(CONCERNS) - {"grants"}, set(CONCERNS)]
    assert seen.parts["cost tags"] == {"could not be looked at": "AccessDeniedException"}
    assert "waited 30 min" in seen.left and "--clear" in seen.left


def test_what_is_to_be_kept_is_left_with_the_way_to_take_it_away(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch, with_the_stages_model: None
) -> None:
    ended = mlops(travelled(monkeypatch, interrupted), "--json", "prove", "--yes", "--keep")

    assert ended.document["left"] == ""
    assert f"all of {MODEL} is left there: `./mlops prove --clear`" in ended.err
    account = travelled(monkeypatch, interrupted)
    monkeypatch.setattr(Journey, "travel", interrupted)
    ended = mlops(account, "prove", "--yes", "--keep")
    assert ended.code == 130 and "interrupted: all of churn is left there: `./mlops prove --clear`" in ended.err


ODD_ANSWERS = {
    "histories": ("stepfunctions.GetExecutionHistory", {"events": [{"timestamp": START, "type": "TaskFailed"}]}),
    "tags": ("sagemaker.ListModels", {}),
    "cost tags": ("ce.ListCostAllocationTags", {"CostAllocationTags": [{}]}),
    "grants": ("cloudtrail.LookupEvents", {"Events": [{"CloudTrailEvent": "no JSON"}]}),
}


@pytest.mark.parametrize("part", ODD_ANSWERS)
def test_an_answer_of_another_form_spoils_its_part_and_no_other(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    removed: list[object] = []
    account = travelled(monkeypatch, lambda *_: removed.append(1))
    name, answer = ODD_ANSWERS[part]
    account.answers |= {"ce.ListCostAllocationTags": {"CostAllocationTags": []}, name: answer}
    monkeypatch.setattr(Journey, "travel", lambda journey: journey.runs.update({"first run": ended("FAILED")}))
    if part != "histories":
        account.answers["stepfunctions.GetExecutionHistory"] = {"events": []}
    platform = Platform(session_of(account))

    seen = playing.Proof(platform, platform.model(MODEL))
    seen.look(sample_of_proofs(), keep=False, write=lambda _parts: None)

    spoilt = {name for name, rows in seen.parts.items() if NOT_SEEN in rows}
    assert spoilt == ({part} if part in CONCERNS else {"states", "results", "errors", "logs"})
    assert removed == [1]


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("with_the_stages_model")
@pytest.mark.parametrize(
    ("at", "kept"),
    [
        ((Journey, "travel"), False),
        ((evidence, "of_histories"), True),
        ((evidence, "of_cost_tags"), True),
        ((removal, "remove"), True),
        ((playing, "remove_witness"), True),
        ((grants, "wait_for_delivery"), True),
        ((grants, "of_trail"), True),
    ],
    ids=lambda at: at[1] if isinstance(at, tuple) else "",
)
def test_an_interruption_takes_everything_away_keeps_what_was_seen_and_says_what_is_left(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: tuple[Any, str], kept: bool
) -> None:
    removed: list[object] = []
    account = travelled(monkeypatch, lambda *_: removed.append(1))
    monkeypatch.setattr(*at, interrupted)

    ended = mlops(account, "prove", "--yes", "--record", str(tmp_path / "proof.json"))

    assert ended.code == 130
    assert (tmp_path / "proof.json").exists() == kept
    left = at[0] is removal or at[1] == "remove_witness"
    assert removed == ([] if left else [1])
    words = "is not all taken away; `./mlops prove --clear`" if left else "is taken away"
    assert ended.err.splitlines()[-1].startswith("mlops: interrupted: ") and words in ended.err.splitlines()[-1]


def test_a_file_that_cannot_be_written_in_the_end_loses_neither_the_removal_nor_the_differences(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch, with_the_stages_model: None, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    removed: list[object] = []
    account = travelled(monkeypatch, lambda *_: removed.append(1))
    monkeypatch.setattr(prove, "write", full)

    ended = mlops(account, "--json", "prove", "--yes", "--record", str(tmp_path / "proof.json"))

    assert (ended.code, removed) == (1, [1])
    assert "No space left" in ended.document["unwritten"] and ended.document["differences"]


def test_an_answer_that_is_no_json_is_trouble_of_its_step_and_the_journey_goes_on() -> None:
    account = stage()
    account.answers["sagemaker-runtime.InvokeEndpoint"] = {"Body": b"<html>", "ContentType": "text/html"}
    session = session_of(account)
    platform = Platform(session)
    sample = Sample(MODEL, ROOT / "README.md", Path("none"))
    journey = Journey(platform, platform.model(MODEL), sample)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(travelling, "rows_of_file", lambda *_: [SimpleNamespace(text=b"{}")])
        journey._step("prediction", journey._predict)

    assert journey.trouble == {"prediction": "JSONDecodeError"}


def test_queue_and_rules_of_a_proof_are_taken_away_and_no_others() -> None:
    rules = [{"Name": name, "EventPattern": "{}"} for name in ("mlops-dev-proof-1", "mlops-dev-monitoring-Lost")]
    queues = [f"https://sqs/1/mlops-dev-{name}" for name in ("proof", "proofs")]
    account = Account(
        {
            "events.ListRules": {"Rules": rules},
            "events.RemoveTargets": {},
            "events.DeleteRule": {},
            "sqs.ListQueues": {"QueueUrls": queues},
            "sqs.DeleteQueue": {},
        }
    )

    remove_witness(session_of(account))

    assert account.called("events.DeleteRule") == [{"Name": "mlops-dev-proof-1"}]
    assert account.called("sqs.DeleteQueue") == [{"QueueUrl": queues[0]}]


@pytest.mark.parametrize("failed", ["left", "unwritten"])
def test_a_proof_that_leaves_something_or_writes_nothing_has_failed(
    monkeypatch: pytest.MonkeyPatch, mlops: Mlops, failed: str
) -> None:
    same = read(sample_of_proofs().recording)
    monkeypatch.setattr(prove, "proven_model", lambda *_: Model(MODEL, "mlops-dev", {}, None))
    ended_so = partial(playing.Proof, parts=same, **{failed: "it is so"})
    monkeypatch.setattr(prove, "Proof", ended_so)
    monkeypatch.setattr(playing.Proof, "look", lambda *_, **_more: None)

    ended = mlops(stage(), "--json", "prove", "--yes")

    assert (ended.code, ended.document[failed], ended.document["differences"]) == (1, "it is so", [])


@pytest.mark.parametrize("text", ["[", "\udcff", "proof = true", 'proof = true\nmodel = "wine"\ntraining = []'])
def test_a_sample_that_is_none_is_refused_by_the_name_of_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "wine").mkdir()
    (tmp_path / "wine" / "sample.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(Refused, match=r"sample\.toml is no sample"):
        sample_of_proofs(tmp_path)


def test_without_a_sample_for_proofs_the_refusal_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="proof = true"):
        sample_of_proofs(tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        ("--clear", "--keep"),
        ("--clear", "--against", "seen.json"),
        ("--clear", "--from", "seen.json"),
        ("--from", "seen.json", "--record", "again.json"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(mlops: Mlops, options: tuple[str, ...]) -> None:
    ended = mlops(Account(), "prove", *options)

    assert ended.code == 2 and "leave one out" in ended.err


def test_a_part_at_which_nobody_could_look_is_one_difference() -> None:
    found = differences({"grants": {NOT_SEEN: "AccessDenied"}}, {"grants": {"a": "used", "b": "used"}})

    assert [(one.row, one.here) for one in found] == [(NOT_SEEN, "AccessDenied")]
    found = differences({"grants": {"a": "used", "b": "used"}}, {"grants": {NOT_SEEN: "AccessDenied"}})
    assert [(one.row, one.here, one.rehearsed) for one in found] == [(NOT_SEEN, None, "AccessDenied")]


def glue_run(state: str, model: str) -> dict[str, Any]:
    return {"Id": f"{state} {model}", "JobRunState": state, "Arguments": {"--contract": f"s3://data/x/{model}/c.json"}}


def test_a_job_of_the_model_that_still_writes_is_waited_for_and_no_other() -> None:
    account = stage()
    account.answers |= {
        "sagemaker.ListTrainingJobs": {"TrainingJobSummaries": []},
        "sagemaker.ListTransformJobs": {"TransformJobSummaries": []},
        "glue.GetJobs": {"Jobs": [{"Name": "mlops-dev-glue-Job"}, {"Name": "somebody-elses"}]},
        "glue.GetJobRuns": {
            "JobRuns": [
                *(glue_run(state, MODEL) for state in ("STOPPING", "WAITING", "STOPPED")),
                glue_run("RUNNING", f"{MODEL}-red"),
            ]
        },
    }
    platform = Platform(session_of(account))

    assert jobs(platform, platform.model(MODEL)) == [f"STOPPING {MODEL}", f"WAITING {MODEL}"]
    assert [asked["JobName"] for asked in account.called("glue.GetJobRuns")] == ["mlops-dev-glue-Job"]


class Leftovers:
    """A stage on which a proof was killed at its worst moment, and another model whose name begins alike."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(removal, "POLL_SECONDS", 0.0)
        self.account = stage()
        self.account.answers |= {
            "stepfunctions.ListExecutions": self.turns(
                {"executions": [RUNNING]}, {"executions": []}, {"executions": [RUNNING]}
            ),
            "stepfunctions.StopExecution": {"stopDate": START},
            "glue.GetJobs": {"Jobs": []},
            "cloudwatch.DescribeAlarms": {
                "MetricAlarms": [{"AlarmName": name} for name in self.named("-v1-261128001122-x")]
            },
            "cloudwatch.DeleteAlarms": {},
            "application-autoscaling.DescribeScalableTargets": {
                "ScalableTargets": [
                    {
                        "ServiceNamespace": "sagemaker",
                        "ResourceId": f"endpoint/{name}/variant/live",
                        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                    }
                    for name in self.named("")
                ]
            },
            "application-autoscaling.DeregisterScalableTarget": {},
            "sagemaker.ListModelPackages": {
                "ModelPackageSummaryList": [
                    {
                        "ModelPackageVersion": 1,
                        "ModelPackageArn": package(1),
                        "ModelApprovalStatus": "Approved",
                        "CreationTime": START,
                    }
                ]
            },
            "s3.ListObjectVersions": self.versions,
            "s3.DeleteObjects": {},
            "dynamodb.Query": {"Items": [{"model": {"S": MODEL}, "item": {"S": "starter"}, "more": {"S": "x"}}]},
            "dynamodb.DeleteItem": {},
            "glue.GetCrawler": {"Crawler": {"DatabaseName": "mlops_dev"}},
            "glue.GetTables": {
                "TableList": [
                    {"Name": name, "StorageDescriptor": {"Location": f"s3://data/curated/{name}/rows"}}
                    for name in (MODEL, f"{MODEL}-red")
                ]
            },
            "glue.DeleteTable": {},
            "sagemaker.DeleteModelPackage": {},
            "sagemaker.DeleteEndpointConfig": {},
            "sagemaker.DeleteModel": {},
            # In the middle of an update, then it goes.
            "sagemaker.DeleteEndpoint": self.turns(
                refusal("ValidationException", "Cannot update in-progress endpoint")
            ),
        }
        self.lists("Endpoint", "", gone_after=3)
        self.lists("EndpointConfig", "-v1-261128001122")
        self.lists("Model", "-v1-261128001122")
        self.lists("TrainingJob", "-261128001122-train-00", gone_after=1)
        self.lists("TransformJob", "-261128001122-candidate", gone_after=1)

    def named(self, rest: str) -> list[str]:
        return [f"mlops-dev-{name}{rest}" for name in (MODEL, f"{MODEL}-red")]

    def turns(self, *answers: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
        """These answers one after the other, then an empty one."""
        left = list(answers)
        return lambda _: left.pop(0) if left else {"executions": []}

    def lists(self, kind: str, rest: str, gone_after: int | None = None) -> None:
        answer = next(each.answer for each in CREATED_BY_RUNS if each.member == kind)
        entries = [{f"{kind}Name": name, f"{kind}Arn": "arn"} for name in self.named(rest)]

        def listed(_: Any) -> dict[str, Any]:
            gone = gone_after is not None and len(self.account.called(f"sagemaker.List{kind}s")) > gone_after
            return {answer: entries[1:] if gone else entries}

        self.account.answers[f"sagemaker.List{kind}s"] = listed

    def versions(self, params: Any) -> dict[str, Any]:
        """One bucket with more objects than go at once, all but the last one delete markers or older versions."""
        if params["Bucket"] != "data":
            return {}
        if "Prefix" not in params:
            return {"CommonPrefixes": [{"Prefix": "raw/"}]}
        numbers = (
            range(1001) if params["Prefix"] == f"raw/{MODEL}/" else range(1) if params["Prefix"] == f"{MODEL}/" else ()
        )
        entries = [{"Key": f"{params['Prefix']}{number}", "VersionId": "1"} for number in numbers]
        return {"Versions": entries[:500], "DeleteMarkers": entries[500:]}

    def changed(self) -> dict[str, list[Any]]:
        """The first value of each change that names anything of a model."""
        return {
            name: [next(value for value in each.values() if MODEL in str(value)) for each in self.account.called(name)]
            for name in dict.fromkeys(changes(self.account))
            if name not in ("dynamodb.Query", "s3.DeleteObjects")
        }


def test_everything_of_the_model_is_taken_away_in_the_middle_of_whatever_and_nothing_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Leftovers(monkeypatch)
    platform = Platform(session_of(world.account))

    removal.remove(platform, platform.model(MODEL))

    deleted = world.account.called("s3.DeleteObjects")
    assert [len(each["Delete"]["Objects"]) for each in deleted] == [1000, 2]
    own, _ = world.named("")
    assert world.changed() == {
        "stepfunctions.StopExecution": [RUNNING["executionArn"]],
        "application-autoscaling.DeregisterScalableTarget": [f"endpoint/{own}/variant/live"],
        "sagemaker.DeleteEndpoint": [own, own],
        "sagemaker.DeleteEndpointConfig": [f"{own}-v1-261128001122"],
        "sagemaker.DeleteModel": [f"{own}-v1-261128001122"],
        "sagemaker.DeleteModelPackage": [package(1)],
        "cloudwatch.DeleteAlarms": [[f"{own}-v1-261128001122-x"]],
        "dynamodb.DeleteItem": [{"model": {"S": MODEL}, "item": {"S": "starter"}}],
        "glue.DeleteTable": [MODEL],
    }
    order = [name for name, _ in world.account.calls]
    ended = max(
        n for n, name in enumerate(order) if name in ("stepfunctions.ListExecutions", "sagemaker.ListTransformJobs")
    )
    assert all(n > ended for n, name in enumerate(order) if ".Delete" in name)
    asked = [params.get("StatusEquals") for params in world.account.called("sagemaker.ListTransformJobs")]
    assert {"InProgress", "Stopping"} == set(asked)


def test_an_object_that_stays_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Leftovers(monkeypatch)
    world.account.answers["s3.DeleteObjects"] = {"Errors": [{"Key": "raw/churn/1", "Code": "AccessDenied"}]}
    platform = Platform(session_of(world.account))

    with pytest.raises(Refused, match="s3://data/raw/churn/1 stays: AccessDenied"):
        removal.remove(platform, platform.model(MODEL))


def test_what_does_not_end_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Leftovers(monkeypatch)
    monkeypatch.setattr(removal, "DEADLINE_SECONDS", -1.0)
    world.account.answers["stepfunctions.ListExecutions"] = {"executions": [RUNNING]}
    platform = Platform(session_of(world.account))

    with pytest.raises(Refused, match="for executions to end: look at it"):
        removal.remove(platform, platform.model(MODEL))


@pytest.mark.usefixtures("with_the_stages_model")
def test_clear_takes_everything_away_once_the_stages_name_is_typed(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(removal, "remove", lambda _platform, model: taken.append(model.name))
    monkeypatch.setattr(prove, "remove_witness", lambda session: taken.append(session.prefix))

    refused = mlops(stage(), "prove", "--clear", typed="prod\n")
    assert (refused.code, taken) == (1, [])
    cleared = mlops(stage(), "--json", "prove", "--clear", typed="dev\n")
    assert (cleared.code, cleared.document, taken) == (0, {"model": MODEL, "cleared": True}, ["mlops-dev", MODEL])


def scheduled(number: int, resource: str, **parameters: Any) -> dict[str, Any]:
    service, _, action = resource.partition(":")
    details = {"resourceType": service, "resource": action, "parameters": json.dumps(parameters)}
    return event(number, "TaskScheduled", taskScheduledEventDetails=details, timestamp=START)


def test_what_a_proof_used_is_counted_by_what_aws_says_of_it() -> None:
    later = START.replace(hour=12)
    account = stage()
    account.answers |= {
        "glue.GetJobRun": {"JobRun": {"DPUSeconds": 7200.0}},
        "sagemaker.DescribeTrainingJob": {
            "BillableTimeInSeconds": 1800,
            "ResourceConfig": {"InstanceType": "ml.a", "InstanceCount": 4},
        },
        "sagemaker.DescribeTransformJob": {
            "TransformStartTime": START,
            "TransformEndTime": later,
            "TransformResources": {"InstanceType": "ml.b", "InstanceCount": 3},
        },
        "sagemaker.ListEndpoints": {"Endpoints": [{"EndpointName": f"mlops-dev-{MODEL}", "EndpointArn": "arn"}]},
        "sagemaker.DescribeEndpoint": {
            "CreationTime": datetime.now(UTC) - timedelta(hours=1),
            "EndpointConfigName": "c",
        },
        "sagemaker.DescribeEndpointConfig": {
            "ProductionVariants": [{"VariantName": "v", "InstanceType": "ml.c", "InitialInstanceCount": 2}]
        },
    }
    events = [
        scheduled(1, "lambda:invoke", FunctionName="f"),
        scheduled(2, "glue:startJobRun.sync", JobName="etl"),
        event(3, "TaskSubmitted", 2, taskSubmittedEventDetails={"output": '{"JobRunId": "jr"}'}),
        scheduled(4, "sagemaker:createTrainingJob.sync", TrainingJobName="t"),
        scheduled(5, "sagemaker:createTransformJob.sync", TransformJobName="b"),
        scheduled(6, "aws-sdk:glue:startCrawler", Name="c"),
        event(7, "TaskStateEntered", stateEnteredEventDetails={"name": "A"}),
    ]
    platform = Platform(session_of(account))

    used = list(costs.of_journey(platform.session, platform.model(MODEL), {"first run": events}))

    assert [(one.item, round(one.quantity, 2)) for one in used] == [
        ("Glue DPU", 2.0),
        ("ml.a training job", 2.0),
        ("ml.b transform job", 6.0),
        ("Glue DPU", 0.33),
        ("Step Functions state transition", 1),
        ("ml.c endpoint", 2.0),
    ]
    assert account.called("glue.GetJobRun") == [{"JobName": "etl", "RunId": "jr"}]


def test_a_time_out_is_an_error_of_its_state_and_the_end_of_a_run_is_none() -> None:
    history = [
        event(1, "TaskStateEntered", stateEnteredEventDetails={"name": "A"}),
        event(2, "TaskTimedOut", 1, taskTimedOutEventDetails={"error": "States.Timeout"}),
        event(3, "TaskSucceeded", 9, taskSucceededEventDetails={"output": "no JSON"}),
        event(4, "ExecutionFailed", 2, executionFailedEventDetails={"error": "RunFailed"}),
    ]

    assert errors(ended("SUCCEEDED"), history) == {"ends": "SUCCEEDED", "A: TaskTimedOut": "States.Timeout"}
    assert results(history) == {" $": "text"}


@pytest.mark.parametrize(
    ("proven", "group", "concerns"),
    [
        ("wine", "/aws/vendedlogs/states/mlops-dev-training", True),
        ("wine", "/aws/sagemaker/Endpoints/mlops-dev-wine-red", False),
        ("wine-red", "/aws/sagemaker/Endpoints/mlops-dev-wine-red", True),
        ("wine-red", "/aws/sagemaker/Endpoints/mlops-dev-wine", False),
        ("wine", "/aws/lambda/mlops-dev-lambda-Gate", True),
        ("wine", "/aws/lambda/mlops-prod-lambda-Gate", False),
        ("wine", "/aws/sagemaker/TrainingJobs", True),
        ("wine", "/aws/sagemaker/Endpoints/mlops-dev-winery", True),
        ("win", "/aws/sagemaker/Endpoints/mlops-dev-winery", True),
    ],
)
def test_a_log_group_is_told_unless_it_is_another_models(proven: str, group: str, concerns: bool) -> None:
    names = ("win", "wine", "wine-red")
    platform: Any = SimpleNamespace(session=session_of(Account()), models=dict.fromkeys(names))

    assert evidence._concerns(group, platform, Model(proven, "mlops-dev", {}, None)) is concerns


def test_an_event_of_a_model_whose_name_begins_alike_is_none_of_the_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing, "QUIET_SECONDS", 0.2)
    bodies = [{"key": f"raw/{name}/a.csv"} for name in (MODEL, f"{MODEL}-red", "loans")]
    messages = [{"Body": json.dumps(body), "ReceiptHandle": "h", "MessageId": "m"} for body in bodies]
    told_once = [{"Messages": [one]} for one in messages]
    account = Account({"sqs.ReceiveMessage": lambda _: told_once.pop(0) if told_once else {}, "sqs.DeleteMessage": {}})

    heard = Witness(session_of(account), "https://sqs/1/q").heard(MODEL, [MODEL, f"{MODEL}-red", "loans"])

    assert heard == [bodies[0]]


def heard_by() -> Account:
    """Two rules of the stage with one pattern, one that runs by the clock, and a place for a witness."""
    rules: list[dict[str, Any]] = [{"Name": f"mlops-dev-{name}", "EventPattern": "{}"} for name in ("proof-1", "lost")]
    return Account(
        {
            "events.ListRules": {"Rules": [*rules, {"Name": "mlops-dev-clock", "ScheduleExpression": "rate(1 day)"}]},
            "events.PutRule": {},
            "events.PutTargets": {},
            "events.RemoveTargets": refusal("AccessDeniedException"),
            "sqs.CreateQueue": {"QueueUrl": "https://sqs/1/q"},
            "sqs.GetQueueAttributes": {"Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:1:q"}},
            "sqs.SetQueueAttributes": {},
        }
    )


def test_a_witness_that_cannot_be_taken_away_ends_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    account, waited, played = heard_by(), list[float](), list[int]()
    monkeypatch.setattr(witnessing.time, "sleep", waited.append)

    with witnessing.witness(Session("dev", "mlops-dev", Screen(as_json=True), account.client)):
        played.append(1)

    assert played == [1] and account.called("events.RemoveTargets")
    assert [params["EventPattern"] for params in account.called("events.PutRule")] == ["{}"]
    # A rule of AWS hears nothing in its first moments.
    assert waited == [witnessing.SETTLING_SECONDS]


def test_a_queue_that_was_just_deleted_is_one_line_and_its_rules_are_looked_for() -> None:
    account = heard_by()
    account.answers["sqs.CreateQueue"] = refusal("AWS.SimpleQueueService.QueueDeletedRecently")

    with pytest.raises(Refused, match="prove again in a minute"), witnessing.witness(session_of(account)):
        pass
    assert account.called("events.RemoveTargets")


def test_cloudtrail_is_waited_for_on_aws_alone_and_no_longer_than_its_delivery_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(grants.time, "sleep", slept.append)
    aws = Session("dev", "mlops-dev", Screen(as_json=True), Account().client)
    grants.wait_for_delivery(session_of(Account()), grants.time.monotonic())

    grants.wait_for_delivery(aws, grants.time.monotonic() - grants.DELIVERY_SECONDS)
    grants.wait_for_delivery(aws, grants.time.monotonic() - 100)

    assert [round(each) for each in slept] == [grants.DELIVERY_SECONDS - 100]
