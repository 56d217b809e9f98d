"""The demo's data and settings."""

import os
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console

from slipway.contracts.errors import SlipwayError
from slipway.contracts.roles import Role
from slipway.runs.arguments import read_overrides
from slipway.runs.catalogue import PACKAGE
from slipway.runs.local.environments import ensure_environment
from slipway.runs.local.progress import installing


def demo_settings(output: Path, rows: int, console: Console) -> dict[str, Any]:
    """Make the demo data below ``output`` and return the settings of a run on it."""
    folder = output.absolute() / "demo-data"
    python = ensure_environment(Role.LIGHT, installing(console, Role.LIGHT.value)) / "bin" / "python"
    command = [str(python), str(PACKAGE / "demo" / "loans.py"), str(folder), "--rows", str(rows)]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SlipwayError(f"could not make the demo data: {done.stderr.strip()}")
    console.print(f"demo data: {rows:,} loan applications in {folder}; what was planted: truth.json", highlight=False)
    return {"data_uri": str(folder / "loans.csv"), "label": "defaulted", **read_overrides(folder / "overrides.yaml")}
