"""Processes of this machine that train together, and start again when one of them dies."""

import logging
import os
import pickle
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from slipway.contracts.errors import SlipwayError, TransientError
from slipway.training.fitting import fit
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.launcher import JobLauncher, TrainingOutcome
from slipway.training.processes import kill_process, log_tail, prepare_worker_process, process_context
from slipway.training.state import read_state
from slipway.training.strategy import STRATEGIES, worker_tf_config

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.02


class Processes:
    """Runs ``fit`` in ``workers`` processes; a training whose worker dies goes on from its last finished epoch."""

    needs_state = True

    def preference(self, placement: Placement) -> int:
        """Return 1 on one machine: it can run whatever there is, but starting processes takes time."""
        return int(not placement.in_cluster)

    def launch(self, job: TrainingJob, workspace: Path) -> TrainingOutcome:
        """Train in processes that log to ``workspace``.

        Raises:
            SlipwayError: what a worker raised because of its input.
            TransientError: workers died more often than ``max_restarts`` allows.
        """
        if job.state_path is None:
            raise ValueError("processes need a state_path")
        path, job = job.state_path, replace(job, known_key=job.key)
        for attempt in range(job.max_restarts + 1):
            failure = _attempt(job, workspace, attempt)
            state = read_state(path, job.key)
            if state.finished and state.best_epoch:
                return TrainingOutcome(state, attempt)
            logger.warning("attempt %d after %d epochs: %s", attempt + 1, state.epochs, failure)
        raise TransientError(f"training failed {attempt + 1} times; the last time {failure}")


ENTRY: JobLauncher = Processes()


def _attempt(job: TrainingJob, folder: Path, attempt: int) -> str:
    """Run workers until the chief ends or one fails; return what went wrong, or nothing."""
    context = process_context()
    logs = [folder / f"attempt-{attempt + 1}-worker-{index}.log" for index in range(job.placement.workers)]
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(job.placement.workers)]
    threads = max(1, (os.cpu_count() or 1) // job.placement.workers)
    workers: list[BaseProcess] = []
    with ExitStack() as stack:
        for index, log in enumerate(logs):
            arguments = (
                replace(job, placement=replace(job.placement, chief=index == 0)),
                addresses,
                index,
                log,
                threads,
            )
            worker = context.Process(target=_work, args=arguments, name=f"slipway-worker-{index}")  # type: ignore[attr-defined]
            worker.start()
            stack.callback(kill_process, worker)
            workers.append(worker)
        broken = _watch(workers, job)
    for log in logs:
        _raise_what_was_refused(log)
    if broken is None:
        return ""
    index, reason = broken
    return f"worker {index} {reason}\n{log_tail(logs[index])}"


def _watch(workers: Sequence[BaseProcess], job: TrainingJob) -> tuple[int, str] | None:
    """Wait; return the first worker that failed and how, or None when the chief is done."""
    changed = time.monotonic()
    modified = None
    while True:
        codes = [worker.exitcode for worker in workers]
        if codes[0] == 0:  # the chief has the result, and the others wait for nothing but their end
            return None
        for index, code in enumerate(codes):
            if code not in (None, 0):
                return index, f"ended with exit code {code}" if code > 0 else f"was killed by signal {-code}"
        latest = job.state_path.stat().st_mtime_ns if job.state_path and job.state_path.exists() else None
        if latest != modified:
            modified, changed = latest, time.monotonic()
        if time.monotonic() - changed > job.stall_seconds:
            return 0, f"finished no epoch for {job.stall_seconds:g} s"
        time.sleep(_POLL_SECONDS)


def _work(job: TrainingJob, addresses: list[str], index: int, log: Path, threads: int) -> None:
    """Train as one worker; the body of its process."""
    prepare_worker_process(threads, log)
    if STRATEGIES.get(job.placement.strategy).several_workers:
        os.environ["TF_CONFIG"] = worker_tf_config(addresses, index)
    try:
        fit(job)
        if not job.placement.chief:
            # The chief may still read from this process what the last exchange gave; a peer that is gone aborts it.
            threading.Event().wait()
    except SlipwayError as error:
        log.with_suffix(".error").write_bytes(pickle.dumps(error))
        raise


def _raise_what_was_refused(log: Path) -> None:
    refusal = log.with_suffix(".error")
    if refusal.is_file():
        raise pickle.loads(refusal.read_bytes())


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
