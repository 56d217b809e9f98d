"""Programs on PATH: kubectl, kind, minikube and the like."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from slipway.contracts.errors import InputError, TransientError

_WHERE: Mapping[str, str] = {
    "docker": "https://docs.docker.com/engine/install",
    "gcloud": "https://cloud.google.com/sdk/docs/install",
    "kind": "https://kind.sigs.k8s.io",
    "kubectl": "https://kubernetes.io/docs/tasks/tools",
    "minikube": "https://minikube.sigs.k8s.io",
}


def find_program(name: str) -> str:
    """Return the path of a program; InputError says where to get it."""
    found = shutil.which(name)
    if not found:
        source = f"; install it: {_WHERE[name]}" if name in _WHERE else ""
        raise InputError(f"{name} is not on PATH{source}")
    return found


def run_program(command: Sequence[str], seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """Run a short command and return what it said, whatever its exit code; one that hangs is a TransientError."""
    try:
        return subprocess.run(
            [find_program(command[0]), *command[1:]], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise TransientError(f"{' '.join(command)}: no answer within {seconds:.0f} s") from None


def stream_program(command: Sequence[str], notify: Callable[[str], None]) -> tuple[int, str]:
    """Run a long command and hand each line it writes to ``notify``; its exit code and its last lines."""
    lines: list[str] = []
    with subprocess.Popen(
        [find_program(command[0]), *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            notify(lines[-1])
    return process.returncode, "\n".join(lines[-12:])


@contextlib.contextmanager
def background_program(command: Sequence[str], ready: str, seconds: float = 30) -> Iterator[None]:
    """Run a program while the block does; the block begins when it writes a line that holds ``ready``.

    Raises:
        TransientError: it ended, or did not write that line in time.
    """
    process = subprocess.Popen(
        [find_program(command[0]), *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    # What it writes later must go somewhere, or it would stop when the pipe is full.
    drain = threading.Thread(target=lambda: list(process.stdout or ()), daemon=True)
    said = ""
    try:
        for line in process.stdout or ():
            said = line.strip() or said
            if ready in line:
                break
        else:
            raise TransientError(f"{' '.join(command)}: {said or f'ended or said nothing within {seconds:.0f} s'}")
        timer.cancel()
        drain.start()
        yield
    finally:
        timer.cancel()
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if drain.ident is not None:
            drain.join()
        if process.stdout:
            process.stdout.close()
