"""What can be set about a sample."""

from dataclasses import dataclass

from slipway.contracts.errors import InputError
from slipway.contracts.tables import SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleConfig:
    """Which rows are kept.

    Attributes:
        fraction: share of the rows that is kept, in (0, 1].
        group_column: rows that are equal here are kept or left out together; None decides by the whole row.
        splits: the splits that are sampled; the others are kept whole. Empty samples every split.
        seed: another seed keeps other rows, at least 0.
    """

    fraction: float
    group_column: str | None = None
    splits: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a share that keeps nothing and splits that do not exist."""
        if not 0 < self.fraction <= 1:
            raise InputError(f"fraction must lie in (0, 1], got {self.fraction}")
        for split in self.splits:
            if split not in SPLITS:
                raise InputError(f"splits should be some of {', '.join(SPLITS)}, got {split!r}")
        if self.seed < 0:
            raise InputError(f"seed must be at least 0, got {self.seed}")
