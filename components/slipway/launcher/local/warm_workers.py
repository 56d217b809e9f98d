"""A warm process per role, so that a run pays for its imports once and while other steps work."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from slipway.contracts.roles import Role
from slipway.launcher.local.task import python_variables

_HEAVY_MODULES = {
    Role.TENSORFLOW: ("kfp.dsl.executor_main", "tensorflow", "tf_keras", "pyarrow.parquet"),
    # Not TFDV itself, of which validate uses one extension.
    Role.TFDV: (
        "kfp.dsl.executor_main",
        "pyarrow.compute",
        "pyarrow.parquet",
        "tfx_bsl.arrow.array_util",
        "tfx_bsl.sketches",
        "tensorflow_metadata.proto.v0.statistics_pb2",
        "jinja2",
    ),
}


@contextmanager
def warm_workers(pythons: Mapping[Role, Path], packages: Path, logs: Path) -> Iterator[dict[Role, str]]:
    """Addresses of the warm processes, started now and killed at the end of the block.

    Args:
        pythons: the interpreter of each role that the run needs; roles that import fast get no process.
        packages: folder that holds ``slipway``.
        logs: folder for what the processes themselves print.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        addresses = {role: f"{folder}/{role.value}.sock" for role in pythons if role in _HEAVY_MODULES}
        processes = [_start(role, address, pythons[role], packages, logs) for role, address in addresses.items()]
        try:
            for address, process in zip(addresses.values(), processes, strict=True):
                _wait_for_socket(Path(address), process)
            yield addresses
        finally:
            _stop(processes)


def _start(role: Role, address: str, python: Path, packages: Path, logs: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **python_variables(packages)}
    command = [str(python), "-m", "slipway.launcher.local.agent", "--serve", address, *_HEAVY_MODULES[role]]
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"worker-{role.value}.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _wait_for_socket(address: Path, process: subprocess.Popen[bytes]) -> None:
    """Return when the process listens, well before it has imported anything, or when it has ended."""
    while not address.exists() and process.poll() is None:
        try:
            process.wait(timeout=0.01)
        except subprocess.TimeoutExpired:
            continue


def _stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()
