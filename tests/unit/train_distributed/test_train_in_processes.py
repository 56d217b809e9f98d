"""Training in real processes: the same result as in one, and a death is survived."""

import json
import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slipway.contracts.errors import InputError, TransientError
from slipway.contracts.models import Hyperparameters, ModelFolder
from slipway.steps.train_distributed.config import TrainDistributedConfig
from slipway.steps.train_distributed.core import Inputs, Outputs, run, training_options, write
from slipway.training.fitting import fit
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.launcher import JOB_LAUNCHERS
from slipway.training.processes import kill_process, prepare_worker_process, process_context
from slipway.training.strategy import choose_placement

fit_in_processes = JOB_LAUNCHERS.get("processes").launch


def job(examples, hyperparameters, folder: Path, **config) -> TrainingJob:
    settings = TrainDistributedConfig(**config)
    return TrainingJob(
        examples=examples.root,
        hyperparameters=hyperparameters,
        options=training_options(settings),
        placement=choose_placement(settings.strategy, workers=settings.workers, replicas=settings.replicas, gpus=0),
        state_path=folder / "state.npz",
        max_restarts=settings.max_restarts,
        stall_seconds=settings.stall_seconds,
    )


def alone_as(task: TrainingJob) -> TrainingJob:
    """The same training on one device of this process."""
    return replace(task, placement=Placement(strategy="one_device"), state_path=None)


@pytest.fixture(scope="module")
def alone(small_examples, small_hyperparameters):
    return fit(alone_as(job(small_examples, small_hyperparameters, Path(), epochs=3)))


def assert_close(state, expected):
    for ours, theirs in zip(state.weights, expected.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    np.testing.assert_allclose(state.history["eval_loss"], expected.history["eval_loss"], rtol=1e-4)
    assert state.history["accuracy"] == pytest.approx(expected.history["accuracy"])


def test_two_workers_train_the_weights_of_one(small_examples, small_hyperparameters, alone, tmp_path):
    outcome = fit_in_processes(job(small_examples, small_hyperparameters, tmp_path, workers=2, epochs=3), tmp_path)
    assert outcome.restarts == 0
    assert_close(outcome.state, alone)


def test_two_logical_devices_train_the_weights_of_one(small_examples, small_hyperparameters, alone, tmp_path):
    outcome = fit_in_processes(
        job(small_examples, small_hyperparameters, tmp_path, strategy="mirrored", epochs=3), tmp_path
    )
    assert_close(outcome.state, alone)


def kill_when(happened, name: str) -> threading.Thread:
    """A thread that kills the worker ``name`` with SIGKILL, once, as soon as ``happened()``."""

    def watch():
        while not happened():
            time.sleep(0.005)
        victim = next(process for process in multiprocessing.active_children() if process.name == name)
        os.kill(victim.pid, signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_killed_worker_is_survived_and_nothing_is_learned_twice(small_examples, small_hyperparameters, tmp_path):
    task = job(small_examples, small_hyperparameters, tmp_path, workers=2, epochs=12, patience=12)
    killer = kill_when(task.state_path.exists, "slipway-worker-1")
    outcome = fit_in_processes(task, tmp_path)
    killer.join()
    assert (outcome.restarts, outcome.state.epochs, outcome.state.finished) == (1, 12, "epochs")
    assert "going on after epoch" in (tmp_path / "attempt-2-worker-0.log").read_text()
    alone = fit(alone_as(task))
    np.testing.assert_allclose(outcome.state.history["eval_loss"], alone.history["eval_loss"], rtol=2e-3)


def test_workers_that_die_too_often_are_given_up(small_examples, small_hyperparameters, tmp_path):
    task = job(small_examples, small_hyperparameters, tmp_path, workers=2, max_restarts=0)
    alive = lambda: any(p.name == "slipway-worker-0" for p in multiprocessing.active_children())  # noqa: E731
    kill_when(alive, "slipway-worker-0")
    with pytest.raises(TransientError, match="failed 1 times; the last time worker 0 was killed by signal 9"):
        fit_in_processes(task, tmp_path)
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("slipway-worker")]


def test_workers_that_stand_still_are_given_up(small_examples, small_hyperparameters, tmp_path):
    task = job(small_examples, small_hyperparameters, tmp_path, workers=2, max_restarts=0, stall_seconds=0.001)
    with pytest.raises(TransientError, match=r"finished no epoch for 0\.001 s"):
        fit_in_processes(task, tmp_path)


def test_what_a_worker_refuses_is_refused_at_once(small_examples, tmp_path):
    task = job(small_examples, Hyperparameters(batch_size=1), tmp_path, strategy="mirrored", max_restarts=5)
    with pytest.raises(InputError, match="a batch of 1 is too small for 2 replicas"):
        fit_in_processes(task, tmp_path)
    assert not list(tmp_path.glob("attempt-2*"))


def _train_and_wait(task: TrainingJob, folder: Path) -> None:
    prepare_worker_process(1, folder / "parent.log")
    fit_in_processes(task, folder)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")")[-1].split()[0] != "Z"


def test_workers_do_not_outlive_their_parent(small_examples, small_hyperparameters, tmp_path):
    """A worker left behind by a killed step would hold its cores and ports for ever."""
    task = job(small_examples, small_hyperparameters, tmp_path, workers=2, epochs=5000, patience=5000)
    parent = process_context().Process(target=_train_and_wait, args=(task, tmp_path))
    parent.start()
    try:
        while not task.state_path.exists():
            assert parent.is_alive()
            time.sleep(0.01)
        workers = _children(parent.pid)
        assert len(workers) == 2
    finally:
        kill_process(parent)
    for _ in range(1000):
        if not any(map(_runs, workers)):
            break
        time.sleep(0.02)
    assert not any(map(_runs, workers))


def _act_as_worker(tf_config: str, folder: Path, inputs: Inputs) -> None:
    prepare_worker_process(1, folder / "worker.log")
    os.environ["TF_CONFIG"] = tf_config
    result = run(inputs, TrainDistributedConfig(epochs=2))
    write(result, Outputs(model=folder / "model", report=folder / "report.html"))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


def test_in_a_cluster_each_process_is_one_worker_and_the_chief_writes_the_model(
    small_examples, small_transform, small_tuning, tmp_path
):
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(2)]
    processes = []
    for index in range(2):
        folder = tmp_path / str(index)
        folder.mkdir()
        tf_config = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})
        inputs = Inputs(
            transformed_examples=small_examples.root,
            transform_graph=small_transform.root,
            best_hyperparameters=small_tuning.root,
            tf_config=tf_config,
        )
        processes.append(process_context().Process(target=_act_as_worker, args=(tf_config, folder, inputs)))
        processes[-1].start()
    for process in processes:
        process.join(120)
        kill_process(process)
    assert [process.exitcode for process in processes] == [0, 0]
    card = ModelFolder(tmp_path / "0" / "model").card()
    assert (card.strategy, card.workers, len(card.history["loss"])) == ("multi_worker_mirrored", 2, 2)
    assert not (tmp_path / "1" / "model").exists()
