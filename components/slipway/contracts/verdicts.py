"""What a judging step says: a verdict is data, never a crash."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a step found.

    Attributes:
        reasons: why what depends on the step must not run; empty exactly when it passed.
        warnings: what a person should look at and that stops nothing.
    """

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is nothing to object to."""
        return not self.reasons
