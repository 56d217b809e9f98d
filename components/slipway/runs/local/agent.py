"""Runs tasks inside a role's environment: one task, or a warm process that forks a child for each.

Standard library only, until the task itself starts. A warm process has imported the role's heavy packages and run
nothing, so every child starts from the same clean state and a task costs no import.
"""

import argparse
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.contracts.errors import ExitCode, SlipwayError

_DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG of prctl(2)
_BACKLOG = 4


def run_task(arguments: Sequence[str], error_file: Path | None) -> int:
    """Run Kubeflow's executor on ``arguments`` and return the exit code.

    A SlipwayError becomes one line on stderr and its own exit code; anything else a traceback and 1. Both are written
    to ``error_file`` as ``{"kind", "message", "exit_code"}``.
    """
    os.environ["_KFP_RUNTIME"] = "true"
    sys.argv = ["kfp-executor", *arguments]
    try:
        importlib.import_module("kfp.dsl.executor_main").executor_main()
    except SlipwayError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return _report(error_file, type(error).__name__, str(error), int(error.exit_code))
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(ExitCode.INTERNAL)
    except BaseException as error:  # noqa: BLE001 - whatever a task raises, the run must learn how it ended
        traceback.print_exc()
        return _report(error_file, type(error).__name__, str(error), int(ExitCode.INTERNAL))
    return int(ExitCode.OK)


def serve(address: str, modules: Sequence[str]) -> None:
    """Import ``modules``, then answer each request on the Unix socket ``address`` for a forked child.

    A request is one JSON line with ``arguments``, ``environment``, ``log``, ``error_file`` and ``directory``; the
    answer is a JSON object with the ``exit_code`` and with ``started``, when the child was forked, in seconds since
    1970. The process ends with its parent.
    """
    _die_with_parent()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(_BACKLOG)  # before the imports: a task that comes early waits instead of importing a second time
    _import(modules)
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as stream:
            line = stream.readline()
            if line:
                started = time.time()
                code = _forked(json.loads(line))
                stream.write(json.dumps({"exit_code": code, "started": started}))
                stream.flush()


def _import(modules: Sequence[str]) -> None:
    """Import for good.

    The garbage collector leaves what is imported alone while it grows, and in every child, which would otherwise walk
    through all of TensorFlow, and copy its pages, whenever it collects.
    """
    gc.disable()
    for module in modules:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()


def _forked(request: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        code = int(ExitCode.INTERNAL)
        try:
            _die_with_parent()
            _become(request)
            code = run_task(request["arguments"], Path(request["error_file"]))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _become(request: dict[str, Any]) -> None:
    """Take over the environment, folder and output of the task that asked."""
    os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


def _report(error_file: Path | None, kind: str, message: str, exit_code: int) -> int:
    if error_file:
        error_file.write_text(json.dumps({"kind": kind, "message": message, "exit_code": exit_code}))
    return exit_code


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL_OPTION, signal.SIGKILL)


def main() -> int:
    """Run ``agent --serve ADDRESS MODULE...`` or ``agent [--error-file FILE] -- EXECUTOR ARGUMENTS``."""
    parser = argparse.ArgumentParser(description="Run a task in this environment.")
    parser.add_argument("--serve", metavar="ADDRESS")
    parser.add_argument("--error-file", type=Path)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    rest = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
    if options.serve:
        serve(options.serve, rest)
    return run_task(rest, options.error_file)


if __name__ == "__main__":
    sys.exit(main())
