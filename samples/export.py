"""Write wine.csv and diabetes.csv from the copies that scikit-learn ships: python samples/export.py.

They are committed; this is the record of how they were made, and a test compares.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RENAMED = {"od280/od315_of_diluted_wines": "od280_od315"}


def wine_csv() -> str:
    """178 wines: thirteen measurements and the cultivar."""
    from sklearn.datasets import load_wine

    data: Any = load_wine()
    header = [RENAMED.get(name, name) for name in map(str, data.feature_names)]
    labels = [str(data.target_names[code]) for code in data.target]
    return _csv([*header, "cultivar"], zip(data.data, labels, strict=True))


def diabetes_csv() -> str:
    """442 patients: ten measurements and the progression of the disease after one year."""
    from sklearn.datasets import load_diabetes

    data: Any = load_diabetes(scaled=False)
    return _csv([*data.feature_names, "progression"], zip(data.data, map(_number, data.target), strict=True))


def _csv(header: Sequence[str], rows: Iterable[tuple[Iterable[float], str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([*map(_number, values), last] for values, last in rows)
    return text.getvalue()


def _number(value: float) -> str:
    """As short as a person would write it: 1 for 1.0, 0.1 for 0.1."""
    return str(int(value)) if float(value).is_integer() else str(float(value))


if __name__ == "__main__":
    (FOLDER / "wine" / "wine.csv").write_text(wine_csv())
    (FOLDER / "diabetes" / "diabetes.csv").write_text(diabetes_csv())
