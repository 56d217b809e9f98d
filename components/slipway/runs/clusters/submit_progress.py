"""A run on a cluster in the terminal: a line for each step that has ended, and on a terminal what runs now."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.status import Status

from slipway.contracts.run_summaries import StepSummary
from slipway.runs.clusters.submit import Watcher
from slipway.runs.local.progress import TerminalProgress


class SubmitProgress:
    """Prints as a local run does; leaving it early says that the run goes on."""

    def __init__(self, console: Console, link: str) -> None:
        self._console, self._link = console, link
        self._lines = TerminalProgress(console)
        self._status: Status | None = None
        self._running: list[str] = []

    def __enter__(self) -> Self:
        """Show on a terminal that the run is waited for."""
        if self._console.is_terminal:
            self._status = self._console.status("waiting for the first step")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the live line away."""
        if self._status:
            self._status.stop()
        if kind is KeyboardInterrupt:
            self._console.print(f"no longer watched, the run goes on: {self._link}", highlight=False)

    def running(self, names: list[str]) -> None:
        """Show what runs now, in a line of its own where there is no live one."""
        if names == self._running:
            return
        new = [name for name in names if name not in self._running]
        self._running = names
        if self._status:
            self._status.update(", ".join(names) or "waiting for the next step")
            return
        for name in new:
            self._console.print(f"  {name} ...", highlight=False)

    def finished(self, step: StepSummary) -> None:
        """Show how a step ended."""
        self._lines.finished(step)
        if step.message:
            self._console.print(f"    {step.message}", highlight=False, markup=False)


if TYPE_CHECKING:
    _: Watcher = SubmitProgress(Console(), "")
