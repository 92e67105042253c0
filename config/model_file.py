"""The shape of a model's TOML file. What two keys must agree on stands in model_rules.py and the files beside it.

The text below a key is its description in the settings reference.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contract.model import MAXIMUM_NAME_LENGTH, MODEL_NAME

Text = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Number = int | float


class Table(BaseModel):
    """A TOML table: nothing unknown, nothing converted silently."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class FormatTable(Table):
    """[format]: how a line of an uploaded file is cut into values."""

    header: bool = True
    """Whether files begin with a line of column names."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """The character between two values."""
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    """The character around values that hold a separator or a line end."""
    encoding: Literal["utf-8", "ascii", "latin-1", "iso-8859-1", "iso-8859-15", "cp1252"] = "utf-8"
    """How characters are written as bytes."""
    trim: bool = True
    """Whether spaces around values are taken away."""
    missing: list[str] = [""]
    """Marks of a missing value."""


class ColumnTable(Table):
    """[[columns]]: one column of the file."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    """The column's name, as in the header line."""
    type: Literal["integer", "number", "text"]
    """What its values are."""
    required: bool = False
    """Whether a row without a value goes to quarantine."""
    minimum: Number | None = None
    """The smallest value; smaller ones send the row to quarantine. Not for text."""
    maximum: Number | None = None
    """The largest value; larger ones send the row to quarantine. Not for text."""
    allowed: Annotated[list[Text], Field(min_length=1)] | None = None
    """The values that a text column may have; for a target, its classes. Without it, unseen values count as "other"."""
    replacements: dict[str, str] = {}
    """Values that are read as another one, such as { "yes." = "yes" }."""
    ignored: bool = False
    """Whether the column only stands in the file: it is checked and kept, but nothing is predicted from it."""


class SplitTable(Table):
    """[split]: which rows train, which choose the candidate, which judge it."""

    validation_fraction: Share = 0.2
    """Share of rows that choose between candidates."""
    holdout: Literal["official", "fraction"] = "fraction"
    """Where the rows that judge come from: a share of the uploads, or files under holdout/<model>/."""
    holdout_fraction: Share = 0.2
    """Share of rows that judge, with holdout = "fraction"."""


class DataTable(Table):
    """[data]: what the data of a run must fulfil as a whole."""

    window_days: Count = 0
    """Files older than this are left out; 0 takes all."""
    maximum_quarantined_fraction: Fraction = 0.1
    """More quarantined rows than this stop the run."""
    minimum_training_rows: Positive = 100
    """Fewer rows than this stop the run."""
    maximum_duplicate_fraction: Fraction = 0.2
    """More repeated rows than this stop the run."""
    maximum_leaked_fraction: Fraction = 0.05
    """More hold-out rows than this that also train stop the run."""


class HyperparameterTable(Table):
    """[training.hyperparameters]: what the boosted candidate may be told; the linear one tunes itself."""

    rounds: Annotated[int, Field(ge=1, le=100_000)] = 500
    """The most trees, before early stopping."""
    early_stopping_rounds: Positive = 30
    """So many rounds without improvement on the validation rows end the training."""
    learning_rate: Part = 0.1
    """How much each tree counts."""
    max_depth: Annotated[int, Field(ge=1, le=64)] = 6
    """How deep a tree may be."""
    min_child_weight: Weight = 1.0
    """How much weight a leaf needs at least."""
    subsample: Part = 1.0
    """Share of rows that each tree sees."""
    colsample_bytree: Part = 1.0
    """Share of columns that each tree sees."""
    reg_lambda: Weight = 1.0
    """L2 penalty on the leaves."""
    reg_alpha: Weight = 0.0
    """L1 penalty on the leaves."""
    gamma: Weight = 0.0
    """The least gain for which a leaf is split."""
    max_bin: Annotated[int, Field(ge=2, le=65_536)] = 256
    """How many bins a number is sorted into."""
    max_cat_threshold: Positive = 64
    """How many categories a split may name."""
    max_cat_to_onehot: Positive = 4
    """Columns with fewer categories are split one against the rest."""


class TrainingTable(Table):
    """[training]: the job and what the training script is told."""

    instance_type: str = "ml.m5.large"
    """Instance type of the training job: x86, without GPU."""
    volume_gib: Annotated[int, Field(ge=1, le=16384)] = 10
    """Disk of the training job."""
    maximum_runtime_minutes: Annotated[int, Field(ge=1, le=7200)] = 60
    """How long a training job may run."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    """The same seed and data give the same model."""
    hyperparameters: HyperparameterTable = HyperparameterTable()
    """What the boosted candidate is told."""


class EvaluationTable(Table):
    """[evaluation]: how a candidate is looked at."""

    slices: list[str] = []
    """Columns for each of whose values metrics are reported."""
    minimum_holdout_rows: Positive = 1000
    """With fewer rows than this the verdict is "not enough data"."""


class ServingTable(Table):
    """[serving]: where this model differs from its environment."""

    instance_type: str | None = None
    """Instance type of this model's endpoint, instead of the environment's."""


class ScheduleTable(Table):
    """[schedule]: runs that no upload asks for."""

    cron: Text
    """When, in EventBridge's six fields and in UTC, such as "0 3 * * ? *"."""


class ModelFile(Table):
    """A whole file."""

    name: Annotated[str, Field(pattern=f"^{MODEL_NAME}$", max_length=MAXIMUM_NAME_LENGTH)]
    """The file's name: lower-case words joined by hyphens, at most 20 characters."""
    description: Text
    """What the model answers, in one sentence."""
    problem: Literal["binary", "multiclass", "regression"]
    """What kind of answer it gives."""
    target: Text
    """The column to predict."""
    positive: Text | None = None
    """The class whose probability is predicted; for binary problems only, and needed there."""
    format: FormatTable = FormatTable()
    """How files look."""
    columns: Annotated[list[ColumnTable], Field(min_length=2)]
    """The columns in the order of the file, the target included."""
    split: SplitTable = SplitTable()
    """Which rows do what."""
    data: DataTable = DataTable()
    """What the data must fulfil."""
    training: TrainingTable = TrainingTable()
    """The training job."""
    evaluation: EvaluationTable = EvaluationTable()
    """How a candidate is looked at."""
    gates: dict[str, Number] = {}
    """What a candidate must reach on the hold-out: limits by the name of their metric, and minimum_improvement."""
    serving: ServingTable = ServingTable()
    """Where this model differs from its environment."""
    schedule: ScheduleTable | None = None
    """Runs that no upload asks for."""

    def contract(self) -> dict[str, Any]:
        """The model's data contract: everything in the file but names of machines."""
        tables = ("format", "columns", "split", "data", "evaluation", "gates")
        content = self.model_dump(include={"problem", "target", "positive", *tables}, exclude_none=True)
        # Only what the file sets: the defaults of hyperparameters are the training script's own.
        hyperparameters = self.training.hyperparameters.model_dump(exclude_unset=True)
        training = {"seed": self.training.seed, "hyperparameters": hyperparameters}
        return {"contract_version": 1, "model": self.name, **content, "training": training}
