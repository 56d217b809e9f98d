"""Processes that train: how they start, how they end, and that none outlives its parent.

A process that has imported TensorFlow and run no operation may fork children that train (0.1 s each); one that has
run an operation may not: its threads do not exist in the child, which then waits for them forever. There, a fork
server that has imported TensorFlow and nothing else starts the children.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import tensorflow as tf

_PARENT_CHECK_SECONDS = 0.5
_LOG_TAIL_BYTES = 4000


def process_context() -> BaseContext:
    """Where to start processes that use TensorFlow from: a fork when that is safe, else a fork server."""
    if not runtime_started():
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["slipway.training.fast_loop", "slipway.training.networks.tower"])
    return context


def runtime_started() -> bool:
    """Whether this process has run a TensorFlow operation or may hold a GPU, so that it must not be forked."""
    threading_options = tf.config.threading
    threads = threading_options.get_intra_op_parallelism_threads()
    try:
        # TensorFlow has no public question for this, but it refuses another thread count once its runtime stands.
        threading_options.set_intra_op_parallelism_threads(threads + 1)
    except RuntimeError:
        return True
    threading_options.set_intra_op_parallelism_threads(threads)
    return bool(tf.config.list_physical_devices("GPU"))


def reserve_input_core() -> None:
    """Keep one core from TensorFlow's operations, for the thread that makes the batches.

    Nothing happens where the user has set ``TF_NUM_INTRAOP_THREADS``, or where TensorFlow's runtime stands already.
    """
    if "TF_NUM_INTRAOP_THREADS" not in os.environ and not runtime_started():
        tf.config.threading.set_intra_op_parallelism_threads(max(1, len(os.sched_getaffinity(0)) - 1))


def prepare_worker_process(intra_op_threads: int, log: Path | None = None) -> None:
    """To be called first in a child: a process group of its own, a parent to die with, a log file, few threads.

    Args:
        intra_op_threads: threads that one operation may use, at least 1.
        log: takes stdout and stderr, appended; None leaves them as they are.
    """
    with contextlib.suppress(PermissionError):  # already leads its session
        os.setsid()
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    if log is not None:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logging.getLogger("tensorflow").setLevel(logging.WARNING)  # tells of every collective it builds
    tf.config.threading.set_intra_op_parallelism_threads(intra_op_threads)
    tf.config.threading.set_inter_op_parallelism_threads(2)


def kill_process(process: BaseProcess) -> None:
    """Kill a process and all it started; TensorFlow workers may ignore a polite signal. Ended ones are only joined."""
    if process.pid is not None and process.exitcode is None:
        # The group is missing while the child has not yet settled in.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.join()


def log_tail(log: Path) -> str:
    """The end of a log file, for an error's message."""
    if not log.is_file():
        return ""
    return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os.killpg(os.getpgid(0), signal.SIGKILL)
