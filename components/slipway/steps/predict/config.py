"""What can be set about predictions."""

from dataclasses import dataclass

from slipway.contracts.errors import InputError
from slipway.contracts.tables import SPLITS

_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictConfig:
    """Which rows are predicted, and what is stored beside the predictions.

    Attributes:
        model_uri: a pushed version such as s3://bucket/models/income/3, or ``<destination>/<model_name>/latest``; empty
            where the model is given as an artifact.
        splits: the splits whose rows are predicted; empty takes every one that the table has.
        keep_columns: columns of the table that are stored before the predictions, in this order; None keeps all of
            them, an empty list none.
        batch_size: rows predicted at once, in [1, 1000000]; memory grows with it.
    """

    model_uri: str = ""
    splits: tuple[str, ...] = ()
    keep_columns: tuple[str, ...] | None = None
    batch_size: int = 8192

    def __post_init__(self) -> None:
        """Refuse unknown splits, doubled columns and sizes out of range."""
        for split in self.splits:
            if split not in SPLITS:
                raise InputError(f"splits should be some of {', '.join(SPLITS)}, got {split!r}")
        for name, values in (("splits", self.splits), ("keep_columns", self.keep_columns or ())):
            doubled = [value for value in values if values.count(value) > 1]
            if doubled:
                raise InputError(f"{name} names {doubled[0]!r} more than once")
        if not 1 <= self.batch_size <= _MOST_ROWS:
            raise InputError(f"batch_size must lie in [1, {_MOST_ROWS}], got {self.batch_size}")
