"""A draft is a model file that the app takes as it is, and that lets the drafted file in."""

import csv
import io
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import draft as draft_command
from commands.drafting.dialect import DraftError
from commands.drafting.draft import draft
from config.models import load_model
from contract.files import check_head
from contract.intake import read_line
from contract.model import Contract
from tests.commands.aws import Account
from tests.commands.conftest import Mlops

PETS = "\n".join(
    ["id,kind,weight_kg,legs,home,again"]
    + [
        f"{row},{'cat' if row % 3 else 'dog'},{row % 7}.{row % 10},{row % 4 if row % 5 else ''},NA,x"
        for row in range(90)
    ]
)

NUMBERED_ONLY = "\n".join([",x", *(f"{row},{row % 9}" for row in range(60))])


def drafted(folder: Path, content: bytes, **choices: str | bool | None) -> tuple[dict[str, object], Contract]:
    file = folder / "pets.csv"
    file.write_bytes(content)
    name, text = draft(file, **({"target": "kind"} | choices))  # type: ignore[arg-type]
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return tomllib.loads(text), Contract.from_json(load_model(path).contract_json())


def columns(read: dict[str, object]) -> dict[str, dict[str, object]]:
    return {column["name"]: column for column in read["columns"]}  # type: ignore[attr-defined]


def test_a_draft_says_what_the_data_suggests(tmp_path: Path) -> None:
    read, contract = drafted(tmp_path, PETS.encode())

    found = columns(read)
    assert (read["name"], read["problem"], read["positive"]) == ("pets", "binary", "dog")
    assert {name: column["type"] for name, column in found.items()} == {
        "id": "integer",
        "kind": "text",
        "weight_kg": "number",
        "legs": "integer",
        "home": "text",
        "again": "text",
    }
    assert [name for name, column in found.items() if column.get("ignored")] == ["id", "home", "again"]
    assert [column.name for column in contract.features] == ["weight_kg", "legs"]
    assert contract.format.missing == ("", "NA")


def test_the_drafted_file_is_let_in_and_no_row_is_refused(tmp_path: Path) -> None:
    _, contract = drafted(tmp_path, PETS.encode())
    content = PETS.encode()

    assert check_head(contract, content, len(content), complete=True) == []
    kinds = {read_line(contract, line, number, "training").kind for number, line in enumerate(content.split(b"\n"), 1)}
    assert kinds <= {"header", "train", "validation", "holdout"}


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8"), ("\t", "utf-8"), ("|", "cp1252")])
def test_separator_and_encoding_are_found(tmp_path: Path, separator: str, encoding: str) -> None:
    text = PETS.replace(",", separator).replace("cat", "kätzchen")
    _, contract = drafted(tmp_path, text.encode(encoding))

    assert (contract.format.separator, contract.format.encoding) == (separator, encoding)
    assert contract.classes == ("dog", "kätzchen")


def test_a_file_without_header_gets_numbered_columns(tmp_path: Path) -> None:
    _, contract = drafted(tmp_path, PETS.split("\n", 1)[1].encode(), target="column_2")

    assert not contract.format.header
    assert contract.names[:2] == ("column_1", "column_2")


def test_what_says_nothing_about_a_row_is_left_out(tmp_path: Path) -> None:
    lines = ['"",customer_id,amount,kind']
    lines += [
        f'"{row}",{7919 * row % 100_003},{1_000_003 * row % 977},{"cat" if row % 3 else "dog"}' for row in range(60)
    ]
    read, contract = drafted(tmp_path, "\n".join(lines).encode())

    assert [name for name, column in columns(read).items() if column.get("ignored")] == ["unnamed_1", "customer_id"]
    assert [column.name for column in contract.features] == ["amount"]


def test_rows_that_repeat_but_for_their_number_widen_the_limit(tmp_path: Path) -> None:
    lines = ["id,amount,kind", *(f"{row},{row % 7},{'cat' if row % 3 else 'dog'}" for row in range(90))]
    read, _ = drafted(tmp_path, "\n".join(lines).encode())

    assert read["data"]["maximum_duplicate_fraction"] > 0.7  # type: ignore[index]


