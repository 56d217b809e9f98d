"""The kinds of columns that a TensorFlow Metadata schema states."""

from __future__ import annotations

from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind

_DOMAINS = {
    "string_domain": ColumnKind.CATEGORICAL,
    "bool_domain": ColumnKind.CATEGORICAL,
    "time_domain": ColumnKind.TIMESTAMP,
    "time_of_day_domain": ColumnKind.CATEGORICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedKind:
    """A kind, and what in the schema states it."""

    kind: ColumnKind
    why: str


def stated_kinds(schema: schema_pb2.Schema) -> dict[str, StatedKind]:
    """Return the kinds that features' tags state, or else their domains, by name.

    Raises:
        InputError: a feature has tags of two kinds.
    """
    domains = {domain.name for domain in schema.string_domain}
    found = {feature.name: _by_tag(feature) or _by_domain(feature, domains) for feature in schema.feature}
    return {name: stated for name, stated in found.items() if stated is not None}


def _by_tag(feature: schema_pb2.Feature) -> StatedKind | None:
    named = [kind for kind in ColumnKind if kind.value in feature.annotation.tag]
    if len(named) > 1:
        raise InputError(f"the schema gives {feature.name!r} the kinds {' and '.join(named)}; it should give one")
    return StatedKind(kind=named[0], why=f"tagged {named[0].value}") if named else None


def _by_domain(feature: schema_pb2.Feature, domains: set[str]) -> StatedKind | None:
    info = feature.WhichOneof("domain_info")
    if info == "domain" and feature.domain in domains:
        info = "string_domain"
    if feature.int_domain.is_categorical or feature.float_domain.is_categorical:
        return StatedKind(kind=ColumnKind.CATEGORICAL, why=f"its {info} is categorical")
    return StatedKind(kind=_DOMAINS[info], why=f"it has a {info}") if info in _DOMAINS else None
