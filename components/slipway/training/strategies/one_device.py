"""One process on its first device."""

from typing import TYPE_CHECKING

from slipway.training.jobs import Placement
from slipway.training.strategy import Strategy

if TYPE_CHECKING:
    import tensorflow as tf


class OneDevice:
    """TensorFlow's default strategy."""

    several_workers = False

    def preference(self, workers: int, gpus: int) -> int:
        """Return 1 for one worker: it fits wherever nothing better does."""
        return int(workers == 1)

    def cpu_devices(self, replicas: int, gpus: int) -> int:
        """Return 0: devices stay as they are."""
        return 0

    def create(self, placement: Placement) -> "tf.distribute.Strategy":
        """Return the strategy that is there without asking."""
        import tensorflow as tf

        return tf.distribute.get_strategy()

    def shard(self, strategy: "tf.distribute.Strategy", placement: Placement) -> tuple[int, int]:
        """Return the whole batch."""
        return 0, 1


ENTRY: Strategy = OneDevice()
