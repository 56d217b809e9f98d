"""What a step costs before it does anything: starting, importing, and how little of it a warm process leaves."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender
from benchmarks.contender import Contest, Result
from benchmarks.workplace import Workplace

_IMPORTS = {
    "light": ("duckdb", "pyarrow.parquet"),
    "tfdv": ("slipway.validate.core",),
    "tensorflow": ("tensorflow", "tf_keras"),
}
_SOURCE = "from kfp.dsl import *\n\n\ndef empty():\n    import importlib\n\n    for name in {modules!r}:\n{body}"
_BODY = "        importlib.import_module(name)\n"
_REPEATS = 4


def comparisons(place: Workplace) -> list[Comparison]:
    """An empty task by kfp.local; then for each role an importing task in a process of its own and in a warm one."""
    local = Contender(
        name="kfp.local, empty task", environment="launcher", function="benchmarks.step_cost:in_kfp_local", repeats=2
    )
    roles = [
        Comparison(
            name=f"step in {role}",
            title=f"A task that imports {' and '.join(modules)}",
            rows=0,
            contenders=tuple(
                Contender(
                    name=name,
                    environment="launcher",
                    function=f"benchmarks.step_cost:{function}",
                    arguments={"python": str(place.pythons[role]), "modules": modules},
                    repeats=repeats,
                )
                for name, function, repeats in (("warm process", "warm", _REPEATS), ("process of its own", "cold", 0))
            ),
            rounds=place.rounds(1),
            note="The work is the task alone; the start of the warm process, with its one import, is in the whole.",
        )
        for role, modules in _IMPORTS.items()
    ]
    return [
        Comparison(
            name="empty step",
            title="An empty task of a pipeline",
            rows=0,
            contenders=(local,),
            rounds=place.rounds(1),
            note="A pipeline of one task that does nothing, by kfp.local's SubprocessRunner in this interpreter.",
        ),
        *roles,
    ]


def in_kfp_local(scratch: Path) -> Contest:
    """Compile and run a pipeline of one empty task."""
    from kfp import dsl, local

    from benchmarks.empty_pipeline import empty

    @dsl.pipeline(name="empty")
    def pipeline() -> None:
        empty()

    def work() -> None:
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(scratch / "root"))
        pipeline()

    return work, lambda _: {}


def cold(scratch: Path, python: str, modules: list[str]) -> Contest:
    """The agent in a new process, as with ``--cold``."""
    arguments, environment = _task(scratch, modules)
    command = [python, "-m", "slipway.launcher.local.agent", "--", *arguments]

    def work() -> int:
        return subprocess.run(command, env=environment, check=True, capture_output=True).returncode

    return work, _code


def warm(scratch: Path, python: str, modules: list[str]) -> Contest:
    """The agent of a run: one process imports, each task is a forked child."""
    from slipway.launcher.local.task import TaskPlace, run

    arguments, environment = _task(scratch, modules)
    address = scratch / "worker"
    command = [python, "-m", "slipway.launcher.local.agent", "--serve", str(address), "kfp.dsl.executor_main", *modules]
    subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)  # ends with this process
    while not address.exists():
        time.sleep(0.01)
    place = TaskPlace(run=str(scratch), python=python, packages="", environment="", worker=str(address))
    os.environ.update(environment)
    run(place, arguments)  # waits for the imports

    def work() -> int:
        return run(place, arguments)

    return work, _code


def _task(scratch: Path, modules: list[str]) -> tuple[list[str], dict[str, str]]:
    """Arguments of Kubeflow's executor for a task that imports, and its environment."""
    from slipway.launcher.local.task import python_variables

    packages = scratch / "packages"
    packages.mkdir()
    (packages / "slipway").symlink_to(Path(sys.modules["slipway"].__path__[0]))
    source = scratch / "component.py"
    source.write_text(_SOURCE.format(modules=tuple(modules), body=_BODY), encoding="utf-8")
    outputs = {"outputFile": str(scratch / "empty" / "executor_output.json")}
    arguments = ["--component_module_path", str(source), "--function_to_execute", "empty"]
    arguments += ["--executor_input", json.dumps({"inputs": {}, "outputs": outputs})]
    return arguments, {**os.environ, **python_variables(packages)}


def _code(code: Any) -> Result:
    return {"exit code": float(code)}
