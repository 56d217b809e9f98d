"""Models on disk, from training to the pushed version."""

from dataclasses import dataclass, field
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec
from slipway.contracts.plug_points import require_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """What tune chooses and train uses.

    Attributes:
        layers: hidden layers, in [0, 8].
        units: units of the first hidden layer, in [1, 4096]; each further layer has half of the one before, at least 4.
        dropout_fraction: share of units dropped after each hidden layer, in [0, 0.9].
        learning_rate: of the optimizer, above 0.
        batch_size: examples in a step over all workers, at least 1.
        network: name of the architecture.
    """

    layers: int = 2
    units: int = 128
    dropout_fraction: float = 0.3
    learning_rate: float = 1e-3
    batch_size: int = 256
    network: str = "tower"

    def __post_init__(self) -> None:
        """Refuse values that no network can have."""
        if not 0 <= self.layers <= 8:
            raise InputError(f"layers must lie in [0, 8], got {self.layers}")
        if not 1 <= self.units <= 4096:
            raise InputError(f"units must lie in [1, 4096], got {self.units}")
        if not 0 <= self.dropout_fraction <= 0.9:
            raise InputError(f"dropout_fraction must lie in [0, 0.9], got {self.dropout_fraction}")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, got {self.learning_rate}")
        if self.batch_size < 1:
            raise InputError(f"batch_size must be at least 1, got {self.batch_size}")
        require_entry("networks", self.network, "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One attempt of the search; ``value`` is the objective on the eval split, None when pruned or failed."""

    number: int
    state: str
    value: float | None
    hyperparameters: Hyperparameters
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningResult:
    """What the search found.

    Attributes:
        best: the hyperparameters to train with; the defaults when ``trials`` is empty.
        objective: name of the metric that was optimized, such as ``loss`` (of the eval split, lower is better).
        trials: every attempt, by number.
    """

    best: Hyperparameters
    objective: str = "loss"
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class TuningFolder:
    """A finished search.

    root/
    └── tuning.json       a TuningResult
    """

    root: Path

    @property
    def result_path(self) -> Path:
        """Where the result lies."""
        return self.root / "tuning.json"

    def result(self) -> TuningResult:
        """What the search found."""
        return read_document(TuningResult, self.result_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """How a model came about.

    Attributes:
        spec: what it reads and predicts.
        hyperparameters: what it was trained with.
        strategy: the tf.distribute strategy's name, such as ``one_device``, ``mirrored``, ``multi_worker_mirrored``.
        workers: worker processes.
        best_epoch: the epoch, from 1, whose weights were kept.
        history: per epoch values of ``loss``, ``eval_loss`` and the other training metrics, by name.
    """

    spec: ExampleSpec
    hyperparameters: Hyperparameters
    strategy: str
    workers: int
    best_epoch: int
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A trained model on disk.

    root/
    ├── saved_model/      ``serving_default`` on raw features (shape (batch,) each, dtypes by FeatureKind) and
    │                     ``transformed`` on the inputs of the spec; assets.extra/ travels with it
    ├── network.keras     the tf_keras network on the inputs of the spec; output (batch, 1) for binary (probability)
    │                     and regression (standardized value), (batch, classes) for multiclass
    ├── logs/             what TensorBoard shows of the training; only where that was wanted
    └── model.json        a ModelCard

    Outputs of both signatures: ``probabilities`` float32 (batch, classes), two columns for a binary problem, and
    ``predicted_class`` string (batch,); for regression ``predictions`` float32 (batch,) in the label's own unit.
    """

    root: Path

    @property
    def saved_model(self) -> Path:
        """Where the SavedModel lies."""
        return self.root / "saved_model"

    @property
    def network(self) -> Path:
        """Where the tf_keras network lies."""
        return self.root / "network.keras"

    @property
    def logs(self) -> Path:
        """Where TensorBoard's logs lie, if there are any."""
        return self.root / "logs"

    @property
    def card_path(self) -> Path:
        """Where the ModelCard lies."""
        return self.root / "model.json"

    def card(self) -> ModelCard:
        """How the model came about."""
        return read_document(ModelCard, self.card_path)
