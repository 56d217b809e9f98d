"""What can be set when searching for hyperparameters."""

from dataclasses import dataclass, field

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import require_entry
from slipway.contracts.search_spaces import SearchSpace


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How to search.

    Attributes:
        trials: trainings to compare, in [0, 10000]; 0 takes the default hyperparameters without a search.
        parallel: trials at the same time, in [0, 64]; 0 takes one per CPU, at most 4. Only 1 is reproducible in every
            case: with more, what ``tpe`` learns from and a pruner compares with depends on which others have ended.
        epochs: passes of a trial over the training examples, in [1, 1000].
        max_examples: training (and eval) examples a trial sees at most, at least 1; a seeded sample of larger splits.
        timeout_seconds: no trial starts later, and those running are pruned once one is complete; above 0, None sets
            no limit.
        seed: of the search and of every training, in [0, 2147483647].
        sampler: what proposes hyperparameters: ``tpe``, ``random``, ``quasi_random``, ``grid``, or another entry of the
            kind samplers.
        pruner: how weak trials are recognised: ``median`` (worse than half of the trials at that epoch),
            ``hyperband``, ``none``, or another entry of the kind pruners.
        space: where to look.
    """

    trials: int = 8
    parallel: int = 0
    epochs: int = 6
    max_examples: int = 100_000
    timeout_seconds: float | None = None
    seed: int = 42
    sampler: str = "tpe"
    pruner: str = "median"
    space: SearchSpace = field(default_factory=SearchSpace)

    def __post_init__(self) -> None:
        """Refuse a search that cannot be."""
        _within("trials", self.trials, 0, 10_000)
        _within("parallel", self.parallel, 0, 64)
        _within("epochs", self.epochs, 1, 1000)
        _within("seed", self.seed, 0, 2**31 - 1)
        if self.max_examples < 1:
            raise InputError(f"max_examples must be at least 1, got {self.max_examples}")
        if self.timeout_seconds is not None and not self.timeout_seconds > 0:
            raise InputError(f"timeout_seconds must be above 0, got {self.timeout_seconds}")
        require_entry("samplers", self.sampler, "sampler")
        require_entry("pruners", self.pruner, "pruner")


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} must lie in [{low}, {high}], got {value}")
