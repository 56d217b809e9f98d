"""Rows without a label are dropped, and a label that nothing can be learned from is refused."""

import pyarrow as pa
import pyarrow.compute as pc

from slipway.contracts.errors import DataError
from slipway.contracts.tables import TRAIN


class LabelFilter:
    """Drops rows without a label and counts them; remembers whether the others can be learned from.

    Attributes:
        dropped: rows without a label so far.
    """

    def __init__(self, label: str) -> None:
        """Start from nothing; ``label`` is empty where there is nothing to predict."""
        self.dropped = 0
        self._rows = 0
        self._label = label
        self._train_values: set[object] = set()

    def keep_labelled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that have a label; all when there is nothing to predict."""
        self._rows += batch.num_rows
        if not self._label or not batch[self._label].null_count:
            return batch
        self.dropped += batch[self._label].null_count
        return batch.filter(pc.is_valid(batch[self._label]))

    def note_written(self, rows: pa.RecordBatch, split: str) -> None:
        """Take note of the labels of rows that are written."""
        if self._label and split == TRAIN and len(self._train_values) < 2:
            self._train_values |= set(pc.unique(rows[self._label])[:2].to_pylist())

    def refuse_if_useless(self, names: str) -> None:
        """Refuse a table without rows, or whose labels in the train split are missing or all one value.

        Args:
            names: of the files, for the message.

        Raises:
            DataError: saying which.
        """
        if not self._rows:
            raise DataError(f"{names} has no rows, only the names of columns")
        if self._rows == self.dropped:
            raise DataError(f"the label {self._label!r} is missing in all {self._rows} rows of {names}")
        if self._label and len(self._train_values) == 1:
            (value,) = self._train_values
            raise DataError(
                f"the label {self._label!r} has one value in the train split, {value!r}; two are needed to learn from"
            )
