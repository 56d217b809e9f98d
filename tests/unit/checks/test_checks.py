"""Every check: what it finds, what it says, and that honest data are left alone."""

import inspect

import numpy as np
import pyarrow as pa
import pytest

from slipway.checks.check import CHECKS, PREVIOUS, Evidence, Scope, SplitEvidence, make_checks
from slipway.checks.running import needed_folds, reach_verdict, run_checks
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind
from slipway.contracts.validations import Anomaly, Drift, Finding
from slipway.contracts.verdicts import Verdict
from slipway.engines.entries.local import LocalEngine
from slipway.features.kinds import KindOfColumn
from slipway.statistics.column_batches import ColumnBatch
from slipway.statistics.column_statistics import ColumnStatistics

RANDOM = np.random.default_rng(8)
KINDS = {"age": ColumnKind.NUMERIC, "region": ColumnKind.CATEGORICAL, "y": ColumnKind.CATEGORICAL}


def feature(name, values):
    statistics = ColumnStatistics(column=name)
    state = statistics.add(
        statistics.create(), ColumnBatch([name], [values if isinstance(values, pa.Array) else pa.array(values)])
    )
    return statistics.extract(state).message


def columns(rows, **changed):
    found = {
        "age": RANDOM.normal(size=rows),
        "region": RANDOM.choice(["north", "south"], rows).tolist(),
        "y": RANDOM.choice(["no", "yes"], rows).tolist(),
        **changed,
    }
    return {name: feature(name, values) for name, values in found.items() if values is not None}


def evidence(splits=None, **changed):
    splits = splits or {"train": columns(400), "eval": columns(100), "test": columns(100)}
    facts = {
        "label": "y",
        "rows": {"train": 400, "eval": 100, "test": 100},
        "splits": {name: SplitEvidence(features=found) for name, found in splits.items()},
        "kinds": {name: KindOfColumn(kind=kind, why="as told") for name, kind in KINDS.items()},
    }
    return Evidence(**facts | changed)


def found(check, about, **settings):
    return list(make_checks(settings, {})[check].findings(about, check))


def results_of_no_rows(checks, kinds):
    """What the checks' own accumulators give of splits that share nothing."""
    results = {}
    for split in ("eval", "test", "train"):
        needed = needed_folds(checks, split, kinds, results)
        results[split] = {name: LocalEngine(1).fold([], folds) for name, folds in needed.items()}
    return results


def test_honest_data_have_no_finding_of_any_check():
    about, checks = evidence(), make_checks({}, {})
    assert run_checks(checks, about, results_of_no_rows(checks, about.kinds)) == ()


@pytest.mark.parametrize("name", CHECKS.names())
def test_a_check_describes_itself_and_has_settings_with_defaults(name):
    kind = CHECKS.get(name)
    assert inspect.getdoc(kind)
    assert kind() == kind()
    assert isinstance(kind.position, int)
    (listed,) = (item for item in CHECKS.listed() if item.name == name)
    assert listed.description


@pytest.mark.parametrize("name", CHECKS.names())
def test_what_a_check_asks_the_engine_for_comes_back_under_its_names(name):
    about, check = evidence(), make_checks({}, {})[name]
    for split in ("eval", "train"):
        folds = check.folds(Scope(split=split, kinds=about.kinds, earlier={}))
        assert set(LocalEngine(1).fold([], folds)) == set(folds)


def test_a_split_that_is_too_small_or_not_there_refuses():
    small, gone = found("rows", evidence(rows={"train": 400, "eval": 4}), min_rows=400, min_eval_rows=5)
    assert (small.message, small.refuses) == ("split eval has 4 rows; at least 5 are required", True)
    assert (gone.value, gone.bound) == (0, 5)
    assert found("rows", evidence(), min_rows=401)[0].value == 400


@pytest.mark.parametrize(
    ("values", "message", "refuses"),
    [
        (pa.nulls(9, pa.string()), "label y is missing in every row of split eval", True),
        (["a"] * 9, "label y has one value only in split eval; nothing can be learned", True),
        ([2.5] * 9, "label y has one value only in split eval; nothing can be learned", True),
        (["a", None, "b"], "label y is missing in 1 rows of split eval", False),
    ],
)
def test_a_label_that_cannot_be_learned_refuses_and_one_that_is_sometimes_missing_warns(values, message, refuses):
    (finding,) = found("label", evidence({"train": columns(400), "eval": columns(9, y=values)}))
    assert (finding.message, finding.refuses, finding.columns) == (message, refuses, ("y",))


def test_missing_values_refuse_above_the_bound_of_their_column_and_warn_where_most_are_missing():
    values = [None] * 60 + ["x"] * 40
    splits = {"train": columns(100, region=values), "eval": columns(100, region=values)}
    (warning,) = found("missing", evidence(splits))
    assert (warning.message, warning.refuses) == ("column region is missing in 60.0% of split train", False)
    refusals = found("missing", evidence(splits), max_missing_fraction=0.5)
    assert [(item.columns, item.value, item.bound, item.refuses) for item in refusals] == [
        (("region",), 0.6, 0.5, True)
    ] * 2
    lenient = found("missing", evidence(splits), max_missing_fraction=0.5, max_missing_fractions={"region": 0.6})
    assert [item.refuses for item in lenient] == [False]


def test_a_feature_that_predicts_the_label_alone_warns_and_refuses_on_request():
    about = evidence(leakage={"age": 0.989, "region": 0.99})
    (finding,) = found("leakage", about)
    expected = "column region alone predicts y (area under the ROC curve 0.9900); it may hold the label"
    assert (finding.message, finding.refuses, finding.value, finding.bound) == (expected, False, 0.99, 0.99)
    assert [item.refuses for item in found("leakage", about, fail_on_leakage=True)] == [True]


