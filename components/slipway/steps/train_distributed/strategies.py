"""Which tf.distribute strategy trains, and where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from slipway.contracts.errors import InputError
from slipway.steps.train_distributed.config import TrainDistributedConfig

ONE_DEVICE, MIRRORED, MULTI_WORKER = "one_device", "mirrored", "multi_worker_mirrored"
_TRAINING_TASKS = ("chief", "worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a training runs.

    Attributes:
        strategy: ``one_device``, ``mirrored`` or ``multi_worker_mirrored``.
        workers: processes that train together.
        cpu_devices: logical CPU devices of a worker; 0 leaves the devices as they are.
        chief: whether this process writes the checkpoints and the model.
    """

    strategy: str
    workers: int = 1
    cpu_devices: int = 0
    chief: bool = True


def place(config: TrainDistributedConfig, gpus: int) -> Placement:
    """Where this machine trains as ``config`` asks, with ``gpus`` GPUs."""
    strategy: str = config.strategy
    if strategy == "auto":
        one_machine = MIRRORED if gpus > 1 else ONE_DEVICE
        strategy = MULTI_WORKER if config.workers > 1 else one_machine
    cpu_devices = config.replicas if strategy == MIRRORED and gpus == 0 else 0
    return Placement(strategy=strategy, workers=config.workers, cpu_devices=cpu_devices)


def place_in_cluster(config: TrainDistributedConfig, tf_config: str) -> Placement:
    """Where this process trains as the one worker that the environment variable ``TF_CONFIG`` says it is.

    Raises:
        InputError: ``tf_config`` names no training task, or ``config`` asks for a strategy of one machine.
    """
    try:
        document = json.loads(tf_config)
        tasks = [(kind, index) for kind in _TRAINING_TASKS for index in range(len(document["cluster"].get(kind, [])))]
        task = (document["task"]["type"], int(document["task"]["index"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"TF_CONFIG should hold a cluster and a task, got {tf_config!r}") from error
    if task not in tasks:
        raise InputError(f"TF_CONFIG makes this process {task}; only {', '.join(map(str, tasks))} can train")
    if config.strategy not in ("auto", MULTI_WORKER):
        raise InputError(f"TF_CONFIG names a cluster, but strategy {config.strategy!r} trains on one machine")
    return Placement(strategy=MULTI_WORKER, workers=len(tasks), chief=task == tasks[0])


def cluster_of(addresses: list[str], index: int) -> Mapping[str, Any]:
    """What ``TF_CONFIG`` says to worker ``index`` of workers at ``addresses``."""
    return {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}


def create_strategy(placement: Placement) -> tf.distribute.Strategy:
    """The strategy object; for several workers it waits until all of them are there."""
    if placement.strategy == MULTI_WORKER:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if placement.strategy == ONE_DEVICE:
        return tf.distribute.get_strategy()
    if placement.cpu_devices == 0:
        return tf.distribute.MirroredStrategy()
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(placement.cpu_devices)]
    )
    return tf.distribute.MirroredStrategy([f"/cpu:{index}" for index in range(placement.cpu_devices)])


def shard_of(strategy: tf.distribute.Strategy, placement: Placement) -> tuple[int, int]:
    """Which worker of how many this process is: the part of each batch that it reads."""
    if placement.workers == 1:
        return 0, 1
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict()
    tasks = [(kind, index) for kind in _TRAINING_TASKS for index in range(len(cluster.get(kind, [])))]
    return tasks.index((resolver.task_type, resolver.task_id)), len(tasks)
