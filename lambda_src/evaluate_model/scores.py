"""Truth and scores as arrays in one order: the order of the labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """A model's answers about rows whose truth is known.

    Classification: truth and prediction are positions in the contract's classes, and probabilities has one column
    per class. Regression: truth and prediction are numbers, and probabilities has no column.
    """

    truth: Floats
    prediction: Floats
    probabilities: Floats

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: NDArray[np.int64] | Flags) -> "Scores":
        """The same for some rows only, by position or by mask."""
        return Scores(self.truth[rows], self.prediction[rows], self.probabilities[rows])
