"""A Kubeflow Pipelines service, by its REST API v2beta1.

Everything that creates something can be called again: what is there already is found by its name, and a request whose
answer was lost is looked for before it is sent again.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slipway.contracts.errors import InputError
from slipway.runs.clusters.service.service_calls import AlreadyThereError, AnswerLostError, call_service
from slipway.runs.clusters.service.service_records import RunRequest, ServiceRun, ServiceTask
from slipway.storage.retry import Patience, again
from slipway.storage.signing_in import Credentials

_CONNECT_AND_READ_SECONDS = (10, 60)
_MORE_LOOKS_FOR_A_LOST_ONE = 3
_PAGE = 50


class PipelineService:
    """The service at one address."""

    def __init__(self, host: str, credentials: Credentials, patience: Patience | None = None) -> None:
        """Keep what requests need; nothing is sent yet."""
        import kfp_server_api
        import urllib3

        configuration = kfp_server_api.Configuration(host=host.rstrip("/"))
        # One module decides what is tried again; and a redirect is a sign-in page, not an answer.
        configuration.retries = urllib3.Retry(total=0, redirect=False)
        if credentials.token:
            token = credentials.token
            configuration.api_key["authorization"] = ""  # the hook is asked only where there is something to renew
            configuration.api_key_prefix["authorization"] = "Bearer"
            configuration.refresh_api_key_hook = lambda config: config.api_key.update(authorization=token())
        client = kfp_server_api.ApiClient(configuration, cookie=credentials.cookie or None)
        self.host = host.rstrip("/")
        self._patience = patience or Patience()
        self._api = kfp_server_api
        self._health = kfp_server_api.HealthzServiceApi(client)
        self._pipelines = kfp_server_api.PipelineServiceApi(client)
        self._uploads = kfp_server_api.PipelineUploadServiceApi(client)
        self._experiments = kfp_server_api.ExperimentServiceApi(client)
        self._runs = kfp_server_api.RunServiceApi(client)
        self._recurring = kfp_server_api.RecurringRunServiceApi(client)

    def is_multi_user(self) -> bool:
        """Whether runs belong to namespaces; also the cheapest question there is, to see whether it answers."""
        answer = self._ask(self._health.healthz_service_get_healthz, f"ask {self.host}")
        if not isinstance(answer, self._api.V2beta1GetHealthzResponse):
            raise InputError(f"{self.host} is not a Kubeflow Pipelines service of v2: it answers something else")
        return bool(answer.multi_user)

    def pipeline(self, name: str, namespace: str = "") -> str:
        """Return the ID of the pipeline of this name, which is made when there is none."""

        def find() -> str | None:
            answer = self._send(
                self._pipelines.pipeline_service_list_pipelines,
                f"look for pipeline {name}",
                filter=_named(name),
                **_given(namespace=namespace),
            )
            return next((item.pipeline_id for item in answer.pipelines or ()), None)

        def make() -> str:
            body = self._api.V2beta1Pipeline(name=name, display_name=name, **_given(namespace=namespace))
            made = self._send(self._pipelines.pipeline_service_create_pipeline, f"make pipeline {name}", pipeline=body)
            return str(made.pipeline_id)

        return self._found_or_made(find, make)

    def version(self, pipeline_id: str, name: str, package: str) -> tuple[str, bool]:
        """Return the ID of the version of this name, and whether it had to be uploaded.

        Args:
            pipeline_id: whose version.
            name: says what is in the package: equal names mean equal packages.
            package: the compiled pipeline as YAML.
        """
        uploaded = False

        def find() -> str | None:
            answer = self._send(
                self._pipelines.pipeline_service_list_pipeline_versions,
                f"look for version {name}",
                pipeline_id=pipeline_id,
                filter=_named(name),
            )
            return next((item.pipeline_version_id for item in answer.pipeline_versions or ()), None)

        def make() -> str:
            nonlocal uploaded
            with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
                file = Path(folder) / "pipeline.yaml"
                file.write_text(package, encoding="utf-8")
                made = self._send(
                    self._uploads.upload_pipeline_version,
                    f"upload version {name}",
                    str(file),
                    name=name,
                    display_name=name,
                    pipelineid=pipeline_id,
                )
            uploaded = True
            return str(made.pipeline_version_id)

        return self._found_or_made(find, make), uploaded

    def experiment(self, name: str, namespace: str = "") -> str:
        """Return the ID of the experiment of this name, made when there is none; InputError when it is archived."""

        def find() -> str | None:
            answer = self._send(
                self._experiments.experiment_service_list_experiments,
                f"look for experiment {name}",
                filter=_named(name),
                **_given(namespace=namespace),
            )
            found = next(iter(answer.experiments or ()), None)
            if found is None:
                return None
            if found.storage_state == "ARCHIVED":
                raise InputError(f"experiment {name!r} is archived; restore it in the UI or choose another name")
            return str(found.experiment_id)

        def make() -> str:
            body = self._api.V2beta1Experiment(display_name=name, **_given(namespace=namespace))
            made = self._send(
                self._experiments.experiment_service_create_experiment, f"make experiment {name}", experiment=body
            )
            return str(made.experiment_id)

        return self._found_or_made(find, make)

    def start(self, request: RunRequest) -> str:
        """Start the run, or the schedule when there is a cron expression, once; its ID."""
        if request.cron:
            return self._once(lambda: self._find_schedule(request), lambda: self._make_schedule(request))
        return self._once(lambda: self._find_run(request), lambda: self._make_run(request))

    def run(self, run_id: str) -> ServiceRun:
        """Return how a run is."""
        answer = self._ask(self._runs.run_service_get_run, f"ask for run {run_id}", run_id)
        details = answer.run_details.task_details if answer.run_details else None
        return ServiceRun(
            run_id=run_id,
            name=answer.display_name or "",
            state=answer.state or "RUNTIME_STATE_UNSPECIFIED",
            message=(answer.error.message or "") if answer.error else "",
            created=answer.created_at,
            finished=answer.finished_at,
            tasks=tuple(_task(item) for item in details or ()),
        )

    def _ask(self, method: Callable[..., Any], what: str, *arguments: Any) -> Any:
        """Send a request that changes nothing, so that it may be sent any number of times."""
        return again(lambda: self._send(method, what, *arguments), self._patience)

    def _send(self, method: Callable[..., Any], what: str, *arguments: Any, **named: Any) -> Any:
        return call_service(lambda: method(*arguments, _request_timeout=_CONNECT_AND_READ_SECONDS, **named), what)

    def _found_or_made(self, find: Callable[[], str | None], make: Callable[[], str]) -> str:
        """Find or make what a unique name protects: a second request cannot make a second one."""

        def attempt() -> str:
            try:
                return find() or make()
            except AlreadyThereError:
                if found := find():
                    return found
                raise

        return again(attempt, self._patience)

    def _once(self, find: Callable[[], str | None], make: Callable[[], str]) -> str:
        """Make what no name protects: after a lost answer, look until the request must have taken effect."""
        lost = False

        def attempt() -> str:
            nonlocal lost
            lost = False
            try:
                return make()
            except AnswerLostError:
                lost = True
                raise

        def look() -> str | None:
            if found := find():
                return found
            for doubled in range(_MORE_LOOKS_FOR_A_LOST_ONE if lost else 0):
                self._patience.sleep(self._patience.first_pause_seconds * 2**doubled)
                if found := find():
                    return found
            return None

        return again(attempt, self._patience, before=look)

    def _find_run(self, request: RunRequest) -> str | None:
        answer = self._send(
            self._runs.run_service_list_runs,
            f"look for run {request.name}",
            experiment_id=request.experiment_id,
            sort_by="created_at desc",
            page_size=_PAGE,
            filter=_named(request.name),
        )
        return next((run.run_id for run in answer.runs or () if run.description == request.description), None)

    def _make_run(self, request: RunRequest) -> str:
        body = self._api.V2beta1Run(**self._common(request))
        made = self._send(self._runs.run_service_create_run, f"start run {request.name}", run=body)
        return str(made.run_id)

    def _find_schedule(self, request: RunRequest) -> str | None:
        answer = self._send(
            self._recurring.recurring_run_service_list_recurring_runs,
            f"look for schedule {request.name}",
            experiment_id=request.experiment_id,
            sort_by="created_at desc",
            page_size=_PAGE,
            filter=_named(request.name),
        )
        found = (item for item in answer.recurring_runs or () if item.description == request.description)
        return next((item.recurring_run_id for item in found), None)

    def _make_schedule(self, request: RunRequest) -> str:
        body = self._api.V2beta1RecurringRun(
            **self._common(request),
            mode="ENABLE",
            max_concurrency="1",
            no_catchup=True,
            trigger=self._api.V2beta1Trigger(cron_schedule=self._api.V2beta1CronSchedule(cron=request.cron)),
        )
        method = self._recurring.recurring_run_service_create_recurring_run
        return str(self._send(method, f"make schedule {request.name}", recurring_run=body).recurring_run_id)

    def _common(self, request: RunRequest) -> dict[str, Any]:
        reference = self._api.V2beta1PipelineVersionReference(
            pipeline_id=request.pipeline_id, pipeline_version_id=request.version_id
        )
        runtime = self._api.V2beta1RuntimeConfig(
            parameters=dict(request.parameters), **_given(pipeline_root=request.pipeline_root)
        )
        return {
            "display_name": request.name,
            "description": request.description,
            "experiment_id": request.experiment_id,
            "pipeline_version_reference": reference,
            "runtime_config": runtime,
            **_given(service_account=request.service_account),
        }


def _task(detail: Any) -> ServiceTask:
    return ServiceTask(
        name=detail.display_name or "",
        state=detail.state or "PENDING",
        started=detail.start_time,
        finished=detail.end_time,
        message=(detail.error.message or "") if detail.error else "",
    )


def _named(name: str) -> str:
    """Return the service's filter for a name, as its own SDK sends it."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def _given(**values: str) -> dict[str, str]:
    """Return those that are not empty: the service takes an empty namespace for a wrong one."""
    return {name: value for name, value in values.items() if value}
