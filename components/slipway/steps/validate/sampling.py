"""What a sample of the training split says: what each column is good for, between which edges to count, what leaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.contracts.examples import ColumnKind
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.engines.engine import Engine
from slipway.features.kinds import (
    FEATURE_KINDS,
    KindOfColumn,
    KindSettings,
    infer_kind,
    infer_label_kind,
    profile_column,
    state_kind,
)
from slipway.statistics.column_batches import encode_dictionary, is_number
from slipway.statistics.drift_histograms import Edges, quantile_edges
from slipway.statistics.leakage import Target, leakage_score, make_target, read_numbers
from slipway.statistics.parquet_parts import BLOCK_COLUMNS, column_names, read_sample
from slipway.steps.validate.config import ValidateConfig

SAMPLE_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledColumn:
    """What the sample says of a column.

    Attributes:
        kind: what it is good for.
        type: of its canonical form.
        edges: of equally full buckets, when it is numeric and has finite values.
        leakage: how well it alone predicts the label, when it is a feature and that can be said.
    """

    kind: KindOfColumn
    type: pa.DataType
    edges: tuple[float, ...] | None = None
    leakage: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """What the sample says of every column, in the order of the table."""

    columns: dict[str, SampledColumn]

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
        """Scores of the features of which one can be given."""
        return {name: column.leakage for name, column in self.columns.items() if column.leakage is not None}


@dataclass(frozen=True, slots=True)
class _KindRules:
    """What decides the kind of a column: settings first, then what a given schema states, then the values."""

    config: ValidateConfig
    stated: Mapping[str, ColumnKind]
    types: Mapping[str, str]
    rows: int

    def kind_of(self, name: str, column: pa.Array) -> KindOfColumn:
        """Return what a column is good for; ``column`` is in canonical form, from the sample.

        Raises:
            InputError: it cannot be what a setting or a schema says.
        """
        if name in self.config.kinds:
            return state_kind(name, self.config.kinds[name], column, "configured")
        if name in self.stated:
            return state_kind(name, self.stated[name], column, "stated by the given schema")
        profile = profile_column(column, self.types[name])
        if name == self.config.label:
            return infer_label_kind(profile)
        settings = KindSettings(max_integer_categories=self.config.max_integer_categories)
        return infer_kind(profile, self.rows, settings)


def inspect_sample(
    table: TableFolder, manifest: Manifest, config: ValidateConfig, stated: Mapping[str, ColumnKind], engine: Engine
) -> TrainingSample:
    """Look at every second, third, ... row of the training split: at most 100,000 rows, and some columns at a time.

    Raises:
        InputError: a column cannot be of the kind that is stated.
        DataError: the files cannot be read or have other columns than the manifest.
    """
    types = {column.name: column.type for column in manifest.columns}
    names, files = list(types), table.files(TRAIN)
    found = column_names(files[0])
    if found != names:
        raise DataError(f"the files hold the columns {', '.join(found)}; the manifest says {', '.join(names)}")
    rules = _KindRules(config, stated, types, sum(map(manifest.rows, SPLITS)))

    def sample(columns: list[str]) -> pa.Table:
        return read_sample(files, manifest.rows(TRAIN), SAMPLE_ROWS, columns)

    def columns() -> Iterator[tuple[str, pa.Array]]:
        for start in range(0, len(names), BLOCK_COLUMNS):
            block = sample(names[start : start + BLOCK_COLUMNS])
            for name, column in zip(block.column_names, block.columns, strict=True):
                yield name, column.combine_chunks()

    def inspect(item: tuple[str, pa.Array]) -> tuple[str, SampledColumn]:
        name, column = item
        kind = rules.kind_of(name, column)
        of_label = None if name == config.label or kind.kind not in FEATURE_KINDS else target
        return name, _inspect_column(column, kind, of_label)

    labels = sample([config.label]).column(0).combine_chunks()
    label_kind = rules.kind_of(config.label, labels).kind
    target = make_target(labels, categorical=label_kind is ColumnKind.CATEGORICAL)
    return TrainingSample(dict(engine.map(inspect, columns())))


def _inspect_column(column: pa.Array, kind: KindOfColumn, target: Target | None) -> SampledColumn:
    if not is_number(column.type):
        score = leakage_score(encode_dictionary(column), target) if target else None
        return SampledColumn(kind=kind, type=column.type, leakage=score)
    numbers = read_numbers(column)
    numeric = kind.kind is ColumnKind.NUMERIC and len(numbers.ordered) > 0
    return SampledColumn(
        kind=kind,
        type=column.type,
        edges=quantile_edges(numbers.ordered) if numeric else None,
        leakage=leakage_score(numbers, target) if target else None,
    )
