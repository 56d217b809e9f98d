"""The demo data holds what its truth says, no more and no less."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from slipway.contracts.errors import InputError
from slipway.demo.loan_faults import area_under_curve
from slipway.demo.loans import DemoData, main, write_demo_data

DRIFT = np.datetime64("2025-03-01")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoData:
    return write_demo_data(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def table(demo: DemoData) -> pa.Table:
    return pa.csv.read_csv(demo.csv, convert_options=pa.csv.ConvertOptions(strings_can_be_null=True))


@pytest.fixture(scope="module")
def truth(demo: DemoData) -> dict[str, Any]:
    return json.loads(demo.truth.read_text())


@pytest.fixture(scope="module")
def columns(table: pa.Table) -> dict[str, np.ndarray]:
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture(scope="module")
def defaulted(columns: dict[str, np.ndarray]) -> np.ndarray:
    return columns["defaulted"] == "yes"


def _digests(data: DemoData) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in (data.csv, data.truth, data.overrides)]


def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path, demo: DemoData):
    assert _digests(write_demo_data(tmp_path / "again")) == _digests(demo)
    other = write_demo_data(tmp_path / "other", seed=8)
    assert _digests(other)[0] != _digests(demo)[0]


@pytest.mark.parametrize(("rows", "seed", "message"), [(999, 7, "at least 1000"), (1_000, -1, "at least 0, got -1")])
def test_too_few_rows_and_impossible_seeds_are_refused(tmp_path: Path, rows: int, seed: int, message: str):
    with pytest.raises(InputError, match=message):
        write_demo_data(tmp_path, rows=rows, seed=seed)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_writes_what_the_function_writes(tmp_path: Path):
    main([str(tmp_path / "a"), "--rows", "1500", "--seed", "3"])
    written = DemoData(*(tmp_path / "a" / name for name in ("loans.csv", "truth.json", "overrides.yaml")))
    assert _digests(written) == _digests(write_demo_data(tmp_path / "b", rows=1_500, seed=3))


def test_the_command_line_refuses_as_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path), "--rows", "5"])
    assert caught.value.code == 2
    assert "rows must be at least 1000" in capsys.readouterr().err


def test_rows_have_ids_in_order_of_time_over_eighteen_months(columns, truth):
    assert truth["rows"] == 60_000 == len(columns["age"])
    assert columns["application_id"].tolist() == list(range(100_001, 160_001))
    moments = columns["applied_at"]
    assert np.all(moments[1:] >= moments[:-1])
    assert len(np.unique(moments.astype("datetime64[M]"))) == 18


def test_columns_are_of_many_types(table):
    kinds = Counter(str(field.type) for field in table.schema)
    assert {"int64", "double", "string", "bool", "date32[day]", "timestamp[s]"} == set(kinds)


def test_the_label_is_as_frequent_as_the_truth_says(defaulted, truth):
    assert truth["label"]["positive_rate"] == round(float(defaulted.mean()), 6)
    assert 0.2 < defaulted.mean() < 0.25


def test_most_applicants_apply_more_than_once(columns, truth):
    counts = Counter(columns["applicant_id"].tolist())
    assert len(counts) == truth["groups"]
    assert 1.8 < len(columns["age"]) / len(counts) < 3


def test_cells_are_missing_where_the_truth_says(table, truth):
    found = {name: table[name].null_count for name in table.column_names if table[name].null_count}
    assert found == {name: gap["rows"] for name, gap in truth["missing_values"].items()}


def test_missing_scores_depend_on_age_and_missing_incomes_do_not_fall_evenly(table, columns):
    missing = table["credit_score"].is_null().to_numpy()
    young = columns["age"] < 26
    assert missing[young].mean() == pytest.approx(0.3, abs=0.03)
    assert missing[~young].mean() == pytest.approx(0.02, abs=0.005)


def test_the_leak_gives_the_label_away(columns, defaulted, truth):
    leak = truth["faults"]["leak"]
    found = area_under_curve(columns[leak["column"]].astype(float), defaulted)
    assert leak["auc_alone"] == round(found, 6)
    assert found > 0.97


def test_near_duplicates_repeat_everything_but_the_named_columns(table, columns, truth):
    duplicates = truth["faults"]["near_duplicates"]
    pairs = np.array(duplicates["pairs_original_copy"]) - 100_001
    assert pairs.shape == (duplicates["copies"], 2) == (900, 2)
    originals, copies = table.take(pairs[:, 0]), table.take(pairs[:, 1])
    differing = {name for name in table.column_names if not originals[name].equals(copies[name])}
    assert differing == set(duplicates["changed_columns"])
    people = columns["applicant_id"]
    assert not np.any(people[pairs[:, 0]] == people[pairs[:, 1]])
    days = np.abs((columns["applied_at"][pairs[:, 0]] - columns["applied_at"][pairs[:, 1]]) / np.timedelta64(1, "D"))
    assert days.max() <= 20
    assert np.nanmax(np.abs(copies["annual_income"].to_numpy() / originals["annual_income"].to_numpy() - 1)) < 0.0101
    assert np.abs(copies["loan_amount"].to_numpy() - originals["loan_amount"].to_numpy()).max() <= 50


def test_nothing_but_the_named_pairs_is_a_near_duplicate(table, truth):
    duplicates = truth["faults"]["near_duplicates"]
    names = [name for name in table.column_names if name not in duplicates["changed_columns"]]
    keys = Counter(zip(*(table[name].to_pylist() for name in names), strict=True))
    assert sum(count - 1 for count in keys.values()) == duplicates["copies"]


def test_from_the_drift_month_on_the_named_columns_have_moved(columns, truth):
    drift = truth["faults"]["drift"]
    late = columns["applied_at"] >= DRIFT
    assert drift["from_month"] == "2025-03"
    assert drift["rows_after"] == late.sum()
    assert drift["first_row_id"] == columns["application_id"][late][0]
    shift = drift["covariate_shift"]
    used = columns["credit_utilization"]
    assert shift["credit_utilization"]["mean_before"] == pytest.approx(used[~late].mean(), abs=1e-5)
    assert used[late].mean() - used[~late].mean() > 0.1
    mobile = columns["channel"] == "mobile"
    assert shift["channel"]["mobile_after"] == pytest.approx(mobile[late].mean(), abs=1e-5)
    assert mobile[late].mean() > 2 * mobile[~late].mean()


def test_columns_that_the_drift_does_not_name_have_not_moved(columns):
    late = columns["applied_at"] >= DRIFT
    for name in ("age", "open_accounts", "delinquencies_2y", "term_months", "inquiries_6m"):
        values = columns[name][~np.isnan(columns[name].astype(float))].astype(float)
        now = late[~np.isnan(columns[name].astype(float))]
        assert abs(values[now].mean() - values[~now].mean()) < 0.1 * values.std(), name  # people grow older


def test_the_concept_has_changed_as_the_truth_says(columns, defaulted, truth):
    """The score says much before the drift and little after, while the rate of defaults stays."""
    known = ~np.isnan(columns["credit_score"].astype(float))
    late = columns["applied_at"] >= DRIFT
    before, after = (
        area_under_curve(-columns["credit_score"][rows].astype(float), defaulted[rows])
        for rows in (known & ~late, known & late)
    )
    assert before > 0.7
    assert after < before - 0.05
    weights = truth["faults"]["drift"]["concept_change"]["weights"]
    assert abs(weights["credit_score"]["after"]) < abs(weights["credit_score"]["before"])
    rates = truth["faults"]["drift"]["positive_rate"]
    assert rates["before"] == pytest.approx(rates["after"], abs=0.01)


def test_in_the_weak_slice_the_strongest_columns_say_nothing(columns, defaulted, truth):
    weak = truth["faults"]["weak_slice"]
    rows = (columns[weak["column"]] == weak["value"]) & ~np.isnan(columns["credit_score"].astype(float))
    assert (columns[weak["column"]] == weak["value"]).sum() == weak["rows"]
    for name in ("credit_score", "debt_to_income", "credit_utilization"):
        assert area_under_curve(columns[name][rows].astype(float), defaulted[rows]) == pytest.approx(0.5, abs=0.03)


def test_flipped_labels_are_defaults_of_the_named_group(columns, defaulted, truth):
    bias = truth["faults"]["biased_labels"]
    rows = np.array(bias["row_ids"]) - 100_001
    assert len(rows) == bias["flipped"]
    assert set(columns[bias["column"]][rows]) == {bias["value"]}
    assert defaulted[rows].all()
    group = columns[bias["column"]] == bias["value"]
    honest = defaulted.copy()
    honest[rows] = False
    assert bias["measured_rate_among_repaid"] == round(len(rows) / (~honest[group]).sum(), 6)
    assert bias["measured_rate_among_repaid"] == pytest.approx(bias["rate_among_repaid"], abs=0.01)
    assert bias["positive_rate"]["group_recorded"] > bias["positive_rate"]["others"] + 0.05


def test_a_good_model_can_do_well_and_not_perfectly(truth):
    assert 0.83 < truth["best_auc"]["all_rows"] < 0.92
    assert truth["faults"]["weak_slice"]["best_auc_elsewhere"] > truth["best_auc"]["all_rows"]


def test_the_overrides_name_columns_of_the_table_and_leave_the_features(demo, table, truth):
    """Written without a YAML library, so read without one."""
    lines = [line.split("#")[0].rstrip() for line in demo.overrides.read_text().splitlines()]
    excluded = [line.removeprefix("    - ") for line in lines if line.startswith("    - ")]
    assert "  group_column: applicant_id" in lines
    assert "  fairness_features: [gender, age, ethnic_group]" in lines
    assert [line for line in lines if line.endswith(":") and line[0] != " "] == ["ingest:", "evaluate_slices:"]
    assert [name for name in table.column_names if name not in excluded] == [*truth["features"], "defaulted"]


def test_the_curves_area_counts_ties_half():
    scores = np.array([0.1, 0.4, 0.4, 0.8])
    assert area_under_curve(scores, np.array([False, True, False, True])) == 0.875
