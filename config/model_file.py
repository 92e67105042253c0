"""The shape of a model's TOML file. What two keys must agree on stands in model_rules.py."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=0)]
Number = int | float

MAXIMUM_NAME_LENGTH = 20
NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Table(BaseModel):
    """A TOML table: nothing unknown, nothing converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class FormatTable(Table):
    """[format]: how a line of an uploaded file is cut into values."""

    header: bool = True
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Literal["utf-8", "ascii", "latin-1", "iso-8859-1", "iso-8859-15", "cp1252"] = "utf-8"
    trim: bool = True
    missing: list[str] = [""]


class ColumnTable(Table):
    """[[columns]]: one column of the file."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    type: Literal["integer", "number", "text"]
    required: bool = False
    minimum: Number | None = None
    maximum: Number | None = None
    allowed: Annotated[list[Text], Field(min_length=1)] | None = None
    replacements: dict[str, str] = {}
    ignored: bool = False


class SplitTable(Table):
    """[split]: which rows train, which choose the candidate, which judge it."""

    validation_fraction: Share = 0.2
    holdout: Literal["official", "fraction"] = "fraction"
    holdout_fraction: Share = 0.2


class DataTable(Table):
    """[data]: what the data of a run must fulfil as a whole."""

    window_days: Count = 0
    maximum_quarantined_fraction: Fraction = 0.1
    minimum_training_rows: Annotated[int, Field(ge=1)] = 100
    maximum_duplicate_fraction: Fraction = 0.2
    maximum_leaked_fraction: Fraction = 0.05


class TrainingTable(Table):
    """[training]: the job and what the training script is told."""

    instance_type: str = "ml.m5.large"
    volume_gib: Annotated[int, Field(ge=1, le=16384)] = 10
    maximum_runtime_minutes: Annotated[int, Field(ge=1, le=7200)] = 60
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    hyperparameters: dict[str, int | float | str | bool] = {}


class EvaluationTable(Table):
    """[evaluation]: how a candidate is looked at."""

    slices: list[str] = []
    minimum_holdout_rows: Annotated[int, Field(ge=1)] = 1000


class ServingTable(Table):
    """[serving]: where this model differs from its environment."""

    instance_type: str | None = None


class ScheduleTable(Table):
    """[schedule]: runs that no upload asks for."""

    cron: Text


class ModelFile(Table):
    """A whole file."""

    name: Annotated[str, Field(pattern=NAME_PATTERN, max_length=MAXIMUM_NAME_LENGTH)]
    description: Text
    problem: Literal["binary", "multiclass", "regression"]
    target: Text
    positive: Text | None = None
    format: FormatTable = FormatTable()
    columns: Annotated[list[ColumnTable], Field(min_length=2)]
    split: SplitTable = SplitTable()
    data: DataTable = DataTable()
    training: TrainingTable = TrainingTable()
    evaluation: EvaluationTable = EvaluationTable()
    gates: dict[str, Number] = {}
    serving: ServingTable = ServingTable()
    schedule: ScheduleTable | None = None

    def contract(self) -> dict[str, Any]:
        """What the contract says of this model: everything but names of machines."""
        tables = ("format", "columns", "split", "data", "evaluation", "gates")
        content = self.model_dump(include={"problem", "target", "positive", *tables}, exclude_none=True)
        training = self.training.model_dump(include={"seed", "hyperparameters"})
        return {"contract_version": 1, "model": self.name, **content, "training": training}
