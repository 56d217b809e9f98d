"""What stands in for ``python3`` in a local task: finds the role's environment, the cache and the log.

``kfp.local`` starts it as ``slipway-python -m kfp.dsl.executor_main ARGUMENTS``. It starts once for each task, so it
imports as little as may be, of the standard library alone: that is why nothing here is a dataclass. What it needs to
know comes in the variables of ``TaskPlace``.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from slipway.contracts.errors import ExitCode
from slipway.contracts.latest import LATEST
from slipway.runs.local.cache import TaskCache, code_digest, task_key

KFP_LOG = "kfp.log"
"""In a run's folder: what kfp.local prints, and with it what containers print."""

FAILED = "slipway: failed: "
"""Begins the last line of a container whose task failed; see ``kfp_output``."""

_EXECUTOR = "kfp.dsl.executor_main"
_FIRST_PAUSE_SECONDS = 1.0
_HEARD_WITHIN_SECONDS = 300.0
_LISTEN_SECONDS = 0.02


class TaskPlace(NamedTuple):
    """Where a task runs.

    Attributes:
        run: the run's folder; logs and events go there.
        python: the interpreter of the role's environment.
        packages: folder that holds ``slipway`` and nothing else.
        environment: identifies the packages of the interpreter; part of the cache key.
        cache: folder of earlier results; empty when this task must run.
        worker: address of a warm process of the role; empty for none.
        retries: how often the task is tried again after an error that may pass, as a decimal number.
        in_container: not empty in a container, whose output kfp.local follows from some moment after its start on.
    """

    run: str
    python: str
    packages: str
    environment: str
    cache: str = ""
    worker: str = ""
    retries: str = "0"
    in_container: str = ""

    def variables(self) -> dict[str, str]:
        """Return the place as environment variables."""
        return {f"SLIPWAY_TASK_{name.upper()}": value for name, value in self._asdict().items()}

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "TaskPlace":
        """Return the place that ``variables`` describe; KeyError when one is missing."""
        return cls(**{name: variables[f"SLIPWAY_TASK_{name.upper()}"] for name in cls._fields})


class Ended(NamedTuple):
    """How a task's process ended.

    Attributes:
        code: its exit code.
        error: ``kind``, ``message`` and ``exit_code``; empty after a success.
        waited_seconds: from asking the role's warm process until it had imported, or was free, and forked.
    """

    code: int
    error: Mapping[str, Any] = {}
    waited_seconds: float = 0.0


def python_variables(packages: Path) -> dict[str, str]:
    """Return the variables that every Python process of a role is started with.

    The safe path keeps a file such as ``timeit.py`` in the user's folder from taking the place of a module. Bytecode is
    written even where the user's shell forbids it: without it, importing TensorFlow takes three times as long, in every
    process, and the environments are ours.
    """
    return {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPATH": str(packages),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "_KFP_RUNTIME": "true",
    }


def main() -> int:
    """Run what the command line says in the place that the environment describes."""
    place = TaskPlace.from_variables(os.environ)
    if sys.argv[1:3] != ["-m", _EXECUTOR]:
        return subprocess.call([place.python, *sys.argv[1:]])
    if place.in_container and not wait_for_listener(Path(place.run) / KFP_LOG, _HEARD_WITHIN_SECONDS):
        sys.exit(f"kfp.local has not followed this container for {_HEARD_WITHIN_SECONDS:.0f} s")
    return run(place, sys.argv[3:])


