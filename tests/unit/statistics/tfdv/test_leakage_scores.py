import numpy as np
import pyarrow as pa
import pytest

from slipway.statistics.column_batches import encode_dictionary, is_number
from slipway.statistics.leakage import leakage_score, make_target, read_numbers

ROWS = 2_000
RANDOM = np.random.default_rng(3)
LABEL = RANDOM.integers(0, 2, ROWS)


def scores(table, label, features, *, categorical_label):
    target = make_target(table.column(label).combine_chunks(), categorical=categorical_label)
    columns = {name: table.column(name).combine_chunks() for name in features}
    columns = {
        name: read_numbers(item) if is_number(item.type) else encode_dictionary(item) for name, item in columns.items()
    }
    return {} if target is None else {name: leakage_score(column, target) for name, column in columns.items()}


def area_by_pairs(score, label):
    """Share of (positive, negative) pairs in the right order, ties half; the definition."""
    difference = score[label == 1][:, None] - score[label == 0][None, :]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def test_copies_of_the_label_score_one_and_noise_scores_chance():
    table = pa.table(
        {
            "y": LABEL,
            "text_copy": np.where(LABEL == 1, "paid", "open"),
            "number_copy": LABEL * 10.0 + RANDOM.random(ROWS),
            "noise": RANDOM.normal(size=ROWS),
            "unique": [f"row-{index}" for index in range(ROWS)],
        }
    )
    found = scores(table, "y", ["text_copy", "number_copy", "noise", "unique"], categorical_label=True)
    assert found["text_copy"] == 1.0
    assert found["number_copy"] > 0.99
    assert found["noise"] == pytest.approx(0.5, abs=0.05)
    assert found["unique"] == pytest.approx(0.5, abs=0.05)


def test_the_score_is_the_area_under_the_roc_curve_on_rows_it_was_not_fitted_on():
    group = RANDOM.integers(0, 5, ROWS)
    label = (RANDOM.random(ROWS) < group / 5).astype(int)
    found = scores(pa.table({"y": label, "group": group}), "y", ["group"], categorical_label=True)
    fitted = np.array([label[::2][group[::2] == value].mean() for value in range(5)])
    assert found["group"] == pytest.approx(area_by_pairs(fitted[group[1::2]], label[1::2]))


def test_presence_alone_can_hold_the_label():
    column = pa.array([1.0 if value else None for value in LABEL])
    assert scores(pa.table({"y": LABEL, "paid_at": column}), "y", ["paid_at"], categorical_label=True)["paid_at"] == 1.0


def test_several_classes_are_told_apart_one_against_the_rest():
    label = RANDOM.choice(["a", "b", "c"], ROWS)
    table = pa.table({"y": label, "copy": np.char.upper(label), "half": label == "a"})
    table = table.set_column(2, "half", table.column("half").cast(pa.string()))
    found = scores(table, "y", ["copy", "half"], categorical_label=True)
    assert found["copy"] == 1.0
    assert 0.7 < found["half"] < 0.95


def test_a_numeric_label_is_scored_by_its_rank():
    label = RANDOM.lognormal(size=ROWS)
    table = pa.table({"y": label, "converted": label * 1.1 + 3, "noise": RANDOM.normal(size=ROWS)})
    found = scores(table, "y", ["converted", "noise"], categorical_label=False)
    assert found["converted"] > 0.99
    assert found["noise"] < 0.05


def test_few_rows_or_one_class_say_nothing():
    few = pa.table({"y": [0, 1] * 20, "x": [0, 1] * 20})
    assert scores(few, "y", ["x"], categorical_label=True) == {}
    one = pa.table({"y": ["a"] * 200, "x": ["b"] * 200})
    assert scores(one, "y", ["x"], categorical_label=True) == {}
