"""Which problem the training labels pose."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ColumnKind, Label, Problem
from slipway.features.kinds import profile_column
from slipway.features.schema_kinds import StatedKind
from slipway.features.values import canonical
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.labels import LabelFinding, infer_label


def find(values: Any, stated: ColumnKind | None = None, **config: Any) -> LabelFinding:
    table = pa.table({"y": values})

    def count(accumulator: Any) -> Any:
        return accumulator.extract(accumulator.add(accumulator.create(), table))

    chunks = [canonical(chunk) for chunk in table["y"].chunks]
    column = pa.chunked_array(chunks)
    tag = StatedKind(kind=stated, why="tagged") if stated else None
    return infer_label(
        column.type,
        lambda: profile_column(column, str(table["y"].type)),
        tag,
        count,
        TransformConfig(label="y", **config),
    )


def infer(values: Any, **config: Any) -> Label:
    return find(values, **config).label


@pytest.mark.parametrize(
    ("values", "problem", "classes"),
    [
        (["b", "a", "a", None, ""], Problem.BINARY, ("a", "b")),
        (["b", "b", "a"], Problem.BINARY, ("b", "a")),
        (["b", "a"], Problem.BINARY, ("a", "b")),
        ([True, False, True], Problem.BINARY, ("true", "false")),
        ([0, 0, 1], Problem.BINARY, ("0", "1")),
        (["c", "a", "b"], Problem.MULTICLASS, ("a", "b", "c")),
        ([10, 9, 2], Problem.MULTICLASS, ("2", "9", "10")),
        (list(range(20)), Problem.MULTICLASS, tuple(map(str, range(20)))),
        (list(range(21)), Problem.REGRESSION, ()),
        ([0.5, 1.5], Problem.REGRESSION, ()),
    ],
)
def test_the_problem_and_its_classes(values: list[Any], problem: Problem, classes: tuple[str, ...]):
    label = infer(values)
    assert (label.problem, label.classes) == (problem, classes)


def test_whole_floats_are_classes_like_integers():
    """WHY: integers with a missing one are often stored as floats."""
    assert infer([0.0, 1.0, 1.0, None]).classes == ("1", "0")
    assert infer([float(value) for value in range(21)]).problem is Problem.REGRESSION


def test_the_schemas_tag_comes_before_the_values():
    assert find([0, 1, 1], ColumnKind.NUMERIC).label.problem is Problem.REGRESSION
    assert find(list(range(30)), ColumnKind.CATEGORICAL).label.problem is Problem.MULTICLASS


def test_a_sample_that_looks_like_classes_does_not_decide():
    """The profile is of a sample; the whole split has more values, or a fraction."""
    classes = profile_column(pa.array([0, 1]), "int64")
    for values in (list(range(30)), [0.0, 1.0, 0.5]):
        table = pa.table({"y": values})

        def count(accumulator: Any, table: pa.Table = table) -> Any:
            return accumulator.extract(accumulator.add(accumulator.create(), table))

        kind = table["y"].type
        found = infer_label(kind, lambda: classes, None, count, TransformConfig(label="y"))
        assert found.label.problem is Problem.REGRESSION


def test_the_positive_label_decides_which_class_is_second():
    assert infer([0, 0, 1], positive_label=0).classes == ("1", "0")


def test_asking_for_classes_overrides_the_type():
    assert infer([0.0, 1.0, 1.0], problem=Problem.BINARY).classes == ("1", "0")
    assert infer(list(range(30)), problem=Problem.MULTICLASS).classes == tuple(map(str, range(30)))
    assert infer(["a", "b", "b"], problem=Problem.MULTICLASS).classes == ("a", "b")


def test_classes_are_counted_in_their_order():
    finding = find(["a", "b", "b", None])
    assert (finding.label.classes, finding.counts) == (("b", "a"), (2, 1))


def test_a_regression_label_is_standardized_over_finite_values():
    label = infer([1.0, 2.0, 6.0, None, np.inf, np.nan])
    assert label.mean == 3.0
    assert label.standard_deviation == pytest.approx(np.std([1, 2, 6]))


@pytest.mark.parametrize(
    ("values", "config", "message"),
    [
        (["a", "a", None], {}, "one class in the train split, 'a'; it needs two"),
        ([None, ""], {}, "has no value in the 2 rows"),
        ([2.5, 2.5], {}, "is 2.5 in every row"),
        ([float("inf"), float("inf")], {}, "no finite value"),
        ([f"c{i}" for i in range(1001)], {}, "1001 classes in the train split, more than 1000"),
        (["a", "b", "c"], {"problem": Problem.BINARY}, "3 classes in the train split; a binary problem has two"),
        (["a", "b"], {"problem": Problem.REGRESSION}, "of type string cannot be read as numeric"),
    ],
)
def test_labels_that_teach_nothing_are_the_datas_fault(values: list[Any], config: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        infer(values, **config)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "positive_label 'c' is no class of 'y'; it has a and b"),
        (["a", "b", "d"], "'y' has 3 classes"),
        ([0.5, 1.5], "'y' is a number"),
    ],
)
def test_a_positive_label_that_does_not_fit_is_the_callers_fault(values: list[Any], message: str):
    with pytest.raises(InputError, match=message) as caught:
        infer(values, positive_label="c")
    assert not isinstance(caught.value, DataError)
