"""Which columns are features and of which kind: by the call, then the schema's tags, then type and domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.examples import FeatureKind
from slipway.contracts.tables import Column
from slipway.steps.transform.config import TransformConfig

SERVING = "SERVING"
_UNUSED_TAGS = {
    "identifier": "an identifier says nothing about rows to come",
    "free_text": "free text has no encoding here",
    "constant": "it has one value",
}
_IDENTIFIER_FRACTION = 0.9
_IDENTIFIER_VALUES = 100
_FREE_TEXT_CHARACTERS = 60


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
    values: Callable[[str], pa.ChunkedArray],
) -> tuple[Reading, ...]:
    """The kind of every column but the label, in the order of the table.

    Args:
        columns: of the table.
        schema: its schema; may lack columns.
        config: what was asked for.
        values: training values by column name; asked for only when neither the call nor a tag decides.

    Raises:
        InputError: ``config`` names a column that the table does not have.
    """
    present = [column.name for column in columns]
    for name in (config.label, *config.exclude, *config.features):
        if name not in present:
            raise InputError(f"there is no column {name!r}; there are {', '.join(present)}")
    features = {feature.name: feature for feature in schema.feature}
    domains = {domain.name for domain in schema.string_domain}
    return tuple(
        _read_kind(column.name, features.get(column.name), schema, domains, config, values)
        for column in columns
        if column.name != config.label
    )


def _read_kind(
    name: str,
    feature: schema_pb2.Feature | None,
    schema: schema_pb2.Schema,
    domains: set[str],
    config: TransformConfig,
    values: Callable[[str], pa.ChunkedArray],
) -> Reading:
    if name in config.exclude:
        return Reading(name=name, kind=None, why="excluded by the call")
    options = config.options(name)
    if options.kind or options.encoding:
        kind = options.kind or (options.encoding.kind if options.encoding else None)
        return Reading(name=name, kind=kind, why="set by the call")
    forced = name in config.features
    if feature is not None:
        if not forced and not _is_served(feature, schema):
            return Reading(name=name, kind=None, why=f"the schema says that it is absent in {SERVING}")
        reading = _by_tag(name, feature, forced)
        if reading:
            return reading
    return _by_domain(name, feature, domains) or _by_type(name, values(name), forced)


def _is_served(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> bool:
    """Whether the schema expects the feature in a serving request (TFDV's rule for schema environments)."""
    if SERVING in feature.not_in_environment:
        return False
    if feature.in_environment:
        return SERVING in feature.in_environment
    return not schema.default_environment or SERVING in schema.default_environment


def _by_tag(name: str, feature: schema_pb2.Feature, forced: bool) -> Reading | None:
    for tag in feature.annotation.tag:
        if tag in _UNUSED_TAGS and not forced:
            return Reading(name=name, kind=None, why=f"tagged {tag}: {_UNUSED_TAGS[tag]}")
        if tag in tuple(FeatureKind):
            return Reading(name=name, kind=FeatureKind(tag), why=f"tagged {tag}")
    return None


def _by_domain(name: str, feature: schema_pb2.Feature | None, domains: set[str]) -> Reading | None:
    kinds: Mapping[str, FeatureKind] = {
        "string_domain": FeatureKind.CATEGORICAL,
        "bool_domain": FeatureKind.CATEGORICAL,
        "time_domain": FeatureKind.TIMESTAMP,
        "time_of_day_domain": FeatureKind.CATEGORICAL,
    }
    if feature is None:
        return None
    info = feature.WhichOneof("domain_info")
    if info == "domain" and feature.domain in domains:
        info = "string_domain"
    if feature.int_domain.is_categorical or feature.float_domain.is_categorical:
        return Reading(name=name, kind=FeatureKind.CATEGORICAL, why=f"its {info} is categorical")
    return Reading(name=name, kind=kinds[info], why=f"it has a {info}") if info in kinds else None


def _by_type(name: str, column: pa.ChunkedArray, forced: bool) -> Reading:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return Reading(name=name, kind=FeatureKind.TIMESTAMP, why=f"its type is {kind}")
    if pa.types.is_boolean(kind):
        return Reading(name=name, kind=FeatureKind.CATEGORICAL, why="its type is bool")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        if pa.types.is_integer(kind) and not forced and _counts_rows(column):
            return Reading(name=name, kind=None, why="it counts the rows: every integer of a range once")
        return Reading(name=name, kind=FeatureKind.NUMERIC, why=f"its type is {kind}")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _by_text(name, column, forced)
    why = "the train split has no value of it" if pa.types.is_null(kind) else f"type {kind} has no encoding here"
    return Reading(name=name, kind=None, why=why)


def _by_text(name: str, column: pa.ChunkedArray, forced: bool) -> Reading:
    present = column.drop_null()
    distinct = pc.count_distinct(present).as_py()
    if not forced and distinct > _IDENTIFIER_VALUES and distinct > _IDENTIFIER_FRACTION * len(present):
        length = pc.mean(pc.utf8_length(present)).as_py()
        why = "free_text" if length > _FREE_TEXT_CHARACTERS else "identifier"
        return Reading(name=name, kind=None, why=f"{distinct} values in {len(present)} rows: {_UNUSED_TAGS[why]}")
    return Reading(name=name, kind=FeatureKind.CATEGORICAL, why=f"text with {distinct} values")


def _counts_rows(column: pa.ChunkedArray) -> bool:
    if column.null_count or len(column) <= _IDENTIFIER_VALUES:
        return False
    ends = pc.min_max(column).as_py()
    return bool(ends["max"] - ends["min"] + 1 == len(column) == pc.count_distinct(column).as_py())
