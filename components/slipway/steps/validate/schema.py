"""The schema: inferred or given, and what is written into it for the steps that follow."""

import math
from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind
from slipway.features.kinds import KindOfColumn
from slipway.statistics.tfdv_messages import features_by_name
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.tfdv import infer_schema

TRAINING, SERVING = "TRAINING", "SERVING"
LABEL_TAG = "label"
_DEVIATIONS = 3.0
_LEAST_DOMAIN_MASS = 0.5


def add_environments(schema: schema_pb2.Schema) -> None:
    """Add TRAINING and SERVING where they are not there yet."""
    for environment in (TRAINING, SERVING):
        if environment not in schema.default_environment:
            schema.default_environment.append(environment)


def infer(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, kinds: Mapping[str, KindOfColumn]
) -> schema_pb2.Schema:
    """Return TFDV's schema of the training split to the letter.

    What always was present must be, categories are closed, floats are finite. Columns that are no categories have no
    list of values. Ranges of numbers are left open: the largest value of a sample says little about the next one.
    """
    schema = infer_schema(statistics)
    add_environments(schema)
    for feature in schema.feature:
        if kinds[feature.name].kind is not ColumnKind.CATEGORICAL or feature.type == schema_pb2.INT:
            _drop_domain(schema, feature)
        if feature.type == schema_pb2.INT and kinds[feature.name].kind is ColumnKind.CATEGORICAL:
            # TFDV lists integers that are categories as a domain of strings, which it then refuses on an INT.
            feature.int_domain.is_categorical = True
        if feature.type == schema_pb2.FLOAT:
            feature.float_domain.disallow_inf = True
    return schema


def tolerate(
    strict: schema_pb2.Schema,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    smallest_split: int,
    tolerated_fraction: float,
) -> schema_pb2.Schema:
    """Return ``strict`` with room for a rare category, or a missing value, that training did not see.

    The share of rows with an unseen category is expected to be that of the categories seen once (Good, 1953, "The
    population frequencies of species and the estimation of population parameters", Biometrika 40). Room is left for
    that, for three standard deviations of it in a split of ``smallest_split`` rows, and at least for
    ``tolerated_fraction``.
    """
    schema = schema_pb2.Schema()
    schema.CopyFrom(strict)
    measured = features_by_name(statistics)
    for feature in schema.feature:
        if feature.presence.min_fraction == 1:
            feature.presence.min_fraction = 1 - _room(0.0, smallest_split, tolerated_fraction)
        if feature.WhichOneof("domain_info") in ("domain", "string_domain"):
            buckets = measured[feature.name].string_stats.rank_histogram.buckets
            total = sum(bucket.sample_count for bucket in buckets)
            once = sum(1 for bucket in buckets if bucket.sample_count == 1)
            mass = 1 - _room(once / total if total else 0.0, smallest_split, tolerated_fraction)
            feature.distribution_constraints.min_domain_mass = max(mass, _LEAST_DOMAIN_MASS)
    return schema


def annotate(schema: schema_pb2.Schema, kinds: Mapping[str, KindOfColumn], config: ValidateConfig) -> None:
    """Write into ``schema`` what transform and a serving check need; constraints stay as they are.

    Every feature gets its kind as a tag and the reason as a comment, timestamps a time domain, the label a tag and its
    absence from the SERVING environment, features a comparator for drift. What a given schema already says is kept.
    """
    for feature in schema.feature:
        if feature.name not in kinds:
            continue
        found = kinds[feature.name]
        if not set(feature.annotation.tag) & set(ColumnKind):
            feature.annotation.tag.append(found.kind.value)
        if not feature.annotation.comment:
            feature.annotation.comment.append(found.why)
        if (
            found.kind is ColumnKind.TIMESTAMP
            and feature.type == schema_pb2.INT
            and not feature.HasField("time_domain")
        ):
            feature.time_domain.integer_format = schema_pb2.TimeDomain.UNIX_SECONDS
        if feature.name == config.label:
            _mark_label(feature)
        _compare(feature, found.kind, config)


def kinds_in(schema: schema_pb2.Schema) -> dict[str, ColumnKind]:
    """Return the kinds that the features' tags state, by name.

    Raises:
        InputError: a feature has tags of two kinds.
    """
    kinds = {}
    for feature in schema.feature:
        named = [kind for kind in ColumnKind if kind.value in feature.annotation.tag]
        if len(named) > 1:
            raise InputError(f"the schema gives {feature.name!r} the kinds {' and '.join(named)}; it should give one")
        if named:
            kinds[feature.name] = named[0]
        elif feature.WhichOneof("domain_info") == "time_domain":
            kinds[feature.name] = ColumnKind.TIMESTAMP
        elif feature.int_domain.is_categorical or feature.float_domain.is_categorical:
            kinds[feature.name] = ColumnKind.CATEGORICAL
    return kinds


def _room(probability: float, rows: int, tolerated_fraction: float) -> float:
    deviation = _DEVIATIONS * math.sqrt(probability / rows) + _DEVIATIONS / rows
    return min(1.0, probability + max(tolerated_fraction, deviation))


def _mark_label(feature: schema_pb2.Feature) -> None:
    if LABEL_TAG not in feature.annotation.tag:
        feature.annotation.tag.append(LABEL_TAG)
    if not feature.in_environment and SERVING not in feature.not_in_environment:
        feature.not_in_environment.append(SERVING)


def _compare(feature: schema_pb2.Feature, kind: ColumnKind, config: ValidateConfig) -> None:
    if feature.HasField("drift_comparator"):
        return
    if kind is ColumnKind.CATEGORICAL:
        threshold = config.drift_limit(feature.name, categorical=True)
        feature.drift_comparator.infinity_norm.threshold = threshold
    elif kind is ColumnKind.NUMERIC and feature.type in (schema_pb2.INT, schema_pb2.FLOAT):
        threshold = config.drift_limit(feature.name, categorical=False)
        feature.drift_comparator.jensen_shannon_divergence.threshold = threshold


def _drop_domain(schema: schema_pb2.Schema, feature: schema_pb2.Feature) -> None:
    which = feature.WhichOneof("domain_info")
    if which == "domain":
        kept = [domain for domain in schema.string_domain if domain.name != feature.domain]
        del schema.string_domain[:]
        schema.string_domain.extend(kept)
    if which is not None:
        feature.ClearField(which)