def test_rows_of_the_training_split_in_another_one_are_found_whatever_their_identifier():
    kinds = {
        "id": KindOfColumn(kind=ColumnKind.IDENTIFIER, why=""),
        "x": KindOfColumn(kind=ColumnKind.NUMERIC, why=""),
    }
    values = {"eval": [1, 2, 3, 4], "train": [1, 2, 3, 9, 9]}

    class Part:
        def __init__(self, split):
            self.split = split

        def batches(self):
            numbers = values[self.split]
            names = [f"{self.split}-{index}" for index in range(len(numbers))]
            yield ColumnBatch(["id", "x"], [pa.array(names), pa.array(numbers)])

    checks = {"duplicates": make_checks({}, {"duplicates": {"max_duplicate_fraction": 0.7}})["duplicates"]}
    results = {}
    for split in ("eval", "train"):
        folds = needed_folds(checks, split, kinds, results)["duplicates"]
        results[split] = {"duplicates": LocalEngine(2).fold([Part(split)], folds)}
    splits = {split: SplitEvidence(features={}) for split in values}
    about = Evidence(label="x", rows={}, splits=splits, kinds=kinds)
    (finding,) = run_checks(checks, about, results)
    assert finding.message == "75.0% of the rows of split eval also stand in split train"
    assert (finding.value, finding.bound, finding.refuses) == (0.75, 0.7, False)


def test_columns_that_are_no_features_warn_and_a_table_without_any_refuses():
    kinds = {
        "id": KindOfColumn(kind=ColumnKind.IDENTIFIER, why="100% of the values differ"),
        "note": KindOfColumn(kind=ColumnKind.FREE_TEXT, why="text"),
        "y": KindOfColumn(kind=ColumnKind.CATEGORICAL, why="label"),
    }
    first, second, last = found("columns", evidence(kinds=kinds))
    assert first.message == "identifier columns do not become features: id (100% of the values differ)"
    assert second.message == "free text columns do not become features: note (text)"
    assert (last.message, last.refuses) == ("no column becomes a feature; name the kind of some in kinds", True)


def test_anomalies_refuse_when_they_are_errors():
    anomalies = (
        Anomaly(feature="age", split="eval", short_description="", description="too old", severity="ERROR"),
        Anomaly(feature="", split="test", short_description="", description="too few", severity="WARNING"),
    )
    first, second = found("schema", evidence(anomalies=anomalies))
    assert (first.message, first.refuses, first.columns) == ("age (eval): too old", True, ("age",))
    assert (second.message, second.refuses, second.columns) == ("the data (test): too few", False, ())


def test_distances_above_their_threshold_refuse_by_what_was_compared():
    def drift(name, compared_with, distance):
        return Drift(feature=name, compared_with=compared_with, measure="l_infinity", distance=distance, threshold=0.1)

    about = evidence(
        drift=(drift("a", "eval", 0.1), drift("b", "eval", 0.2), drift("c", PREVIOUS, 0.3)), previous=columns(400)
    )
    (split,) = found("split_drift", about)
    expected = "b: the largest difference of a share between train and eval is 0.200; at most 0.100 is accepted"
    assert (split.message, split.refuses, split.value, split.bound) == (expected, True, 0.2, 0.1)
    (earlier,) = found("previous_drift", about)
    assert earlier.message.startswith("c: the largest difference of a share between train and the previous run is")


def test_what_changed_since_the_previous_run_is_said():
    gone = feature("gone", ["x"] * 400)
    before = {**columns(400, age=["old"] * 400, region=None), "gone": gone}
    rarely = ["a"] * 100 + [None] * 300
    about = evidence({"train": columns(400, y=rarely)}, previous=before)
    findings = {item.message: item.refuses for item in found("previous_drift", about)}
    assert findings == {
        "column gone of the previous run is gone": True,
        "column region was not in the previous run": False,
        "column age was STRING in the previous run and is FLOAT now; they are not compared": False,
        "missing values of column y went from 0.0% to 75.0% since the previous run": True,
    }
    assert found("previous_drift", evidence()) == []


def test_settings_go_to_the_checks_that_have_them():
    checks = make_checks({"min_rows": 7, "label": "y"}, {"label_shift": {"max_label_shift": 1}})
    assert checks["rows"].min_rows == 7
    assert checks["label_shift"].max_label_shift == 1.0
    assert list(checks) == sorted(CHECKS.names(), key=lambda name: (CHECKS.get(name).position, name))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"shift": {}}, "there is no check 'shift'; there are columns, duplicates"),
        ({"label_shift": {"max_shift": 1}}, "has no 'max_shift'; did you mean 'max_label_shift'"),
        ({"label_shift": {"max_label_shift": 4}}, r"max_label_shift must lie in \[0, pi\], got 4"),
        ({"rows": {"min_rows": 5}}, "min_rows of check 'rows' is a setting of its own"),
    ],
)
def test_a_setting_that_no_check_has_is_refused(own, message):
    with pytest.raises(InputError, match=message):
        make_checks({"min_rows": 50}, own)


@pytest.mark.parametrize(
    ("lenient", "expected"),
    [((), Verdict(reasons=("a",), warnings=("b",))), (("rows",), Verdict(warnings=("a", "b")))],
)
def test_a_finding_refuses_unless_its_check_may_only_warn(lenient, expected):
    findings = [Finding(check="rows", message="a", refuses=True), Finding(check="columns", message="b", refuses=False)]
    assert reach_verdict(findings, lenient) == expected
