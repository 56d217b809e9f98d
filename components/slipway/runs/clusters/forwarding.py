"""A cluster's service at a port of this machine.

``slipway cluster up`` begins it, it outlives that command, and ``slipway cluster down`` ends it.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from slipway.contracts.errors import SlipwayError, TransientError
from slipway.runs.clusters.service.pipeline_service import PipelineService
from slipway.runs.clusters.targets import Target
from slipway.runs.local.environments import home
from slipway.runs.programs import find_program
from slipway.storage.retry import Patience
from slipway.storage.signing_in import Credentials

FORWARDING = "Forwarding from"
"""What kubectl writes when it forwards."""

_UI_SERVICE = "svc/ml-pipeline-ui"
_WAIT_SECONDS = 30.0
_END_SECONDS = 5.0
_POLL_SECONDS = 0.2


def address_of(target: Target) -> str:
    """Return the target's host, or the address of its forwarded port on this machine."""
    return target.host or f"http://127.0.0.1:{target.port}"


def forward_command(target: Target) -> list[str]:
    """Return the command that brings the service's UI, which passes API calls on too, to this machine."""
    context = ["--context", target.context] if target.context else []
    return ["kubectl", *context, "-n", target.namespace, "port-forward", _UI_SERVICE, f"{target.port}:80"]


def begin_forwarding(target: Target, wait_seconds: float = _WAIT_SECONDS) -> str:
    """Forward the UI in the background unless an earlier call does already; its address.

    Raises:
        TransientError: it does not answer in time; the message ends with what kubectl said.
    """
    host = address_of(target)
    if is_forwarded(target):
        return host
    end_forwarding(target)
    log = _record(target).with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = forward_command(target)
    with log.open("w") as stream:
        process = subprocess.Popen(
            [find_program(command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _record(target).write_text(json.dumps({"pid": process.pid, "command": command}))
    end = time.monotonic() + wait_seconds
    while FORWARDING not in _said(log) or not answers(host):
        if process.poll() is not None or time.monotonic() > end:
            end_forwarding(target)
            lines = _said(log).strip().splitlines()
            raise TransientError(f"{' '.join(command)}: {lines[-1] if lines else 'no answer'}")
        time.sleep(_POLL_SECONDS)
    return host


def end_forwarding(target: Target) -> bool:
    """Stop what ``begin_forwarding`` began; whether there was anything to stop."""
    pid, _ = _recorded(target)
    _record(target).unlink(missing_ok=True)
    if pid is None or not _is_ours(pid):
        return False
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _END_SECONDS
    while _is_ours(pid) and time.monotonic() < end:  # the port is free only then
        time.sleep(_POLL_SECONDS)
    return True


def is_forwarded(target: Target) -> bool:
    """Whether a process of ours forwards the port of the target as it is now, and the service answers there."""
    pid, command = _recorded(target)
    same = command == forward_command(target)
    return pid is not None and same and _is_ours(pid) and answers(address_of(target))


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _recorded(target: Target) -> tuple[int | None, list[str]]:
    """Return the process that ``begin_forwarding`` began for the target of this name, and its command."""
    try:
        record = json.loads(_record(target).read_text())
        return int(record["pid"]), list(record["command"])
    except (OSError, ValueError, KeyError):
        return None, []


def _record(target: Target) -> Path:
    return home() / "clusters" / f"{target.name}.json"


def _is_ours(pid: int) -> bool:
    """Return whether a process forwards a port: process numbers are used again, and others must not be ended."""
    try:
        return b"port-forward" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def answers(host: str) -> bool:
    """Whether a Kubeflow Pipelines service is there already, asked once."""
    try:
        PipelineService(host, Credentials(), Patience(attempts=1)).is_multi_user()
    except SlipwayError:
        return False
    return True
