"""What a run was: the values behind the terminal's table, the JSON summary and the report."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from slipway.contracts.verdicts import Verdict


class StepOutcome(StrEnum):
    """How a step ended. REFUSED: it did its work and its verdict was no."""

    SUCCEEDED = "succeeded"
    CACHED = "cached"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummary:
    """One task of a run.

    Attributes:
        name: the task's name in the pipeline.
        seconds: wall time, start-up of its process and waiting included.
        waited_seconds: the share of it in which a process shared by all tasks of the role was still importing.
        role: the image role; empty for somebody else's image.
        figures: the scalars of its ``metrics`` output.
        verdict: what a judging step said; None for the others.
        message: the error of a failed step.
        log: path of its raw output.
        artifacts: output name to path.
    """

    name: str
    outcome: StepOutcome
    seconds: float
    role: str
    waited_seconds: float = 0.0
    depends_on: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    message: str = ""
    log: str = ""
    artifacts: dict[str, str] = field(default_factory=dict)

    @property
    def work_seconds(self) -> float:
        """Wall time without the waiting: the task's own."""
        return self.seconds - self.waited_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A whole run.

    Attributes:
        outcome: ``succeeded``, ``refused`` (a gate said no) or ``failed``.
        exit_code: the process's, by slipway.contracts.errors.ExitCode.
        exit_reason: one sentence.
        started: ISO 8601, UTC.
        float_metrics: test metrics of the model as trained.
        compressed_metrics: the same for the chosen compressed variant.
        model_uri: where the pushed version lies; None when nothing was pushed.
        report: path of the run's HTML page.
    """

    pipeline: str
    run_id: str
    outcome: str
    exit_code: int
    exit_reason: str
    seconds: float
    started: str
    parameters: dict[str, Any] = field(default_factory=dict)
    steps: tuple[StepSummary, ...] = ()
    float_metrics: dict[str, float] = field(default_factory=dict)
    compressed_metrics: dict[str, float] = field(default_factory=dict)
    model_uri: str | None = None
    model_version: int | None = None
    report: str | None = None
