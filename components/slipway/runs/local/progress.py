"""A run in the terminal: what is running, how long it takes, its key figures, and the table at the end."""

import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.runs.graph import Task
from slipway.runs.local.outcome import account_of_step

_FIGURES_SHOWN = 5
_TAIL_BYTES = 4096
_WARNINGS_SHOWN = 3
_WARNING_WIDTH = 150
_WAITING_SHOWN_SECONDS = 0.1
_INSTALL_NEWS = ("Downloading", "Building", "Resolved", "Prepared", "Installed", "warning", "error")
_MARKS: Mapping[StepOutcome, str] = {
    StepOutcome.SUCCEEDED: "[green]✓[/]",
    StepOutcome.CACHED: "[cyan]=[/]",
    StepOutcome.REFUSED: "[yellow]✗[/]",
    StepOutcome.FAILED: "[red]✗[/]",
    StepOutcome.SKIPPED: "[dim]-[/]",
}


class TerminalProgress:
    """Prints a line for each finished step, and on a terminal a live line for the one that runs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._line: _RunningLine | None = None
        self._lock = threading.Lock()

    def started(self, task: Task, log: Path) -> None:
        """Show that a task runs."""
        with self._lock:
            self._stop()
            if self._console.is_terminal:
                self._line = _RunningLine(task.name, log)
                self._live = Live(self._line, console=self._console, refresh_per_second=8, transient=True)
                self._live.start()
            else:
                self._console.print(f"  {task.name} ...", highlight=False)

    def finished(self, step: StepSummary) -> None:
        """Show how a task ended, and what it inferred."""
        with self._lock:
            self._stop()
            figures = "  ".join(f"{n}={display_figure(v)}" for n, v in list(step.figures.items())[:_FIGURES_SHOWN])
            cached = "cached  " if step.outcome is StepOutcome.CACHED else ""
            mark = _MARKS[step.outcome]
            self._console.print(
                f"{mark} {step.name:<18}{step.work_seconds:>6.1f} s  [dim]{_waiting(step)}{cached}{escape(figures)}[/]",
                highlight=False,
            )
            for line in account_of_step(step).inferred:
                self._console.print(f"    [dim]{escape(line)}[/]", highlight=False)
            for reason in step.verdict.reasons if step.verdict else ():
                self._console.print(f"    [yellow]{escape(reason)}[/]", highlight=False)
            for warning in step.verdict.warnings[:_WARNINGS_SHOWN] if step.verdict else ():
                shown = textwrap.shorten(warning, _WARNING_WIDTH, placeholder=" ...")
                self._console.print(f"    [dim yellow]! {escape(shown)}[/]", highlight=False)

    def close(self) -> None:
        """Take the live line away."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


class _RunningLine:
    """A spinner, the step's name, the seconds so far and the last line of its log."""

    def __init__(self, name: str, log: Path) -> None:
        self._name, self._log, self._started = name, log, time.monotonic()
        self._spinner = Spinner("dots")

    def __rich__(self) -> Table:
        row = Table.grid(padding=(0, 1))
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True, overflow="ellipsis")
        seconds = time.monotonic() - self._started
        row.add_row(
            self._spinner, Text.assemble(f"{self._name:<18}{seconds:>6.1f} s  ", (_last_line(self._log), "dim"))
        )
        return row


def _waiting(step: StepSummary) -> str:
    """Return what the shared imports cost a step; empty when that is next to nothing."""
    waited = step.waited_seconds
    return f"(+{waited:.1f} s waiting for imports)  " if waited >= _WAITING_SHOWN_SECONDS else ""


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def display_figure(value: float) -> str:
    """Return a number as a person would write it: whole numbers in full, others with four significant digits."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e12 else f"{value:.4g}"


def summary_table(run: RunSummary) -> Table:
    """List each step with its own seconds, those it waited for imports, and its verdict."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    columns = (("step", "left"), ("outcome", "left"), ("seconds", "right"), ("waited", "right"), ("verdict", "left"))
    for title, justify in columns:
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for step in run.steps:
        verdict = "" if step.verdict is None else "passed" if step.verdict.passed else "; ".join(step.verdict.reasons)
        waited = f"{step.waited_seconds:.1f}" if step.waited_seconds >= _WAITING_SHOWN_SECONDS else ""
        outcome = f"{_MARKS[step.outcome]} {step.outcome.value}"
        table.add_row(step.name, outcome, f"{step.work_seconds:.1f}", waited, escape(verdict))
    return table


def installing(console: Console, role: str) -> Callable[[str], None]:
    """Return what prints uv's lines about the environment of a role: downloads and totals, not every package."""

    def notify(line: str) -> None:
        if line.strip().startswith(_INSTALL_NEWS):
            console.print(f"  [dim]{role}: {escape(line)}[/]", highlight=False)

    return notify
