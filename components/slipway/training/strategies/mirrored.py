"""One process on every GPU of its machine, or on logical CPU devices where there is none."""

from typing import TYPE_CHECKING

from slipway.training.jobs import Placement
from slipway.training.strategy import Strategy

if TYPE_CHECKING:
    import tensorflow as tf


class Mirrored:
    """tf.distribute.MirroredStrategy: every device has the weights, and a share of each batch."""

    several_workers = False

    def preference(self, workers: int, gpus: int) -> int:
        """Return 2 for one worker with several GPUs."""
        return 2 * int(workers == 1 and gpus > 1)

    def cpu_devices(self, replicas: int, gpus: int) -> int:
        """Return ``replicas`` on a machine without GPU."""
        return 0 if gpus else replicas

    def create(self, placement: Placement) -> "tf.distribute.Strategy":
        """Return the strategy; with CPU devices no operation may have run in this process before."""
        import tensorflow as tf

        if placement.cpu_devices == 0:
            return tf.distribute.MirroredStrategy()
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(placement.cpu_devices)]
        )
        return tf.distribute.MirroredStrategy([f"/cpu:{index}" for index in range(placement.cpu_devices)])

    def shard(self, strategy: "tf.distribute.Strategy", placement: Placement) -> tuple[int, int]:
        """Return the whole batch: its devices share it within the process."""
        return 0, 1


ENTRY: Strategy = Mirrored()
