"""The command line as a user calls it, in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def slipway_run(command: Sequence[str], scratch: Path) -> Path:
    """Call ``slipway`` without its cache, with ``scratch`` as the folder of its output; the file of its summary.

    Raises:
        RuntimeError: it failed; the message has what it printed.
    """
    summary = scratch / "summary.json"
    whole = [sys.executable, "-P", "-m", "slipway.cli.main", *command, "--no-cache", "--output", str(scratch)]
    done = subprocess.run([*whole, "--json", str(summary)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"slipway {command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return summary
