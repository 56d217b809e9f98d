"""What a sample of the training split says: what each column is good for, between which edges to count, what leaks."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.steps.validate import leakage
from slipway.steps.validate.buffers import coded, numbers
from slipway.steps.validate.columns import BLOCK_COLUMNS, column_names, is_number, read_sample
from slipway.steps.validate.config import FEATURE_KINDS, ColumnKind, ValidateConfig
from slipway.steps.validate.distributions import Edges, quantile_edges
from slipway.steps.validate.kinds import KindOfColumn, kind_of

SAMPLE_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStudy:
    """What the sample says of a column.

    Attributes:
        kind: what it is good for.
        type: of its plain form.
        edges: of equally full buckets, when it is numeric and has finite values.
        leakage: how well it alone predicts the label, when it is a feature and that can be said.
    """

    kind: KindOfColumn
    type: pa.DataType
    edges: np.ndarray | None = None
    leakage: float | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """What the sample says of every column, in the order of the table."""

    columns: dict[str, ColumnStudy]

    @property
    def kinds(self) -> dict[str, KindOfColumn]:
        """What each column is good for."""
        return {name: column.kind for name, column in self.columns.items()}

    @property
    def edges(self) -> Edges:
        """Those of the numeric columns."""
        return {name: column.edges for name, column in self.columns.items() if column.edges is not None}

    @property
    def leakage(self) -> dict[str, float]:
        """Of the features that the label can be judged by."""
        return {name: column.leakage for name, column in self.columns.items() if column.leakage is not None}


def study(
    table: TableFolder,
    manifest: Manifest,
    config: ValidateConfig,
    stated: Mapping[str, ColumnKind],
    workers: Executor,
) -> Study:
    """Look at every second, third, ... row of the training split: at most 100,000 rows, and some columns at a time.

    Raises:
        InputError: a column is asked to be what it cannot be.
        DataError: the files cannot be read or have other columns than the manifest.
    """
    types = {column.name: column.type for column in manifest.columns}
    names, files, rows = list(types), table.files(TRAIN), sum(map(manifest.rows, SPLITS))
    found = column_names(files[0])
    if found != names:
        raise DataError(f"the files hold the columns {', '.join(found)}; the manifest says {', '.join(names)}")

    def sample(columns: list[str]) -> pa.Table:
        return read_sample(files, manifest.rows(TRAIN), SAMPLE_ROWS, columns)

    def look(name: str, column: pa.ChunkedArray) -> ColumnStudy:
        values = column.combine_chunks()
        return _look(values, kind_of(name, values, types[name], rows, config, stated), features.get(name))

    label = sample([config.label]).column(0).combine_chunks()
    label_kind = kind_of(config.label, label, types[config.label], rows, config, stated).kind
    target = leakage.target(label, categorical=label_kind is ColumnKind.CATEGORICAL)
    features = {name: target for name in names if name != config.label}
    columns: dict[str, ColumnStudy] = {}
    for start in range(0, len(names), BLOCK_COLUMNS):
        block = sample(names[start : start + BLOCK_COLUMNS])
        columns.update(zip(block.column_names, workers.map(look, block.column_names, block.columns), strict=True))
    return Study(columns)


def _look(column: pa.Array, kind: KindOfColumn, target: leakage.Target | None) -> ColumnStudy:
    judged = target if kind.kind in FEATURE_KINDS else None
    if not is_number(column.type):
        score = leakage.score(coded(column), judged) if judged else None
        return ColumnStudy(kind=kind, type=column.type, leakage=score)
    values = numbers(column)
    numeric = kind.kind is ColumnKind.NUMERIC and len(values.ordered) > 0
    return ColumnStudy(
        kind=kind,
        type=column.type,
        edges=quantile_edges(values.ordered) if numeric else None,
        leakage=leakage.score(values, judged) if judged else None,
    )
