"""What is predicted: the problem and its classes, from the training labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ColumnKind, Label, Problem
from slipway.features.counted import CountedCategories, CountedNumbers, weighted_moments
from slipway.features.kinds import LABEL_CLASSES, ColumnProfile, infer_label_kind
from slipway.features.schema_kinds import StatedKind
from slipway.statistics.accumulator import AnyAccumulator
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.value_counts import ValueCounts
from slipway.steps.transform.config import TransformConfig

MOST_CLASSES = 1000

Count = Callable[[AnyAccumulator], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFinding:
    """The label, what decided its problem, and training rows by class."""

    label: Label
    why: str
    counts: tuple[int, ...] = ()


def infer_label(
    kind: pa.DataType | None,
    profile: Callable[[], ColumnProfile],
    stated: StatedKind | None,
    count: Count,
    config: TransformConfig,
) -> LabelFinding:
    """Return the label as the call, the schema, and the training values say.

    Args:
        kind: type of the canonical form of the labels; None when they have none.
        profile: gives the profile of the training labels, or of a sample; called where neither the call nor the schema
            decides.
        stated: the kind that the schema states.
        count: gives what an accumulator makes of the training labels.
        config: what is set.

    Raises:
        DataError: no label is known, there is one class or value only, there are more than 1000 classes, or the
            values do not suit the problem that is set.
        InputError: ``positive_label`` is no class, or the problem is not binary.
    """
    if kind is None:
        raise DataError(f"label {config.label!r} holds several values in a row")
    problem, why = _problem(profile, stated, config)
    if problem is not Problem.REGRESSION:
        classes = count(CategoryCounts(config.label))
        _require_labels(classes, config)
        numeric = bool(pa.types.is_int64(kind) or pa.types.is_float64(kind))
        exceeds = _exceeds_classes(classes) if numeric and not (config.problem or _is_decisive(stated)) else ""
        if not exceeds:
            return _classes(classes, problem, numeric, why, config)
        why = exceeds
    if config.positive_class is not None:
        raise InputError(f"positive_label belongs to a binary problem, and {config.label!r} is a number: {why}")
    return _regression(count(ValueCounts(config.label)), why, config)


def _problem(
    profile: Callable[[], ColumnProfile], stated: StatedKind | None, config: TransformConfig
) -> tuple[Problem | None, str]:
    """Return the problem, None for classes whose number decides; and why."""
    if config.problem:
        return config.problem, "set by the call"
    if stated is not None and _is_decisive(stated):
        return Problem.REGRESSION if stated.kind is ColumnKind.NUMERIC else None, stated.why
    found = infer_label_kind(profile())
    return Problem.REGRESSION if found.kind is ColumnKind.NUMERIC else None, found.why


def _is_decisive(stated: StatedKind | None) -> bool:
    """Return whether the schema says that the label is a quantity or classes."""
    return stated is not None and stated.kind in (ColumnKind.NUMERIC, ColumnKind.CATEGORICAL)


def _exceeds_classes(classes: CountedCategories) -> str:
    """Return why numbers are a quantity although a sample of them looked like classes; empty when they are classes."""
    if classes.distinct > LABEL_CLASSES:
        return f"a quantity: whole numbers with {classes.distinct} values, more than {LABEL_CLASSES}"
    whole = all(float(name).is_integer() for name in classes.names.to_pylist())
    return "" if whole else "a quantity: numbers with fractions"


def _classes(
    counted: CountedCategories, problem: Problem | None, numeric: bool, why: str, config: TransformConfig
) -> LabelFinding:
    name = config.label
    if counted.distinct < 2:
        raise DataError(
            f"label {name!r} has one class in the train split, {counted.most_frequent(1)[0]!r}; it needs two"
        )
    if counted.distinct > MOST_CLASSES:
        raise DataError(
            f"label {name!r} has {counted.distinct} classes in the train split, more than {MOST_CLASSES}; "
            "is it an identifier or free text?"
        )
    counts = dict(zip(counted.names.to_pylist(), counted.counts.tolist(), strict=True))
    classes = sorted(counts, key=(lambda text: (float(text), text)) if numeric else str)
    problem = problem or (Problem.BINARY if len(classes) == 2 else Problem.MULTICLASS)
    if problem is Problem.BINARY:
        classes = _binary(classes, counts, config)
    elif config.positive_class is not None:
        raise InputError(f"positive_label belongs to a binary problem, and {name!r} has {len(classes)} classes")
    label = Label(name=name, problem=problem, classes=tuple(classes))
    return LabelFinding(label=label, why=why, counts=tuple(counts[class_name] for class_name in classes))


def _binary(classes: list[str], counts: dict[str, int], config: TransformConfig) -> list[str]:
    """Return the two classes, the positive one last."""
    if len(classes) != 2:
        raise DataError(
            f"label {config.label!r} has {len(classes)} classes in the train split; a binary problem has two"
        )
    positive = config.positive_class
    if positive is None:
        # min takes the first of equals, so the last in sorted order wins a tie.
        positive = min(reversed(classes), key=counts.__getitem__)
    if positive not in classes:
        raise InputError(f"positive_label {positive!r} is no class of {config.label!r}; it has {' and '.join(classes)}")
    return [*(name for name in classes if name != positive), positive]


def _regression(counted: CountedNumbers, why: str, config: TransformConfig) -> LabelFinding:
    name = config.label
    if not counted.present:
        if not counted.infinite:
            raise DataError(f"label {name!r} has no value in the {counted.rows} rows of the train split")
        raise DataError(f"label {name!r} has no finite value in the {counted.rows} rows of the train split")
    if len(counted.values) == 1:
        raise DataError(
            f"label {name!r} is {counted.values[0]:g} in every row of the train split; nothing can be learned"
        )
    mean, deviation = weighted_moments(counted.values, counted.counts)
    label = Label(name=name, problem=Problem.REGRESSION, mean=mean, standard_deviation=deviation)
    return LabelFinding(label=label, why=why)


def _require_labels(counted: CountedCategories, config: TransformConfig) -> None:
    if not counted.present:
        raise DataError(f"label {config.label!r} has no value in the {counted.rows} rows of the train split")
