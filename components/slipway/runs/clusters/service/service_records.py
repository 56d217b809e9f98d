"""What is sent to a Kubeflow Pipelines service and what it reports, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A run or a schedule of runs, whole.

    Attributes:
        experiment_id: where it belongs.
        pipeline_id: the pipeline.
        version_id: its version.
        name: what people read; need not be unique.
        description: carries the token by which the run is found again when the answer to its creation is lost.
        parameters: values of the pipeline's parameters.
        pipeline_root: where artifacts go; empty for the service's default.
        service_account: of the pods; empty for the service's default.
        cron: six fields, seconds first; empty for one run now.
    """

    experiment_id: str
    pipeline_id: str
    version_id: str
    name: str
    description: str
    parameters: Mapping[str, Any]
    pipeline_root: str = ""
    service_account: str = ""
    cron: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTask:
    """A task as the service reports it.

    Attributes:
        name: of the task; drivers and executors have names of their own.
        state: PENDING, RUNNING, SUCCEEDED, SKIPPED, FAILED, CANCELING, CANCELED, PAUSED.
        message: of an error; empty for none.
    """

    name: str
    state: str
    started: datetime | None = None
    finished: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRun:
    """A run as the service reports it."""

    run_id: str
    name: str
    state: str
    message: str = ""
    created: datetime | None = None
    finished: datetime | None = None
    tasks: tuple[ServiceTask, ...] = ()
