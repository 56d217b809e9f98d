"""What fits on a screen is measured by a browser, where this machine has one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.runs.report.page import write_run_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Real names and figures: the longest of each that a step of the reference pipeline reports.
FIGURES = {
    "latency_milliseconds_float": 0.002466,
    "auc_precision_recall": 0.6293,
    "examples_per_second": 1234567.0,
    "input_wait_fraction": 0.006785,
    "slices_below_threshold": 12.0,
    "rows_without_label": 123456.0,
    "hidden": 1.0,
}
MEASURE = """<script>
const table = document.querySelector(".steps .table");
document.body.dataset.measured = [table.scrollWidth, table.clientWidth, document.body.scrollWidth, innerWidth].join();
</script></body>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on PATH")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report whose steps have every column and both links."""
    (tmp_path / "log").write_text("done\n")
    (tmp_path / "page").write_text("<!doctype html><title>a step</title>")
    step = StepSummary(
        name="train-distributed",
        outcome=StepOutcome.SUCCEEDED,
        seconds=12345.6,
        waited_seconds=123.4,
        role="tensorflow",
        figures=FIGURES,
        log=str(tmp_path / "log"),
        artifacts={"report": str(tmp_path / "page")},
    )
    run = RunSummary(
        pipeline="continuous-training",
        run_id="20261122-030405",
        outcome="succeeded",
        exit_code=0,
        exit_reason="every step succeeded",
        seconds=75.4,
        started="2026-11-22T03:04:05+00:00",
        steps=(step,),
    )
    page = write_run_report(run, tmp_path)
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", MEASURE), encoding="utf-8")
    return page


def measured(report: Path, width: int) -> tuple[int, ...]:
    """The step table's content and own width, and those of the page and the window, in CSS pixels."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900", "--dump-dom"]
    command = [str(BROWSER), *options, f"--user-data-dir={report.parent / 'profile'}", report.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    (numbers,) = re.findall(r'data-measured="([\d,]+)"', done.stdout)
    return tuple(map(int, numbers.split(",")))


def test_nothing_of_the_step_table_is_cut_off_on_a_small_laptop(report: Path):
    content, own, _, window = measured(report, 1280)
    assert window == 1280
    assert content <= own


def test_on_a_phone_the_page_stays_as_wide_as_the_window_and_the_table_scrolls_by_itself(report: Path):
    content, own, page, window = measured(report, 500)  # no window of Chromium's is narrower
    assert page <= window
    assert content > own
