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
from benchmarks.measuring import ROOT
from benchmarks.workplace import Workplace
from slipway.contracts.errors import SlipwayError
from slipway.contracts.roles import Role, image_name
from slipway.contracts.run_summaries import StepSummary
from slipway.runs.graph import Task
from slipway.runs.images.engine import connect_engine

_IMPORTS = {
    "light": ("duckdb", "pyarrow.parquet"),
    "tfdv": ("slipway.steps.validate.core",),
    "tensorflow": ("tensorflow", "tf_keras"),
}
_SOURCE = "from kfp.dsl import *\n\n\ndef empty():\n    import importlib\n\n    for name in {modules!r}:\n{body}"
_BODY = "        importlib.import_module(name)\n"
_REPEATS = 4
_EMPTY_NOTE = (
    "A pipeline of one task that does nothing. The first by kfp.local's SubprocessRunner in this interpreter; the "
    "others by `run_pipeline`, as `slipway run` calls it, in the environment of the light role and, by kfp.local's "
    "DockerRunner, in a container of its image. Memory is that of the launcher's processes: a container's belongs to "
    "the engine."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """An empty task by kfp.local; then for each role an importing task in a process of its own and in a warm one."""
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
            contenders=_empty_steps(),
            rounds=place.rounds(1),
            note=_EMPTY_NOTE,
        ),
        *roles,
    ]


def _empty_steps() -> tuple[Contender, ...]:
    places: tuple[tuple[str, str, dict[str, bool], str], ...] = (
        ("kfp.local, empty task", "in_kfp_local", {}, ""),
        ("Slipway, in the role's environment", "in_slipway", {"containers": False}, ""),
        ("Slipway, in a container of the role's image", "in_slipway", {"containers": True}, _no_container()),
    )
    return tuple(
        Contender(
            name=name,
            environment="launcher",
            function=f"benchmarks.step_cost:{function}",
            arguments=arguments,
            repeats=2,
            absent=absent,
        )
        for name, function, arguments, absent in places
    )


def _no_container() -> str:
    """Why no container of the light role can be started here; empty when one can."""
    try:
        engine = connect_engine()
    except SlipwayError as error:
        return str(error)
    image = image_name(Role.LIGHT)
    return "" if engine.image_facts(image) else f"There is no image {image}; `slipway images build` makes it"


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


def in_slipway(scratch: Path, containers: bool) -> Contest:
    """Run a pipeline of one empty task of the light role, compiled before."""
    from slipway.runs.catalogue import compiled_pipeline
    from slipway.runs.containers.container_run import Containers
    from slipway.runs.local.run import RunPlan, run_pipeline

    ir = compiled_pipeline(f"{ROOT / 'benchmarks' / 'empty_pipeline.py'}:in_role")
    where = Containers() if containers else None
    plan = RunPlan(ir=ir, arguments={}, output=scratch, caching=False, containers=where)

    def work() -> int:
        summary, _ = run_pipeline(plan, _Silent())
        if summary.exit_code:
            raise RuntimeError(summary.exit_reason)
        return summary.exit_code

    return work, _code


class _Silent:
    """A progress that shows nothing."""

    def started(self, task: Task, log: Path) -> None:
        """Nothing."""

    def finished(self, step: StepSummary) -> None:
        """Nothing."""


def cold(scratch: Path, python: str, modules: list[str]) -> Contest:
    """The agent in a new process, as with ``--cold``."""
    arguments, environment = _task(scratch, modules)
    command = [python, "-m", "slipway.runs.local.agent", "--", *arguments]

    def work() -> int:
        return subprocess.run(command, env=environment, check=True, capture_output=True).returncode

    return work, _code


def warm(scratch: Path, python: str, modules: list[str]) -> Contest:
    """The agent of a run: one process imports, each task is a forked child."""
    from slipway.runs.local.task import TaskPlace, run

    arguments, environment = _task(scratch, modules)
    address = scratch / "worker"
    command = [python, "-m", "slipway.runs.local.agent", "--serve", str(address), "kfp.dsl.executor_main", *modules]
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
    from slipway.runs.local.task import python_variables

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
