"""A warm process per role, so that a run pays for its imports once and while other steps work."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from slipway.contracts.roles import Role
from slipway.contracts.steps import steps_in_order
from slipway.runs.local.task import python_variables

_EXECUTOR = "kfp.dsl.executor_main"


def preloaded_modules() -> dict[Role, tuple[str, ...]]:
    """Return what the tasks of each role have in common, by the order in which a pipeline needs the roles.

    Nothing here may run a TensorFlow operation, whose threads a child would not have.
    """
    modules: dict[Role, dict[str, None]] = {}
    for _, step in steps_in_order():
        of_role = modules.setdefault(step.role, {_EXECUTOR: None})
        of_role.update(dict.fromkeys(step.preload))
    return {role: tuple(modules[role]) for role in sorted(modules, key=list(Role).index)}


class WarmWorkers:
    """The warm processes of a run; they end with the block that this is the context of.

    Attributes:
        addresses: where each process takes requests, by role.
    """

    def __init__(self) -> None:
        self.addresses: dict[Role, str] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="slipway-"))
        self._processes: list[subprocess.Popen[bytes]] = []
        packages = self._folder / "packages"
        packages.mkdir()
        (packages / "slipway").symlink_to(Path(__file__).resolve().parents[2])
        (self._folder / "logs").mkdir()

    def __enter__(self) -> "WarmWorkers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, pythons: Mapping[Role, Path]) -> None:
        """Start the processes of roles that have none yet, and return before they have imported.

        Args:
            pythons: the interpreter of each role.
        """
        for role, modules in preloaded_modules().items():
            if role in pythons and role not in self.addresses:
                self.addresses[role] = str(self._folder / f"{role.value}.sock")
                command = [str(pythons[role]), "-m", "slipway.runs.local.agent", "--serve", self.addresses[role]]
                self._processes.append(self._process(role, [*command, *modules]))

    def listening(self) -> dict[Role, str]:
        """Return the addresses, as soon as requests can be sent there; a process that has ended has none."""
        pairs = zip(self.addresses.items(), self._processes, strict=True)
        return {role: address for (role, address), process in pairs if _listens(Path(address), process)}

    def keep_logs(self, folder: Path) -> None:
        """Copy what the processes have printed themselves to ``folder``."""
        shutil.copytree(self._folder / "logs", folder, dirs_exist_ok=True)

    def _process(self, role: Role, command: list[str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **python_variables(self._folder / "packages")}
        with (self._folder / "logs" / f"worker-{role.value}.log").open("wb") as log:
            return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _listens(address: Path, process: subprocess.Popen[bytes]) -> bool:
    """Return True when the process listens, well before it has imported anything; False when it has ended."""
    while not address.exists():
        try:
            process.wait(timeout=0.01)
        except subprocess.TimeoutExpired:
            continue
        return False
    return True
