"""Several processes, on one machine or in a cluster, that exchange the gradients of each step."""

from typing import TYPE_CHECKING

from slipway.training.jobs import Placement
from slipway.training.strategy import Strategy, training_tasks

if TYPE_CHECKING:
    import tensorflow as tf


class MultiWorkerMirrored:
    """tf.distribute.MultiWorkerMirroredStrategy; ``TF_CONFIG`` says which worker a process is."""

    several_workers = True

    def preference(self, workers: int, gpus: int) -> int:
        """Return 2 for several workers."""
        return 2 * int(workers > 1)

    def cpu_devices(self, replicas: int, gpus: int) -> int:
        """Return 0: devices stay as they are."""
        return 0

    def create(self, placement: Placement) -> "tf.distribute.Strategy":
        """Return the strategy once all workers are there."""
        import tensorflow as tf

        return tf.distribute.MultiWorkerMirroredStrategy()

    def shard(self, strategy: "tf.distribute.Strategy", placement: Placement) -> tuple[int, int]:
        """Return the place of this process among the tasks that train."""
        if placement.workers == 1:
            return 0, 1
        resolver = strategy.cluster_resolver
        tasks = training_tasks(resolver.cluster_spec().as_dict())
        return tasks.index((resolver.task_type, resolver.task_id)), len(tasks)


ENTRY: Strategy = MultiWorkerMirrored()
