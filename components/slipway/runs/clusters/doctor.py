"""Checks before anything is submitted: each says whether it is well, what is wrong, or why it was not looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from slipway.contracts.errors import ExitCode, SlipwayError

if TYPE_CHECKING:
    from rich.console import Console


class State(StrEnum):
    """How a check ended. SKIP: it could not be made, and the reason says why."""

    OK = "ok"
    FAILED = "failed"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table."""

    name: str
    state: State
    reason: str = ""


def run_check(name: str, look: Callable[[], Check]) -> Check:
    """Return what ``look`` finds, under this name; an error of Slipway's is a failed check and not the end."""
    try:
        return replace(look(), name=name)
    except SlipwayError as error:
        return Check(name=name, state=State.FAILED, reason=str(error))


def print_checks(checks: Sequence[Check], console: "Console") -> int:
    """Print the table; the exit code says whether anything failed."""
    from rich.markup import escape
    from rich.table import Table

    marks = {State.OK: "[green]ok[/]", State.FAILED: "[red]failed[/]", State.SKIP: "[dim]skip[/]"}
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("check", "state", "what"):
        table.add_column(title, overflow="fold")
    for check in checks:
        table.add_row(escape(check.name), marks[check.state], escape(check.reason))
    console.print(table)
    failed = any(check.state is State.FAILED for check in checks)
    return int(ExitCode.USAGE if failed else ExitCode.OK)
