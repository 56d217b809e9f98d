"""Which columns are features and of which kind: by the call, then the schema, then the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind, FeatureKind
from slipway.contracts.tables import Column
from slipway.features.encoding import ENCODINGS
from slipway.features.kinds import ColumnProfile, KindSettings, infer_feature_kind, infer_kind
from slipway.features.schema_kinds import StatedKind, stated_kinds
from slipway.steps.transform.config import TransformConfig

SERVING = "SERVING"
_WHY_UNUSED = {
    ColumnKind.IDENTIFIER: "an identifier says nothing about rows to come",
    ColumnKind.FREE_TEXT: "free text has no encoding here",
    ColumnKind.CONSTANT: "it has one value",
}
Profiles = Callable[[Sequence[str]], Mapping[str, ColumnProfile | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a column is read; ``kind`` is None when it is no feature."""

    name: str
    kind: FeatureKind | None
    why: str


def read_kinds(
    columns: Sequence[Column],
    schema: schema_pb2.Schema,
    config: TransformConfig,
    profiles: Profiles,
    rows: int,
) -> tuple[Reading, ...]:
    """Return the kind of every column but the label, in the order of the table.

    Args:
        columns: of the table.
        schema: its schema; may lack columns.
        config: what is set.
        profiles: gives profiles of training values by column; called for what neither the call nor the schema decides.
        rows: of all splits together.

    Raises:
        InputError: ``config`` names a column that the table does not have, or the schema states two kinds of one.
    """
    present = [column.name for column in columns]
    for name in (config.label, *config.exclude, *config.features):
        if name not in present:
            raise InputError(f"there is no column {name!r}; there are {', '.join(present)}")
    features = {feature.name: feature for feature in schema.feature}
    stated = stated_kinds(schema)
    readings = {
        name: _decided(name, features.get(name), schema, stated.get(name), config)
        for name in present
        if name != config.label
    }
    open_columns = [column for column in columns if column.name in readings and readings[column.name] is None]
    profiled = profiles([column.name for column in open_columns]) if open_columns else {}
    for column in open_columns:
        readings[column.name] = _by_values(column, profiled[column.name], rows, config)
    return tuple(reading for reading in readings.values() if reading is not None)


def _decided(
    name: str,
    feature: schema_pb2.Feature | None,
    schema: schema_pb2.Schema,
    stated: StatedKind | None,
    config: TransformConfig,
) -> Reading | None:
    """Return how the call or the schema says that a column is read; None when neither does."""
    if name in config.exclude:
        return Reading(name=name, kind=None, why="excluded by the call")
    options = config.options(name)
    if options.kind or options.encoding:
        kind = options.kind or ENCODINGS.get(options.encoding or "").kind
        return Reading(name=name, kind=kind, why="set by the call")
    named = config.is_named(name)
    if feature is not None and not named and not _is_served(feature, schema):
        return Reading(name=name, kind=None, why=f"the schema says that it is absent in {SERVING}")
    if stated is None or (stated.kind in _WHY_UNUSED and named):
        return None
    if stated.kind in _WHY_UNUSED:
        return Reading(name=name, kind=None, why=f"{stated.why}: {_WHY_UNUSED[stated.kind]}")
    return Reading(name=name, kind=FeatureKind(stated.kind.value), why=stated.why)


def _is_served(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> bool:
    """Return whether the schema expects the feature in a serving request (TFDV's rule for schema environments)."""
    if SERVING in feature.not_in_environment:
        return False
    if feature.in_environment:
        return SERVING in feature.in_environment
    return not schema.default_environment or SERVING in schema.default_environment


def _by_values(column: Column, profile: ColumnProfile | None, rows: int, config: TransformConfig) -> Reading:
    """Return how a column is read for its type and values."""
    if profile is None:
        return Reading(name=column.name, kind=None, why=f"type {column.type} has no encoding here")
    if profile.stored_type == "null":
        return Reading(name=column.name, kind=None, why="the train split has no value of it")
    found = infer_kind(profile, rows, KindSettings())
    if found.kind in (ColumnKind.IDENTIFIER, ColumnKind.FREE_TEXT) and not config.is_named(column.name):
        return Reading(name=column.name, kind=None, why=f"{found.why}: {_WHY_UNUSED[found.kind]}")
    if found.kind in _WHY_UNUSED:
        # Whether a column is constant is told by counting all of it; this may be a sample.
        found = infer_feature_kind(profile, KindSettings())
    return Reading(name=column.name, kind=FeatureKind(found.kind.value), why=found.why)
