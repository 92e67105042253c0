"""The bad files are what their page says, before anything is deployed: the platform's own tests rest on them."""

import gzip
import importlib.util
from pathlib import Path

import pytest

from contract.files import HEAD_BYTES, check_head, check_key
from contract.intake import original, read_line
from contract.mending import mended_file
from contract.model import Contract
from lambda_src.gate.problems import Problem
from tests.bad_files import DESCRIBED, FOLDER, BadFile, bad_files
from tests.contract.examples import contract_of_toml

ROOT = FOLDER.parents[1]
LET_IN = [*bad_files("quarantine"), *bad_files("validation")]


def contract_of(case: BadFile) -> Contract:
    return contract_of_toml(ROOT / "config" / "models" / f"{case.model}.toml")


def lines_of(case: BadFile) -> list[bytes]:
    return case.content.removesuffix(b"\n").split(b"\n")


def gate(case: BadFile) -> list[str]:
    badly_named = check_key(case.key)
    head = case.content[:HEAD_BYTES]
    found = [badly_named] if badly_named else check_head(contract_of(case), head, len(case.content), complete=True)
    return [str(Problem(case.key, "version", problem.column, problem.reason)) for problem in found]


def test_every_file_is_described_and_made_by_the_script() -> None:
    spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
    assert spec and spec.loader
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    made = make.bad_files()
    described = {case["file"] for cases in DESCRIBED.values() for case in cases}

    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == described | {"cases.toml", "make.py"}
    assert made.keys() == described
    assert {name: unpacked(content) for name, content in made.items()} == {
        name: unpacked((FOLDER / name).read_bytes()) for name in described
    }


def unpacked(content: bytes) -> bytes:
    """The packed bytes differ between versions of zlib."""
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


@pytest.mark.parametrize("case", [*bad_files("gate"), *bad_files("headerless")], ids=lambda case: Path(case.key).name)
def test_the_gate_refuses_a_file_for_exactly_one_reason(case: BadFile) -> None:
    [problem] = gate(case)

    assert problem.startswith(case.says)


@pytest.mark.parametrize("case", LET_IN, ids=lambda case: case.file)
def test_the_other_files_are_let_in_and_their_bad_lines_are_those_of_the_page(case: BadFile) -> None:
    outcomes = [read_line(contract_of(case), line, number, "training") for number, line in enumerate(lines_of(case), 1)]

    assert gate(case) == []
    assert case.quarantined == tuple(
        (number, outcome.column, outcome.reason)
        for number, outcome in enumerate(outcomes, 1)
        if outcome.kind == "quarantined"
    )


@pytest.mark.parametrize("case", bad_files("quarantine"), ids=lambda case: case.file)
def test_the_bad_lines_make_a_file_with_the_models_header_to_be_mended(case: BadFile) -> None:
    lines = lines_of(case)
    kept = [original(lines[number - 1], number) for number, _, _ in case.quarantined]

    content = mended_file(contract_of(case), kept)

    assert content == b"".join(line + b"\n" for line in [lines[0], *kept])
