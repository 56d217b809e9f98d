"""Raw numbers on disk: one JSON file, a record for each comparison, replaced when it is measured again."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Run
from slipway.contracts.documents import read_document
from slipway.contracts.roles import VERSION

_ASKED = (
    "import importlib.metadata as m, json, platform; "
    "found = {d.metadata['Name'].lower().replace('_', '-'): d.version for d in m.distributions()}; "
    "print(json.dumps({'python': platform.python_version(), "
    "**{n: found[n] for n in %r if n in found}}))"
)
_PACKAGES = (
    *("apache-beam", "duckdb", "kfp", "numpy", "pandas", "pyarrow", "tensorflow-cpu", "tensorflow-data-validation"),
    *("tensorflow-model-analysis", "tensorflow-transform", "tf-keras"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was found about a comparison.

    Attributes:
        date: ISO 8601, UTC, when the last of its processes ended.
        command: what was called.
        runs: of each contender, in turns.
        skipped: why a contender did not run, by name.
    """

    comparison: Comparison
    date: str
    command: str
    runs: dict[str, tuple[Run, ...]]
    skipped: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Everything that was measured.

    Attributes:
        machine: facts for people.
        versions: packages by environment.
        records: by the name of the comparison.
    """

    machine: dict[str, str]
    versions: dict[str, dict[str, str]]
    records: dict[str, Record]


def read_records(path: Path) -> dict[str, Record]:
    """The records of earlier calls; none when there is no file."""
    return dict(read_document(Records, path).records) if path.is_file() else {}


def now() -> str:
    """UTC, to the second."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def machine() -> dict[str, str]:
    """What a reader needs to compare with another machine."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    library = " ".join(platform.libc_ver())
    return {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}, {library}",
        "Slipway": VERSION,
    }


def versions(pythons: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Python and the packages that matter, in each environment."""
    found: dict[str, dict[str, Any]] = {}
    for name, python in pythons.items():
        done = subprocess.run([python, "-P", "-c", _ASKED % (_PACKAGES,)], capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout)
    return found
