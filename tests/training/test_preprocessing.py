"""Features: what is learned is plain JSON, and what was never seen has a place."""

import json

import numpy as np

from contract.rows import Row
from tests.contract.examples import CHURN
from training.arrays import Table, table_of_rows
from training.preprocessing import MOST_CATEGORIES, CategoryFeature, Preprocessing


def table(rows: list[Row]) -> Table:
    return table_of_rows(CHURN.features, rows)


def row(city: str | None, plan: str | None = "plus", spent: float | None = 1.0) -> Row:
    return {"age": 40, "spent": spent, "plan": plan, "city": city}


ROWS = [row("Bern")] * 7 + [row("Basel", spent=None)] * 6 + [row("Chur", None)] + [row(None)]


def test_what_was_learned_survives_json() -> None:
    learned = Preprocessing.fit(CHURN, table(ROWS))
    read = Preprocessing.from_json(json.loads(json.dumps(learned.to_json())))

    assert read == learned
    np.testing.assert_array_equal(read.codes(table(ROWS)), learned.codes(table(ROWS)))
    np.testing.assert_array_equal(read.indicators(table(ROWS)), learned.indicators(table(ROWS)))


def test_allowed_values_are_the_categories_and_open_texts_keep_their_frequent_ones() -> None:
    plan, city = Preprocessing.fit(CHURN, table(ROWS)).features[2:]

    assert plan == CategoryFeature("plan", ("basic", "plus", "max"), other=False)
    assert city == CategoryFeature("city", ("Bern", "Basel"), other=True)


def test_rare_and_unseen_texts_are_other_and_missing_ones_are_missing() -> None:
    learned = Preprocessing.fit(CHURN, table(ROWS))

    codes = learned.codes(table([row("Bern"), row("Chur"), row("Nowhere"), row(None)]))[:, 3]

    assert codes[:3].tolist() == [0.0, 2.0, 2.0]
    assert np.isnan(codes[3])


def test_an_open_text_cannot_grow_without_end() -> None:
    rows = [row(f"Town {number % 500}") for number in range(5000)]

    city = Preprocessing.fit(CHURN, table(rows)).features[3]

    assert isinstance(city, CategoryFeature)
    assert len(city.categories) == MOST_CATEGORIES


def test_indicators_are_scaled_filled_and_tell_what_was_missing() -> None:
    learned = Preprocessing.fit(CHURN, table([row("Bern", spent=value) for value in (1.0, 3.0, None)]))

    spent = learned.indicators(table([row("Bern", spent=value) for value in (1.0, 3.0, None)]))[:, 2:4]

    assert spent[:, 1].tolist() == [0.0, 0.0, 1.0]
    assert abs(spent[:, 0].mean()) < 1e-12
    assert spent[2, 0] == 0.0


def test_constant_and_empty_columns_stay_finite() -> None:
    rows = [row(None, spent=None)] * 3
    learned = Preprocessing.fit(CHURN, table(rows))

    assert np.isfinite(learned.indicators(table(rows))).all()
    assert json.loads(json.dumps(learned.to_json()))["features"][0]["scale"] == 1.0
