"""How long the command line takes to answer, and to compile the reference pipeline."""

import subprocess
import sys
from pathlib import Path

from benchmarks.comparisons import Comparison, Contender
from benchmarks.contender import Contest
from benchmarks.workplace import Workplace

_COMMANDS = {
    "help": ["--help"],
    "components": ["components"],
    "compile": ["compile"],
}


def comparisons(place: Workplace) -> list[Comparison]:
    """One for each command."""
    return [
        Comparison(
            name=f"slipway {name}",
            title=f"slipway {' '.join(arguments)}",
            rows=0,
            contenders=(
                Contender(
                    name="Slipway",
                    environment="launcher",
                    function="benchmarks.command_line:command",
                    arguments={"arguments": arguments},
                    repeats=2,
                ),
            ),
            rounds=place.rounds(1),
            note="The work is the command as a process of its own.",
        )
        for name, arguments in _COMMANDS.items()
    ]


def command(scratch: Path, arguments: list[str]) -> Contest:
    """The command in a folder of its own."""

    def work() -> None:
        whole = [sys.executable, "-P", "-m", "slipway.cli.main", *arguments]
        subprocess.run(whole, cwd=scratch, capture_output=True, check=True)

    return work, lambda _: {}
