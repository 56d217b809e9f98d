"""The harness of benchmarks: medians, ratios, memory, agreement; and a tiny benchmark whose contenders agree."""

import importlib.util
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.comparisons import Comparison, Contender, Goal, Reference, Run
from benchmarks.curves import write_curves
from benchmarks.measuring import agreement, compare, measure, speedup, spread, tree_bytes
from benchmarks.records import Record, Records, read_records
from benchmarks.results import render
from slipway.contracts.documents import write_document
from slipway.contracts.errors import SlipwayError

PYTHONS = {"launcher": Path(sys.executable)}


def run(process: float, *work: float, result: dict | None = None) -> Run:
    return Run(
        process_seconds=process,
        start_seconds=0.5,
        work_seconds=work,
        peak_bytes=2e6,
        load=0.1,
        result=result or {},
    )


def contender(function: str, **arguments: object) -> Contender:
    return Contender(name="c", environment="launcher", function=function, arguments=arguments, repeats=2)


def test_a_spread_is_median_smallest_and_largest():
    found = spread([3.0, 1.0, 10.0])
    assert (found.median, found.low, found.high) == (3.0, 1.0, 10.0)


def test_a_ratio_is_that_of_medians_by_measure():
    ours, theirs = [run(1, 2, 1, 3), run(3, 4, 1, 1), run(2, 90, 1, 1)], [run(8, 12, 5, 7)]
    assert speedup(ours, theirs, "process") == 4.0
    assert speedup(ours, theirs, "work") == 3.0
    assert speedup(ours, theirs, "warm") == 6.0


def test_work_that_was_not_repeated_has_no_warm_figure():
    assert math.isnan(speedup([run(1, 2)], [run(1, 2, 3)], "warm"))


@pytest.mark.parametrize(
    ("first", "other", "different"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-7}, ()),
        ({"a": 1.0}, {"a": 1.001}, ("a",)),
        ({"a": math.nan}, {"a": math.nan}, ()),
        ({"a": math.nan}, {"a": 1.0}, ("a",)),
        ({"a": math.inf}, {"a": 1.0}, ("a",)),
        ({"a": 0.0}, {"a": 0.0}, ()),
        ({"a": "x"}, {"a": "y"}, ("a",)),
        ({"a": "1.0"}, {"a": 1.0}, ("a",)),
    ],
)
def test_results_agree_within_the_tolerance_and_not_beyond(first, other, different):
    assert agreement(first, other, 1e-6).different == different


def test_names_that_only_one_result_has_are_told():
    found = agreement({"a": 1.0, "b": 2.0}, {"b": 2.0, "c": 1.0}, 0.0)
    assert (found.compared, found.missing) == (1, ("a", "c"))


def test_memory_is_that_of_the_whole_tree():
    """A process that holds 64 MB and starts a child that holds 96 MB more."""
    alone = measure(contender("benchmarks.own_cost:memory", megabytes=64, in_child=0), PYTHONS["launcher"])
    both = measure(contender("benchmarks.own_cost:memory", megabytes=64, in_child=96), PYTHONS["launcher"])
    assert 64e6 < alone.peak_bytes < 64e6 + 40e6
    assert both.peak_bytes - alone.peak_bytes == pytest.approx(96e6, abs=25e6)


def test_a_process_that_has_ended_has_no_memory():
    child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", ""])
    os.waitpid(child, 0)
    assert tree_bytes(child) == 0


def test_work_is_done_once_and_then_as_often_as_asked():
    found = measure(contender("benchmarks.own_cost:memory", megabytes=1, in_child=0), PYTHONS["launcher"])
    assert len(found.work_seconds) == 3
    assert found.process_seconds > found.start_seconds + sum(found.work_seconds)
    assert found.result == {"megabytes": 1.0}


def test_a_failing_contender_is_named_with_its_error():
    with pytest.raises(SlipwayError, match=r"c ended with 1:[\s\S]*unexpected keyword argument 'no'"):
        measure(contender("benchmarks.own_cost:memory", no=1), PYTHONS["launcher"])


def test_contenders_take_turns_slow_ones_once_and_absent_environments_are_left_out():
    seen: list[str] = []
    pair = Comparison(
        name="n",
        title="T",
        rows=0,
        contenders=tuple(
            Contender(
                name=name,
                environment=environment,
                function="benchmarks.own_cost:memory",
                arguments={"megabytes": 1, "in_child": 0},
                once=name == "b",
            )
            for name, environment in (("a", "launcher"), ("b", "launcher"), ("c", "absent"))
        ),
        rounds=2,
    )
    runs = compare(pair, PYTHONS, seen.append)
    assert [line.split(": ")[1] for line in seen] == ["a", "b", "a"]
    assert {name: len(found) for name, found in runs.items()} == {"a": 2, "b": 1}


