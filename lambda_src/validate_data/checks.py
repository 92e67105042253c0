"""The contract's promises about the data as a whole. Pure."""

from collections.abc import Iterator, Mapping

from contract.model import Contract
from lambda_src.validate_data.findings import REFUSE, WARN, Finding
from lambda_src.validate_data.table import Measures


def check_contract(contract: Contract, where: str, measures: Measures) -> Iterator[Finding]:
    """No value in the clean data may break the contract: the ETL job has promised that."""
    for column in contract.columns:
        counts = measures.columns.get(column.name)
        if counts is None:
            continue
        required = column.required or column.name == contract.target
        broken = {
            "missing values": counts.missing if required else 0,
            f"values below {column.minimum}": counts.below,
            f"values above {column.maximum}": counts.above,
            "values that are not finite": counts.not_finite,
            "values that are not allowed": counts.not_allowed,
        }
        for what, count in broken.items():
            if count:
                yield Finding("contract", REFUSE, f"{count} {what} in the {where} rows", column=column.name)
        if not required and measures.rows and counts.missing == measures.rows:
            yield Finding("contract", WARN, f"every value is missing in the {where} rows", column=column.name)


def check_volume(contract: Contract, train: Measures, validation: Measures, heldout_rows: int) -> Iterator[Finding]:
    """Enough rows, in every split."""
    rows = train.rows + validation.rows
    minimum = contract.data.minimum_training_rows
    if rows < minimum:
        yield Finding("volume", REFUSE, f"there are {rows} training rows, minimum_training_rows is {minimum}")
    for where, count in (("train", train.rows), ("validation", validation.rows), ("hold-out", heldout_rows)):
        if not count:
            hint = (
                "; upload files under holdout/" if where == "hold-out" and contract.split.holdout == "official" else ""
            )
            yield Finding("volume", REFUSE, f"there are no {where} rows{hint}")


def check_target(contract: Contract, measures: Mapping[str, Measures]) -> Iterator[Finding]:
    """A model cannot learn what it never sees, nor be chosen or judged by rows that all have one answer."""
    for where, found in measures.items():
        if found.rows and found.target_values < 2:
            only = f"class {next(iter(found.classes))!r}" if contract.classes else "one value of the target"
            yield Finding("target", REFUSE, f"all {found.rows} {where} rows hold only {only}", column=contract.target)
    for name in contract.classes:
        if measures["train"].target_values > 1 and not measures["train"].classes.get(name):
            yield Finding("target", WARN, f"no train row has the class '{name}'", column=contract.target)


def check_duplicates(contract: Contract, rows: int, distinct: int) -> Iterator[Finding]:
    """Rows counted twice weigh twice."""
    maximum = contract.data.maximum_duplicate_fraction
    fraction = (rows - distinct) / rows if rows else 0.0
    if fraction > maximum:
        yield Finding(
            "duplicates",
            REFUSE,
            f"{rows - distinct} of {rows} training rows ({fraction:.1%}) repeat another one,"
            f" maximum_duplicate_fraction is {maximum:.1%}",
        )


def check_leakage(contract: Contract, heldout_rows: int, leaked: int) -> Iterator[Finding]:
    """A hold-out that was trained on judges nothing."""
    maximum = contract.data.maximum_leaked_fraction
    fraction = leaked / heldout_rows if heldout_rows else 0.0
    if fraction > maximum:
        yield Finding(
            "leakage",
            REFUSE,
            f"{leaked} of {heldout_rows} hold-out rows ({fraction:.1%}) also stand in the training data,"
            f" maximum_leaked_fraction is {maximum:.1%}",
        )


def check_evaluation_files(heldout_rows: int, feature_lines: int, label_lines: int) -> Iterator[Finding]:
    """The hold-out that is scored must be the hold-out that is stored."""
    if not heldout_rows == feature_lines == label_lines:
        yield Finding(
            "arithmetic",
            REFUSE,
            f"the hold-out has {heldout_rows} rows, but evaluation/ has {feature_lines} lines of features and"
            f" {label_lines} of labels: start the run again, and look at the ETL job if it happens again",
        )
