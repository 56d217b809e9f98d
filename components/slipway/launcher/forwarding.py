"""The forwarded port that outlives a command: begun by ``slipway cluster up``, ended by ``down``."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from slipway.adapters.programs import program
from slipway.contracts.errors import TransientError
from slipway.launcher.environments import home
from slipway.launcher.reach import address_of, answers, forward_command
from slipway.launcher.targets import Target

_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.2


def begin_forwarding(target: Target, wait_seconds: float = _WAIT_SECONDS) -> str:
    """Forward the UI in the background unless it answers already; its address.

    Raises:
        TransientError: it does not answer in time; the message ends with what kubectl said.
    """
    host = address_of(target)
    if answers(host):
        return host
    end_forwarding(target)
    log = _record(target).with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = forward_command(target)
    with log.open("w") as stream:
        process = subprocess.Popen(
            [program(command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _record(target).write_text(json.dumps({"pid": process.pid, "port": target.port}))
    end = time.monotonic() + wait_seconds
    while not answers(host):
        if process.poll() is not None or time.monotonic() > end:
            end_forwarding(target)
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise TransientError(f"{' '.join(command)}: {lines[-1] if lines else 'no answer'}")
        time.sleep(_POLL_SECONDS)
    return host


def end_forwarding(target: Target) -> bool:
    """Stop what ``begin_forwarding`` began; whether there was anything to stop."""
    try:
        pid = int(json.loads(_record(target).read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return False
    _record(target).unlink(missing_ok=True)
    if not _is_ours(pid):
        return False
    os.kill(pid, signal.SIGTERM)
    return True


def is_forwarded(target: Target) -> bool:
    """Whether the service answers at the forwarded port."""
    return answers(address_of(target))


def _record(target: Target) -> Path:
    return home() / "clusters" / f"{target.name}.json"


def _is_ours(pid: int) -> bool:
    """Numbers of processes are used again: only one that forwards a port is ended."""
    try:
        return b"port-forward" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
