"""Which examples fall into which slice."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec, FeatureKind, Label, Problem, RawFeature
from slipway.contracts.tables import Column
from slipway.metrics.slices import SliceOptions, columns_to_slice, make_slicings

SPEC = ExampleSpec(
    features=(RawFeature(name="zone", kind=FeatureKind.CATEGORICAL), RawFeature(name="age", kind=FeatureKind.NUMERIC)),
    label=Label(name="bought", problem=Problem.BINARY, classes=("no", "yes")),
    dense=(),
)
TABLE = pa.table(
    {
        "sex": ["f", "m", None, "f", "", "m", "f", "m"],
        "member": [True, False, True, True, None, False, False, True],
        "zone": [1, 2, 1, 2, 1, 2, 1, 2],
        "age": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, None],
        "name": list("abcdefgh"),
        "seen": [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 9)],
        "bought": ["yes", "no"] * 4,
    }
)
COLUMNS = [Column(name=field.name, type=str(field.type)) for field in TABLE.schema]


def sliced(**settings):
    """Rows of each slice by name, in the order they are made."""
    config = SliceOptions(**{"min_slice_examples": 1, "max_slice_values": 4, **settings})
    columns_to_slice(COLUMNS, SPEC, config)
    return {
        f"{slicing.feature}={value}": slicing.groups.rows[slicing.groups.ids == group].tolist()
        for slicing in make_slicings(TABLE, COLUMNS, SPEC, config)
        for group, value in enumerate(slicing.values)
    }


def test_columns_of_few_words_truth_values_and_categorical_features_are_sliced_by_themselves():
    """``name`` has too many values, ``age`` is a number, ``seen`` a moment, and the label would slice by the answer."""
    assert sliced() == {
        "sex=f": [0, 3, 6],
        "sex=m": [1, 5, 7],
        "sex=(missing)": [2, 4],
        "member=false": [1, 5, 6],
        "member=true": [0, 2, 3, 7],
        "member=(missing)": [4],
        "zone=1": [0, 2, 4, 6],
        "zone=2": [1, 3, 5, 7],
    }


def test_automatic_slices_can_be_turned_off():
    assert sliced(automatic_slices=False) == {}


def test_a_cross_is_named_as_tfma_names_it():
    found = sliced(automatic_slices=False, slices=(("sex", "zone"),))
    assert found["sex_X_zone=f_X_1"] == [0, 6]
    assert found["sex_X_zone=f_X_2"] == [3]
    assert found["sex_X_zone=(missing)_X_1"] == [2, 4]
    assert "sex_X_zone=(missing)_X_2" not in found


def test_one_value_can_be_asked_for_alone_and_crossed():
    assert sliced(automatic_slices=False, slices=("sex=f",)) == {"sex=f": [0, 3, 6]}
    assert sliced(automatic_slices=False, slices=(("sex=f", "member=true"),)) == {"sex_X_member=f_X_true": [0, 3]}


def test_a_number_with_many_values_is_cut_into_buckets_of_equal_size():
    assert sliced(automatic_slices=False, slices=("age",), numeric_buckets=3) == {
        "age=[-inf, 3)": [0, 1],
        "age=[3, 5)": [2, 3],
        "age=[5, inf)": [4, 5, 6],
        "age=(missing)": [7],
    }


def test_a_number_with_few_values_is_sliced_by_value():
    assert sliced(automatic_slices=False, slices=("age",), max_slice_values=8)["age=4"] == [3]


def test_moments_are_cut_into_buckets_named_by_date():
    found = sliced(automatic_slices=False, slices=("seen",), numeric_buckets=2)
    assert found == {"seen=[-inf, 2026-01-05T00:00:00)": [0, 1, 2, 3], "seen=[2026-01-05T00:00:00, inf)": [4, 5, 6, 7]}


def test_small_slices_are_left_out_and_named():
    config = SliceOptions(min_slice_examples=3, max_slice_values=4)
    slicings = {slicing.feature: slicing for slicing in make_slicings(TABLE, COLUMNS, SPEC, config)}
    assert set(slicings["sex"].values) == {"f", "m"}
    assert slicings["sex"].omitted == {"sex=(missing)": 2}


def test_a_value_that_does_not_occur_is_left_out_and_named():
    config = SliceOptions(automatic_slices=False, slices=("sex=x",))
    (slicing,) = make_slicings(TABLE, COLUMNS, SPEC, config)
    assert (slicing.values, slicing.omitted) == ((), {"sex=x": 0})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slices": ("gender",)}, "slices names 'gender', which is no column; there are sex, member, zone, age"),
        ({"slices": (("sex", "gender=f"),)}, "slices names 'gender=f'"),
        ({"fairness_features": ("gender",)}, "fairness_features names 'gender', which is no column"),
    ],
)
def test_an_unknown_column_is_refused_with_those_that_exist(settings, message):
    with pytest.raises(InputError, match=message):
        columns_to_slice(COLUMNS, SPEC, SliceOptions(**settings))


def test_only_columns_that_may_make_slices_are_read():
    config = SliceOptions(slices=("age",), fairness_features=("seen",))
    assert columns_to_slice(COLUMNS, SPEC, config) == ["sex", "member", "zone", "age", "name", "seen"]
    assert columns_to_slice(COLUMNS, SPEC, SliceOptions(automatic_slices=False)) == []


def test_every_example_is_in_one_bucket_whatever_the_distribution():
    values = np.random.default_rng(1).exponential(size=1000).round(1)
    table = pa.table({"x": values})
    config = SliceOptions(slices=("x",), automatic_slices=False, min_slice_examples=1, numeric_buckets=10)
    (slicing,) = make_slicings(table, [Column(name="x", type="double")], SPEC, config)
    assert sorted(slicing.groups.rows.tolist()) == list(range(1000))
