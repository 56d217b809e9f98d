"""Send a planned submission and follow the run to its end."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from slipway.contracts.errors import TransientError
from slipway.contracts.run_summaries import RunSummary, StepSummary
from slipway.runs.clusters.run_states import ENDED, ended_steps, outcome_of, running_steps, steps_of
from slipway.runs.clusters.service.pipeline_service import PipelineService
from slipway.runs.clusters.service.service_records import RunRequest, ServiceRun
from slipway.runs.clusters.submission import SubmissionPlan

logger = logging.getLogger(__name__)
_LOOKS_AFTER_THE_END = 20


class Watcher(Protocol):
    """Is told how a run on a cluster goes."""

    def running(self, names: list[str]) -> None:
        """Show that these steps run now."""

    def finished(self, step: StepSummary) -> None:
        """Show that a step has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What the service made of a plan.

    Attributes:
        run_id: of the run, or of the schedule.
        link: its page in the UI.
        uploaded: False when the version was there already.
    """

    run_id: str
    link: str
    uploaded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How a run is watched.

    Attributes:
        first_pause_seconds: between the first two questions; each further pause is half as long again.
        longest_pause_seconds: no pause is longer.
        timeout_seconds: after which the run is left to itself; None for never.
        silence_seconds: how long the service may not answer before the watch is given up.
        sleep: what waits.
        clock: seconds that only rise.
    """

    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 5.0
    timeout_seconds: float | None = None
    silence_seconds: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def send(plan: SubmissionPlan, service: PipelineService) -> Submitted:
    """Upload what is not there yet and start the run or the schedule, once."""
    namespace = plan.target.run_namespace
    pipeline = service.pipeline(plan.pipeline, namespace)
    version, uploaded = service.version(pipeline, plan.version, plan.package.text)
    experiment = service.experiment(plan.experiment, namespace)
    request = RunRequest(
        experiment_id=experiment,
        pipeline_id=pipeline,
        version_id=version,
        name=plan.run_name,
        description=plan.description,
        parameters=plan.parameters,
        pipeline_root=plan.target.pipeline_root,
        service_account=plan.target.service_account,
        cron=plan.cron,
    )
    run_id = service.start(request)
    page = "recurringrun" if plan.cron else "runs"
    return Submitted(run_id=run_id, link=f"{service.host}/#/{page}/details/{run_id}", uploaded=uploaded)


def follow(
    plan: SubmissionPlan, submitted: Submitted, service: PipelineService, watcher: Watcher, watch: Watch | None = None
) -> RunSummary:
    """Tell ``watcher`` about each step until the run has ended; its summary.

    Raises:
        TransientError: time is up, or the service has been silent for too long. The run goes on.
    """
    watch = watch or Watch()
    started = heard = watch.clock()
    pause = watch.first_pause_seconds
    told: set[str] = set()
    while True:
        try:
            run = _seen(service, submitted.run_id, watch)
        except TransientError as error:
            if watch.clock() - heard > watch.silence_seconds:
                raise TransientError(f"lost sight of the run, which goes on: {submitted.link} ({error})") from error
            logger.info("%s; asking again", error)
        else:
            heard = watch.clock()
            _tell(plan, run, watcher, told)
            if run.state in ENDED:
                return _summary(plan, submitted, run)
        if watch.timeout_seconds is not None and watch.clock() - started > watch.timeout_seconds:
            raise TransientError(f"not done after {watch.timeout_seconds:.0f} s; the run goes on: {submitted.link}")
        watch.sleep(pause)
        pause = min(pause * 1.5, watch.longest_pause_seconds)


def _seen(service: PipelineService, run_id: str, watch: Watch) -> ServiceRun:
    """Return the run; once it has ended, with the ends of its tasks, which the service writes later than the run's."""
    run = service.run(run_id)
    for _ in range(_LOOKS_AFTER_THE_END):
        if run.state not in ENDED or all(task.state != "RUNNING" for task in run.tasks):
            break
        watch.sleep(watch.first_pause_seconds)
        run = service.run(run_id)
    return run


def _tell(plan: SubmissionPlan, run: ServiceRun, watcher: Watcher, told: set[str]) -> None:
    for step in ended_steps(plan.package.ir, run):
        if step.name not in told:
            told.add(step.name)
            watcher.finished(step)
    watcher.running(running_steps(plan.package.ir, run))


def _summary(plan: SubmissionPlan, submitted: Submitted, run: ServiceRun) -> RunSummary:
    outcome, code, reason = outcome_of(plan.package.ir, run)
    created = run.created or datetime.now(UTC)
    seconds = (run.finished - created).total_seconds() if run.finished and run.created else 0.0
    return RunSummary(
        pipeline=plan.pipeline,
        run_id=submitted.run_id,
        outcome=outcome,
        exit_code=int(code),
        exit_reason=reason,
        seconds=max(0.0, seconds),
        started=created.isoformat(timespec="seconds"),
        parameters=dict(plan.parameters),
        steps=steps_of(plan.package.ir, run),
        report=submitted.link,
    )