def run(place: TaskPlace, arguments: list[str]) -> int:
    """Run one Kubeflow task, or take its earlier result, and write down how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--component_module_path", type=Path)
    parser.add_argument("--function_to_execute")
    parser.add_argument("--executor_input")
    options, _ = parser.parse_known_args(arguments)
    executor_input = json.loads(options.executor_input)
    task_root = Path(executor_input["outputs"]["outputFile"]).parent
    task = task_root.name
    started = time.time()
    log = Path(place.run) / "logs" / f"{task}.log"
    _event(place, {"event": "started", "task": task, "root": str(task_root), "log": str(log), "time": started})

    cache, key = TaskCache(Path(place.cache)), ""
    if place.cache and not _reads_what_is_latest(executor_input):
        environment = f"{place.environment}:{code_digest(options.function_to_execute)}"
        source = options.component_module_path.read_text(encoding="utf-8")
        key = task_key(source, options.function_to_execute, executor_input, environment)
    cached = bool(key) and cache.restore(key, task_root)
    ended = Ended(0) if cached else _execute_again_while_it_may_help(place, arguments, task_root, log)
    if key and not cached and ended.code == 0:
        cache.store(key, task_root)
    finished = {"event": "finished", "task": task, "cached": cached, "exit_code": ended.code, "error": ended.error}
    seconds = {"seconds": time.time() - started, "waited_seconds": ended.waited_seconds}
    _event(place, {**finished, **seconds})
    if place.in_container and ended.code:
        sys.stdout.write(f"{FAILED}{task} ended with {ended.code}\n")
    return ended.code


def wait_for_listener(log: Path, seconds: float) -> bool:
    """Print a line and wait until it has come out in ``log``, where kfp.local prints what it hears of this container.

    A container that ends before kfp.local follows it is gone by then, and with it how it ended.
    """
    line = f"slipway: {os.urandom(8).hex()}"
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    end = time.monotonic() + seconds
    while line not in log.read_text(encoding="utf-8", errors="replace"):
        if time.monotonic() > end:
            return False
        time.sleep(_LISTEN_SECONDS)
    return True


def _reads_what_is_latest(executor_input: Mapping[str, Any]) -> bool:
    """Whether a parameter names the newest version of something, which may be another one next time."""
    values = executor_input.get("inputs", {}).get("parameterValues", {}).values()
    return any(isinstance(value, str) and value.rstrip("/").endswith(f"/{LATEST}") for value in values)


def _execute_again_while_it_may_help(place: TaskPlace, arguments: list[str], task_root: Path, log: Path) -> Ended:
    """Try the task again after an error that says it may pass: a wrong call stays wrong."""
    waited = 0.0
    for attempt in range(int(place.retries)):
        ended = _execute(place, arguments, task_root, log)
        waited += ended.waited_seconds
        if ended.code != ExitCode.RETRYABLE:
            return ended._replace(waited_seconds=waited)
        time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
    ended = _execute(place, arguments, task_root, log)
    return ended._replace(waited_seconds=waited + ended.waited_seconds)


def _execute(place: TaskPlace, arguments: list[str], task_root: Path, log: Path) -> Ended:
    log.parent.mkdir(parents=True, exist_ok=True)
    task_root.mkdir(parents=True, exist_ok=True)
    error_file = log.with_suffix(".error.json")
    error_file.unlink(missing_ok=True)
    environment = {**os.environ, **python_variables(Path(place.packages))}
    requested = time.time()
    answer = _ask_worker(place, arguments, environment, log, error_file)
    if answer is None:
        code, waited = _execute_cold(place, arguments, environment, log, error_file), 0.0
    else:
        code, waited = int(answer["exit_code"]), max(0.0, answer["started"] - requested)
    if code == 0:
        return Ended(0, waited_seconds=waited)
    if error_file.is_file():
        return Ended(code, json.loads(error_file.read_text()), waited)
    message = f"the task's process ended with {code}, which says that it was killed"
    error = {"kind": "ProcessDied", "message": message, "exit_code": int(ExitCode.INTERNAL)}
    return Ended(code, error, waited)


def _execute_cold(
    place: TaskPlace, arguments: list[str], environment: dict[str, str], log: Path, error_file: Path
) -> int:
    """Return the exit code of a process of the task's own."""
    agent = [place.python, "-m", "slipway.runs.local.agent", "--error-file", str(error_file), "--"]
    with log.open("a") as stream:
        return subprocess.call([*agent, *arguments], env=environment, stdout=stream, stderr=subprocess.STDOUT)


def _ask_worker(
    place: TaskPlace, arguments: list[str], environment: dict[str, str], log: Path, error_file: Path
) -> dict[str, Any] | None:
    """Return what the role's warm process answers about its child, see ``agent.serve``; None without such a process."""
    if not place.worker:
        return None
    request = {
        "arguments": arguments,
        "environment": environment,
        "log": str(log),
        "error_file": str(error_file),
        "directory": str(Path.cwd()),
    }
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place.worker)
            with connection.makefile("rw") as stream:
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = stream.read()
    except OSError:
        return None
    return json.loads(answer) if answer else None


def _event(place: TaskPlace, event: dict[str, Any]) -> None:
    with (Path(place.run) / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")


if __name__ == "__main__":
    sys.exit(main())
