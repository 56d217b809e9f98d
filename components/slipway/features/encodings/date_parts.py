"""Sine and cosine of month, day of week and hour, those that vary, and on request the time itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind
from slipway.features.date_parts import PERIODS, date_parts
from slipway.features.encoding import Batch, Block, FeatureGraph, FeaturePlan, GraphPart, Preference, Raw, Useless

if TYPE_CHECKING:
    import tensorflow as tf

    from slipway.features.counted import CountedTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePartsSettings:
    """Settings of date_parts.

    Attributes:
        elapsed_time: whether the standardized time itself is an element too. It leaves the range of the training data
            as time goes on.
    """

    elapsed_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePartsFit:
    """A time becomes waves of its parts.

    Attributes:
        parts: those that vary: ``month``, ``day_of_week``, ``hour``.
        mean: seconds since 1970 UTC; used when ``elapsed_time``.
        standard_deviation: seconds, above 0; likewise.
        elapsed_time: whether the standardized time itself is an element.
    """

    parts: tuple[str, ...]
    mean: float = 0.0
    standard_deviation: float = 1.0
    elapsed_time: bool = False


class DateParts:
    """Turn the parts of a date that come round again into waves."""

    kind = FeatureKind.TIMESTAMP
    Settings = DatePartsSettings
    Fit = DatePartsFit

    def preference(self, counted: CountedTimes, settings: DatePartsSettings) -> Preference | None:
        """Return the lowest rank: it always works."""
        return Preference(rank=1)

    def fit(self, counted: CountedTimes, settings: DatePartsSettings) -> DatePartsFit | Useless:
        """Return which parts vary, and the scale of elapsed time."""
        parts = tuple(name for name, counts in counted.parts.items() if (counts > 0).sum() > 1)
        if not parts and not settings.elapsed_time:
            return Useless(why="month, day of week and hour are the same in every row of the train split")
        return DatePartsFit(
            parts=parts,
            mean=counted.mean,
            standard_deviation=counted.standard_deviation or 1.0,
            elapsed_time=settings.elapsed_time,
        )

    def describe(self, fit: DatePartsFit) -> str:
        """Return the parts in a line."""
        parts = [part.replace("_", " ") for part in fit.parts]
        return ", ".join([*parts, "elapsed time"] if fit.elapsed_time else parts)

    def graph(self) -> FeatureGraph:
        """Return itself: the times of all features are taken apart together."""
        return self

    def build(self, features: Sequence[FeaturePlan]) -> GraphPart:
        """Return a block for each feature."""
        parts = [part for part in PERIODS if any(part in feature.fit.parts for feature in features)]
        return GraphPart(
            dense=[_block(feature, parts) for feature in features], prepare=lambda raw: _waves(raw, features, parts)
        )


def _block(feature: FeaturePlan, parts: Sequence[str]) -> Block:
    """Return the block of a feature, whose columns are some of those that ``_waves`` makes."""
    fit: DatePartsFit = feature.fit
    chosen = [column for part in fit.parts for column in (2 * parts.index(part), 2 * parts.index(part) + 1)]
    names = [f"{feature.name}_{part}_{wave}" for part in fit.parts for wave in ("sin", "cos")]
    if fit.elapsed_time:
        chosen.append(2 * len(parts))
        names.append(f"{feature.name}_elapsed")

    def encode(batch: Batch) -> tf.Tensor:
        import tensorflow as tf

        return tf.gather(batch.places[feature.name], chosen, axis=1)

    return Block(feature.name, names, encode)


def _waves(raw: Raw, features: Sequence[FeaturePlan], parts: Sequence[str]) -> dict[str, tf.Tensor]:
    """Return sine and cosine of each of ``parts``, and the elapsed time, of each feature: float32 (batch, columns).

    All are 0 where a time is missing.
    """
    import numpy as np
    import tensorflow as tf

    seconds = tf.stack([raw[feature.name] for feature in features])
    missing = tf.equal(seconds, MISSING_TIMESTAMP)
    seconds = tf.where(missing, tf.zeros_like(seconds), seconds)
    columns = []
    for part, value in date_parts(seconds, parts).items():
        angles = 2 * np.pi * np.arange(PERIODS[part]) / PERIODS[part]
        # Looked up, because TensorFlow's sine differs in the last bit with the place of a row in its batch.
        columns += [tf.gather(tf.constant(wave(angles), tf.float32), value) for wave in (np.sin, np.cos)]
    # float64, since float32 tells epoch seconds apart only by minutes.
    mean, deviation = (
        np.array([[getattr(feature.fit, name)] for feature in features]) for name in ("mean", "standard_deviation")
    )
    columns.append(tf.cast((tf.cast(seconds, tf.float64) - mean) / deviation, tf.float32))
    waves = tf.where(missing[:, :, None], 0.0, tf.stack(columns, axis=2))
    return dict(zip((feature.name for feature in features), tf.unstack(waves), strict=True))


ENTRY = DateParts()
