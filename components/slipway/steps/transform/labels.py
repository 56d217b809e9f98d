"""What is predicted: the problem and its classes, from the training labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import Label, Problem
from slipway.features.labels import label_ids
from slipway.features.values import categories
from slipway.steps.transform.config import TransformConfig

MOST_INTEGER_CLASSES = 20
MOST_CLASSES = 1000
_SOME = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFinding:
    """The label, what decided its problem, and training rows by class."""

    label: Label
    why: str
    counts: tuple[int, ...] = ()


def infer_label(column: pa.ChunkedArray, config: TransformConfig) -> LabelFinding:
    """The label as ``config`` and the training values say.

    Raises:
        DataError: no label is known, there is one class or value only, there are more than 1000 classes, or the
            values do not suit the problem that was asked for.
        InputError: ``positive_label`` is no class, or the problem is not binary.
    """
    counts = _count_classes(column)
    if not counts:
        raise DataError(f"label {config.label!r} has no value in the {len(column)} rows of the train split")
    kind, why = (config.problem, "set by the call") if config.problem else _infer_problem(column, len(counts))
    if kind is Problem.REGRESSION:
        if config.positive_class is not None:
            raise InputError(f"positive_label belongs to a binary problem, and {config.label!r} is a number: {why}")
        return _regression(column, config, why)
    if len(counts) < 2:
        raise DataError(
            f"label {config.label!r} has one class in the train split, {next(iter(counts))!r}; it needs two"
        )
    if len(counts) > MOST_CLASSES:
        raise DataError(
            f"label {config.label!r} has {len(counts)} classes in the train split, more than {MOST_CLASSES}; "
            "is it an identifier or free text?"
        )
    classes = sorted(counts, key=_class_order(column.type))
    kind = kind or (Problem.BINARY if len(classes) == 2 else Problem.MULTICLASS)
    if kind is Problem.BINARY:
        classes = _binary(classes, counts, config)
    elif config.positive_class is not None:
        raise InputError(f"positive_label belongs to a binary problem, and {config.label!r} has {len(classes)} classes")
    label = Label(name=config.label, problem=kind, classes=tuple(classes))
    return LabelFinding(label=label, why=why, counts=tuple(counts[name] for name in classes))


def _infer_problem(column: pa.ChunkedArray, distinct: int) -> tuple[Problem | None, str]:
    """The problem, None for classes whose number decides; and why."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind):
        if distinct <= MOST_INTEGER_CLASSES:
            return None, f"integers with {distinct} values"
        return Problem.REGRESSION, f"integers with {distinct} values, more than {MOST_INTEGER_CLASSES}"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Problem.REGRESSION, f"numbers of type {kind}"
    return None, f"{kind} with {distinct} values"


def _binary(classes: list[str], counts: dict[str, int], config: TransformConfig) -> list[str]:
    """The two classes, the positive one last."""
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


def _regression(column: pa.ChunkedArray, config: TransformConfig, why: str) -> LabelFinding:
    raw = Label(name=config.label, problem=Problem.REGRESSION)
    values = label_ids(column, raw).astype(np.float64)
    # Sorted, so that the sums do not depend on the order of the rows.
    values = np.sort(values[np.isfinite(values)])
    if not len(values):
        raise DataError(f"label {config.label!r} has no finite value in the {len(column)} rows of the train split")
    if values[0] == values[-1]:
        raise DataError(
            f"label {config.label!r} is {values[0]:g} in every row of the train split; nothing can be learned"
        )
    label = Label(
        name=config.label,
        problem=Problem.REGRESSION,
        mean=float(values.mean()),
        standard_deviation=float(values.std()),
    )
    return LabelFinding(label=label, why=why)


def _count_classes(column: pa.ChunkedArray) -> dict[str, int]:
    found = categories(column)
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found.names))
    return {name: int(count) for name, count in zip(found.names.to_pylist(), counts, strict=True) if count}


def _class_order(kind: pa.DataType):  # type: ignore[no-untyped-def]
    """A sort key: numbers by value, anything else by spelling."""
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return (lambda name: (float(name), name)) if numeric else (lambda name: name)