@pytest.fixture
def records() -> Records:
    comparison = Comparison(
        name="n",
        title="Title",
        rows=1000,
        contenders=(contender("m:f"), Contender(name="peer", environment="x", function="m:g")),
        goals=(
            Goal(against="peer", measure="process", at_least=30.0),
            Goal(against="else", measure="work", at_least=2),
        ),
        references=(Reference(name="else", process_seconds=9, work_seconds=5, peak_bytes=None, source="there"),),
    )
    runs = {"c": (run(1, 2, result={"a": 1.0}),), "peer": (run(40, 2, result={"a": 2.0}),)}
    record = Record(comparison=comparison, date="today", command="make", runs=runs, skipped={"gone": "no wheel"})
    return Records(machine={"processor": "P"}, versions={"light": {"python": "3.11"}}, records={"n": record})


def test_the_page_tells_goals_differences_references_and_what_was_skipped(records):
    page = render(records)
    assert "| Title | peer | whole process | 30 | 40 | reached |" in page
    assert "| Title | else | work alone | 2 | 2.5 | reached |" in page
    assert "- peer: 0 of 1 results equal; **different**: a." in page
    assert "| else (reference) | 9 |" in page
    assert "- Not run: gone. no wheel." in page


def test_a_contender_over_its_memory_limit_is_ended_and_told():
    greedy = Contender(
        name="c",
        environment="launcher",
        function="benchmarks.own_cost:memory",
        arguments={"megabytes": 200, "in_child": 0},
        limit_bytes=100e6,
    )
    with pytest.raises(SlipwayError, match=r"c took [\d,]+ bytes, over its 100,000,000"):
        measure(greedy, PYTHONS["launcher"])


def point(curve: str, rows: int, columns: int, megabytes: float) -> Record:
    slipway = Contender(name="Slipway", environment="x", function="m:f", limit_bytes=768e6)
    comparison = Comparison(
        name=f"step {rows} {columns}", title="step", rows=rows, columns=columns, curve=curve, contenders=(slipway,)
    )
    found = replace(run(3, 2), peak_bytes=megabytes * 1e6)
    return Record(comparison=comparison, date="today", command="make", runs={"Slipway": (found,)}, skipped={})


def test_curves_are_one_table_whatever_the_number_of_points(records):
    points = [point("rows", 10, 18, 100), point("rows", 1000, 18, 150), point("columns", 10, 2000, 300)]
    page = render(replace(records, records=records.records | {each.comparison.name: each for each in points}))
    assert page.count("## ") == 3  # goals, the other comparison, the curves
    assert "| step | 1,000 | 18 | 3 | 2 | 150 | 768 |" in page
    assert "- step: 100 times the rows take 1.5 times the memory" in page
    assert "- step: 1 times the columns take 1 times the memory" in page


def test_the_chart_has_a_line_of_seconds_and_one_of_memory_for_each_step(tmp_path):
    write_curves([point("rows", 10, 18, 100), point("rows", 1000, 18, 150)], tmp_path / "curves.svg")
    drawn = (tmp_path / "curves.svg").read_text()
    assert "step, seconds of work" in drawn
    assert "step, GB" in drawn


def test_records_are_read_as_they_were_written(records, tmp_path):
    write_document(records, tmp_path / "results.json")
    assert read_records(tmp_path / "results.json") == records.records


@pytest.mark.skipif(importlib.util.find_spec("kfp") is None, reason="the launcher's environment is not this one")
def test_a_tiny_benchmark_runs_and_its_contenders_agree(tmp_path):
    """Ingest of 1,000 rows, in the role's environment where this machine has it."""
    from benchmarks.ingest import comparisons
    from benchmarks.results import told
    from benchmarks.workplace import Workplace
    from slipway.contracts.roles import Role
    from slipway.runs.local.environments import environment_path, is_ready

    if not is_ready(Role.LIGHT):
        pytest.skip("the environment of role light is not installed")
    pythons = {"light": environment_path(Role.LIGHT) / "bin" / "python"}
    place = Workplace(root=tmp_path, rows=1000, full=False, pythons=pythons)
    (comparison,) = comparisons(place)
    runs = {each.name: measure(each, pythons["light"]) for each in comparison.contenders}
    assert runs["Slipway"].result["rows"] == 1000
    for peer in ("pyarrow", "DuckDB"):
        assert told(comparison, runs["Slipway"], runs[peer]).startswith("36 results equal within 1e-09")
