"""A submission as a value: everything that will be sent, made before anything is sent."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.contracts.steps import Purpose
from slipway.runs.arguments import (
    check_complete,
    check_given,
    default_model_name,
    parameters_for,
    pipeline_arguments,
    read_addresses,
)
from slipway.runs.catalogue import compiled_package
from slipway.runs.clusters.target_package import Package, package_for
from slipway.runs.clusters.targets import Target

_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,?#-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest:
    """What a user asks for.

    Attributes:
        pipeline: name, file or package.
        settings: parameters by name, and a mapping per step.
        experiment: its name; empty for the pipeline's name.
        run_name: empty for the pipeline's name and the time.
        cron: five fields, or six with seconds first; empty for one run now.
        images: image of a role; before the target's.
    """

    pipeline: str
    target: Target
    settings: Mapping[str, Any]
    experiment: str = ""
    run_name: str = ""
    cron: str = ""
    images: Mapping[Role, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionPlan:
    """What will be sent.

    Attributes:
        target: where to.
        package: the pipeline as it will run there.
        pipeline: its name at the service.
        version: name of the version, made from the package's digest.
        experiment: name of the experiment.
        run_name: display name of the run or schedule.
        description: holds a token that no other submission has.
        parameters: of the pipeline.
        cron: six fields; empty for one run now.
    """

    target: Target
    package: Package
    pipeline: str
    version: str
    experiment: str
    run_name: str
    description: str
    parameters: Mapping[str, Any]
    cron: str = ""

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests in the order in which they are sent; what exists already is not made again."""
        where = {"namespace": self.target.run_namespace} if self.target.run_namespace else {}
        body: dict[str, Any] = {
            "display_name": self.run_name,
            "description": self.description,
            "experiment_id": f"<experiment {self.experiment}>",
            "pipeline_version_reference": {
                "pipeline_id": f"<pipeline {self.pipeline}>",
                "pipeline_version_id": f"<version {self.version}>",
            },
            "runtime_config": {"parameters": dict(self.parameters)},
        }
        if self.target.pipeline_root:
            body["runtime_config"]["pipeline_root"] = self.target.pipeline_root
        if self.target.service_account:
            body["service_account"] = self.target.service_account
        if self.cron:
            trigger = {"cron_schedule": {"cron": self.cron}}
            body |= {"mode": "ENABLE", "max_concurrency": "1", "no_catchup": True, "trigger": trigger}
        version = {"name": self.version, "display_name": self.version, "pipelineid": f"<pipeline {self.pipeline}>"}
        pipeline = {"name": self.pipeline, "display_name": self.pipeline, **where}
        return [
            {"post": "/apis/v2beta1/pipelines", "unless": "it exists", "body": pipeline},
            {
                "post": "/apis/v2beta1/pipelines/upload_version",
                "unless": "it exists",
                "query": version,
                "file": f"package, sha256 {self.package.digest}",
            },
            {
                "post": "/apis/v2beta1/experiments",
                "unless": "it exists",
                "body": {"display_name": self.experiment, **where},
            },
            {"post": "/apis/v2beta1/recurringruns" if self.cron else "/apis/v2beta1/runs", "body": body},
        ]


def plan_submission(request: SubmitRequest, now: datetime | None = None, token: str = "") -> SubmissionPlan:
    """Return everything that ``request`` means, checked as far as it can be without the cluster.

    Args:
        request: what the user said.
        now: for the run's name.
        token: makes the submission one of its kind; empty draws one.

    Raises:
        InputError: an unknown or missing setting, an address that pods cannot see, or a wrong schedule.
    """
    ir, platforms = compiled_package(request.pipeline)
    target = request.target
    arguments = pipeline_arguments(ir, _complete_settings(ir, request))
    check_complete(ir, arguments)
    for name in (*read_addresses(), *parameters_for(Purpose.DESTINATION, ir)):
        _check_address(name, arguments.get(name), target)
    package = package_for(ir, target, request.images, platforms)
    pipeline = str(ir["pipelineInfo"]["name"])
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    return SubmissionPlan(
        target=target,
        package=package,
        pipeline=pipeline,
        version=f"sha256-{package.digest}",
        experiment=request.experiment or pipeline,
        run_name=request.run_name or (f"{pipeline} {request.cron}" if request.cron else f"{pipeline}-{stamp}"),
        description=f"submitted by slipway, {token or uuid.uuid4().hex}",
        parameters=arguments,
        cron=_six_fields(request.cron) if request.cron else "",
    )


def plan_document(plan: SubmissionPlan) -> dict[str, Any]:
    """Return the plan as plain values: what ``--dry-run`` shows, beside the package itself."""
    return {
        "target": plan.target.name,
        "service": plan.target.host or f"kubectl forwards {plan.target.namespace}/ml-pipeline-ui to {plan.target.port}",
        "auth": plan.target.auth,
        "images": sorted(
            {
                item["container"]["image"]
                for item in plan.package.ir["deploymentSpec"]["executors"].values()
                if "container" in item
            }
        ),
        "requests": plan.requests(),
    }


def _complete_settings(ir: Mapping[str, Any], request: SubmitRequest) -> dict[str, Any]:
    """Return the settings, with a destination and a model's name where the user gave none."""
    settings = dict(request.settings)
    check_given(ir, settings)
    for name in parameters_for(Purpose.DESTINATION, ir):
        if not settings.get(name):
            if not request.target.destination:
                raise InputError(f"--{name} is missing: target {request.target.name} has no default")
            settings[name] = request.target.destination
    return default_model_name(ir, settings) | settings


def _check_address(name: str, value: Any, target: Target) -> None:
    """Refuse a path of this machine, which means nothing in a pod unless a volume of the target is mounted there."""
    if not isinstance(value, str) or not value or ("://" in value and not value.startswith("file://")):
        return
    mounts = [claim.path.rstrip("/") for claim in target.claims]
    path = value.removeprefix("file://")
    if not any(path == mount or path.startswith(f"{mount}/") for mount in mounts):
        seen = f" or a path below {', '.join(mounts)}" if mounts else ""
        raise InputError(
            f"{name} is {value!r}, which pods of target {target.name} cannot see; "
            f"give an address such as s3://bucket/folder or gs://bucket/folder{seen}"
        )


def _six_fields(cron: str) -> str:
    """Return the schedule as Kubeflow takes it: seconds first."""
    fields = cron.split()
    if len(fields) not in (5, 6) or not all(_CRON_FIELD.fullmatch(item) for item in fields):
        raise InputError(
            f"--recurring should be five fields such as '0 6 * * *', or six with seconds first, got {cron!r}"
        )
    return " ".join(fields if len(fields) == 6 else ["0", *fields])
