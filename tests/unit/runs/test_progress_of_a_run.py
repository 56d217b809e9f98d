"""What a run prints: a step's own seconds, and those it waited for imports."""

import io

import pytest
from rich.console import Console

from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.runs.local.progress import TerminalProgress, summary_table


def step(name, seconds, waited_seconds):
    return StepSummary(
        name=name,
        outcome=StepOutcome.SUCCEEDED,
        seconds=seconds,
        waited_seconds=waited_seconds,
        role="tfdv",
        figures={"rows": 1000.0},
    )


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=120)


def printed(console):
    return console.file.getvalue().splitlines()


def test_a_step_that_waited_for_imports_says_so_beside_its_own_seconds(console):
    TerminalProgress(console).finished(step("validate", 6.0, 3.9))
    assert printed(console) == ["✓ validate             2.1 s  (+3.9 s waiting for imports)  rows=1,000"]


def test_a_step_that_found_its_process_ready_says_nothing_of_waiting(console):
    TerminalProgress(console).finished(step("transform", 1.25, 0.004))
    assert printed(console) == ["✓ transform            1.2 s  rows=1,000"]


def test_the_table_has_own_seconds_and_waiting_apart(console):
    run = RunSummary(
        pipeline="p",
        run_id="p-1",
        outcome="succeeded",
        exit_code=0,
        exit_reason="every step succeeded",
        seconds=8.0,
        started="2026-11-01T00:00:00+00:00",
        steps=(step("ingest", 1.5, 0.0), step("validate", 6.0, 3.9)),
    )
    console.print(summary_table(run))
    assert [line.split() for line in printed(console)] == [
        ["step", "outcome", "seconds", "waited", "verdict"],
        ["ingest", "✓", "succeeded", "1.5"],
        ["validate", "✓", "succeeded", "2.1", "3.9"],
    ]


def test_own_seconds_are_those_without_the_waiting():
    assert step("validate", 6.0, 4.0).work_seconds == 2.0
