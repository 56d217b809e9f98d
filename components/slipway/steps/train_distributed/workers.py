"""Local worker processes that train together, and start again when one of them dies."""

import json
import logging
import os
import pickle
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from slipway.contracts.errors import SlipwayError, TransientError
from slipway.steps.train_distributed.fitting import Fit, fit
from slipway.steps.train_distributed.state import TrainingState, read_state
from slipway.steps.train_distributed.strategies import MULTI_WORKER, cluster_of
from slipway.training.processes import kill_process, log_tail, prepare_worker_process, process_context

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last state of a training, and how often its workers were started again."""

    state: TrainingState
    restarts: int


def fit_in_processes(job: Fit, folder: Path) -> Outcome:
    """``fit`` in ``job.placement.workers`` processes of this machine; a training whose worker dies goes on.

    Args:
        job: ``state_path`` must be set: a new set of workers goes on from it.
        folder: takes the log of each worker.

    Raises:
        SlipwayError: what a worker raised because of its input.
        TransientError: workers died more often than ``max_restarts`` allows.
    """
    if job.state_path is None:
        raise ValueError("workers need a state_path")
    key = job.key
    for attempt in range(job.config.max_restarts + 1):
        failure = _attempt(job, folder, attempt)
        state = read_state(job.state_path, key)
        if state.finished and state.best_epoch:
            return Outcome(state, attempt)
        logger.warning("attempt %d after %d epochs: %s", attempt + 1, state.epochs, failure)
    raise TransientError(f"training failed {attempt + 1} times; the last time {failure}")


def _attempt(job: Fit, folder: Path, attempt: int) -> str:
    """Run workers until all end or one fails; what went wrong, or nothing."""
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


def _watch(workers: Sequence[BaseProcess], job: Fit) -> tuple[int, str] | None:
    """Wait; the first worker that failed and how, or None when all are done."""
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
        if time.monotonic() - changed > job.config.stall_seconds:
            return 0, f"finished no epoch for {job.config.stall_seconds:g} s"
        time.sleep(_POLL_SECONDS)


def _work(job: Fit, addresses: list[str], index: int, log: Path, threads: int) -> None:
    """The body of a worker process."""
    prepare_worker_process(threads, log)
    if job.placement.strategy == MULTI_WORKER:
        os.environ["TF_CONFIG"] = json.dumps(cluster_of(addresses, index))
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
