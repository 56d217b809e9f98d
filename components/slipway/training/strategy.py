"""Which tf.distribute strategy trains, and where."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry
from slipway.training.jobs import Placement

if TYPE_CHECKING:
    import tensorflow as tf

AUTO = "auto"
_TRAINING_TASKS = ("chief", "worker")


class Strategy(Protocol):
    """A way to share the batches of a training among devices and processes.

    Attributes:
        several_workers: whether it trains in several processes together; if not, in one.
    """

    several_workers: bool

    def preference(self, workers: int, gpus: int) -> int:
        """Return how well it fits so many workers with so many GPUs each; ``auto`` takes the highest above 0."""

    def cpu_devices(self, replicas: int, gpus: int) -> int:
        """Return how many logical CPU devices a worker needs to have ``replicas``; 0 when devices stay as they are."""

    def create(self, placement: Placement) -> "tf.distribute.Strategy":
        """Return the strategy object; for several workers it waits until all of them are there."""

    def shard(self, strategy: "tf.distribute.Strategy", placement: Placement) -> tuple[int, int]:
        """Return which worker of how many this process is: the part of each batch that it reads."""


STRATEGIES: Registry[Strategy] = registry("strategies")


def choose_placement(name: str, *, workers: int, replicas: int, gpus: int) -> Placement:
    """Return where this machine trains.

    Args:
        name: of a strategy, or ``auto`` for the one that fits best.
        workers: processes that train together, at least 1.
        replicas: logical CPU devices where a strategy needs several devices and there is no GPU.
        gpus: GPUs of this machine.

    Raises:
        InputError: the strategy cannot train so many workers.
    """
    if name == AUTO:
        fits = {candidate: strategy.preference(workers, gpus) for candidate, strategy in STRATEGIES.items()}
        name = max(fits, key=lambda candidate: fits[candidate])
    strategy = STRATEGIES.get(name)
    if workers > 1 and not strategy.several_workers:
        several = [repr(other) for other, entry in STRATEGIES.items() if entry.several_workers]
        raise InputError(
            f"strategy {name!r} has one worker, got workers={workers}; several workers need "
            f"{', '.join(several)} or 'auto'"
        )
    return Placement(strategy=name, workers=workers, cpu_devices=strategy.cpu_devices(replicas, gpus))


def place_in_cluster(name: str, tf_config: str) -> Placement:
    """Return where this process trains as the one worker that the environment variable ``TF_CONFIG`` says it is.

    Args:
        name: of a strategy, or ``auto``.
        tf_config: the variable's value, JSON.

    Raises:
        InputError: ``tf_config`` names no training task, or the strategy trains on one machine.
    """
    try:
        document = json.loads(tf_config)
        tasks = training_tasks(document["cluster"])
        task = (document["task"]["type"], int(document["task"]["index"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"TF_CONFIG should hold a cluster and a task, got {tf_config!r}") from error
    if task not in tasks:
        raise InputError(f"TF_CONFIG makes this process {task}; only {', '.join(map(str, tasks))} can train")
    if name == AUTO:
        # However few tasks there are, they are a cluster's.
        name = choose_placement(AUTO, workers=max(2, len(tasks)), replicas=1, gpus=0).strategy
    if not STRATEGIES.get(name).several_workers:
        raise InputError(f"TF_CONFIG names a cluster, but strategy {name!r} trains on one machine")
    return Placement(strategy=name, workers=len(tasks), chief=task == tasks[0], in_cluster=True)


def training_tasks(cluster: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the tasks of a cluster that train, as (type, index); the first is the chief."""
    return [(kind, index) for kind in _TRAINING_TASKS for index in range(len(cluster.get(kind, [])))]


def worker_tf_config(addresses: list[str], index: int) -> str:
    """Return what ``TF_CONFIG`` says to worker ``index`` of workers at ``addresses``."""
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})