def test_numbers_become_a_regression_unless_the_caller_knows_better(tmp_path: Path) -> None:
    by_itself, _ = drafted(tmp_path, PETS.encode(), target="weight_kg")
    told, _ = drafted(tmp_path, PETS.encode(), target="legs", problem="multiclass")

    assert by_itself["problem"] == "regression"
    assert told["problem"] == "multiclass"


@pytest.mark.parametrize(
    ("content", "choices", "said"),
    [
        (b"", {}, "has no lines"),
        (b"a,b\n\x00,1\n", {}, "binary"),
        (b"one\ntwo\n", {}, "no separator"),
        (PETS.encode(), {"separator": "#"}, "--separator '#' does not cut"),
        (b"kind,x\na,1\n", {}, "1 rows; allowed: 50"),
        (PETS.encode(), {"target": "sort"}, "one of the columns id, kind"),
        (PETS.encode(), {"problem": "guess"}, "allowed: binary, multiclass, regression"),
        (PETS.encode(), {"problem": "regression"}, "holds text"),
        (PETS.encode(), {"positive": "cow"}, "allowed: cat, dog"),
        (PETS.encode(), {"name": "My Pets"}, "lower-case words"),
        (PETS.replace("again", "source").encode(), {}, "any but"),
        (PETS.replace("again", "Kind").encode(), {}, "different names"),
        (PETS.encode(), {"target": "weight_kg", "problem": "binary"}, "2 for a binary problem"),
        (
            NUMBERED_ONLY.encode(),
            {"target": "x"},
            "nothing to predict 'x' from .*no name.*; allowed: at least one column",
        ),
    ],
)
def test_what_cannot_be_drafted_is_one_line_with_what_is_allowed(
    tmp_path: Path, content: bytes, choices: dict[str, str], said: str
) -> None:
    with pytest.raises(DraftError, match=said) as caught:
        drafted(tmp_path, content, **choices)
    assert "\n" not in str(caught.value)


def test_the_command_writes_the_file_once(mlops: Mlops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_command, "MODELS", tmp_path)
    (tmp_path / "pets.csv").write_text(PETS)
    arguments = ("draft", str(tmp_path / "pets.csv"), "--target", "kind")

    first, again, forced = (
        mlops(Account(), *arguments),
        mlops(Account(), *arguments),
        mlops(Account(), *arguments, "--force"),
    )

    assert (first.code, again.code, forced.code) == (0, 2, 0)
    assert "config/models/pets.toml is there already" in again.err
    assert tomllib.loads((tmp_path / "pets.toml").read_text())["target"] == "kind"


def test_what_the_command_cannot_draft_is_wrong_use(mlops: Mlops, tmp_path: Path) -> None:
    ended = mlops(Account(), "draft", str(tmp_path / "gone.csv"), "--target", "kind")

    assert ended.code == 2
    assert "there is no such file" in ended.err


def test_a_folder_in_place_of_a_file_is_named_as_one(mlops: Mlops, tmp_path: Path) -> None:
    ended = mlops(Account(), "draft", str(tmp_path), "--target", "kind", "--name", "pets")

    assert ended.code == 2
    assert "this is a folder" in ended.err


cells = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\x00\x85\u2028\u2029"), max_size=12
)


@given(st.lists(st.tuples(cells, st.floats(-1e6, 1e6), st.sampled_from("ab")), min_size=60, max_size=90))
def test_any_file_gives_a_model_file_that_the_app_takes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float, str]]
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["words", "amount", "kind"])
    writer.writerows([*rows, ("first", 1.0, "a"), ("second", 2.0, "b")])
    _, contract = drafted(tmp_path_factory.mktemp("any"), written.getvalue().encode())

    assert contract.classes == ("a", "b")
