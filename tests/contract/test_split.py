"""The split into rows that train, choose and judge."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from contract.model import Split
from contract.rows import Row
from contract.split import split_of, splits_of
from tests.contract.examples import CHURN, churn, official


def row(number: int, left: str = "yes") -> Row:
    return {"age": number, "spent": number / 7, "plan": "plus", "city": None, "left": left}


def test_the_shares_are_those_of_the_contract() -> None:
    contract = churn(split=Split(validation_fraction=0.25, holdout="fraction", holdout_fraction=0.2))
    counts = Counter(split_of(contract, row(number), "training") for number in range(20_000))

    assert abs(counts["holdout"] / 20_000 - 0.2) < 0.01
    assert abs(counts["validation"] / 20_000 - 0.8 * 0.25) < 0.01


def test_no_release_may_move_rows_between_the_splits() -> None:
    splits = "".join(split_of(CHURN, row(number), "training")[0] for number in range(40))

    assert splits == "ttttvhhtttttthvttvhttttvvtttthtthvvttvtt"


def test_an_official_holdout_takes_nothing_from_training() -> None:
    assert {split_of(official(), row(number), "training") for number in range(500)} == {"train", "validation"}


@given(st.integers(), st.sampled_from(["fraction", "official"]))
def test_all_of_an_official_holdout_is_held_out(number: int, holdout: str) -> None:
    contract = CHURN if holdout == "fraction" else official()

    assert split_of(contract, row(number), "holdout") == "holdout"


@given(st.integers())
def test_rows_with_the_same_features_share_a_split_whatever_their_label(number: int) -> None:
    assert split_of(CHURN, row(number, "yes"), "training") == split_of(CHURN, row(number, "no"), "training")


def test_the_possible_splits_of_an_object_are_known_before_it_is_read() -> None:
    assert splits_of(CHURN, "training") == ("train", "validation", "holdout")
    assert splits_of(official(), "training") == ("train", "validation")
    assert splits_of(official(), "holdout") == ("holdout",)
