"""The client against a service that fails in every way we can think of: nothing is made twice."""

import pytest
from kfp_server import KfpServer, serving, task

from slipway.contracts.errors import InputError, TransientError
from slipway.runs.clusters.service.pipeline_service import PipelineService
from slipway.runs.clusters.service.service_records import RunRequest
from slipway.storage.retry import Patience
from slipway.storage.signing_in import Credentials

PACKAGE = "pipelineInfo:\n  name: p\n"


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def service(server, pauses):
    return PipelineService(server.url, Credentials(), Patience(sleep=pauses.append))


def request(**changes):
    values = {
        "experiment_id": "e",
        "pipeline_id": "p",
        "version_id": "v",
        "name": "nightly",
        "description": "submitted by slipway, token-1",
        "parameters": {"rows": 3, "config": {"a": [1, 2]}},
    }
    return RunRequest(**{**values, **changes})


def test_what_has_a_name_is_made_once_and_found_afterwards(server, service):
    first = service.pipeline("p"), service.experiment("e")
    assert (service.pipeline("p"), service.experiment("e")) == first
    assert len(server.sent("POST", "/pipelines")) == len(server.sent("POST", "/experiments")) == 1


def test_a_version_of_the_same_name_is_uploaded_once(server, service):
    version, uploaded = service.version("p", "sha256-1", PACKAGE)
    assert uploaded
    assert service.version("p", "sha256-1", PACKAGE) == (version, False)
    assert service.version("p", "sha256-2", PACKAGE)[1]
    assert server.packages[version] == PACKAGE
    assert len(server.sent("POST", "/pipelines/upload_version")) == 2


def test_what_somebody_else_makes_at_the_same_moment_is_taken(server, service):
    """WHY: two submissions look, find nothing, and both create; the second is told 409."""
    server.items["experiments"].append({"display_name": "e", "experiment_id": "theirs", "storage_state": "AVAILABLE"})
    looked = []
    answer = server.answer

    def blind_once(method, path, query, body):
        if method == "GET" and path.endswith("/experiments") and not looked:
            looked.append(path)
            return 200, {}
        return answer(method, path, query, body)

    server.answer = blind_once
    assert service.experiment("e") == "theirs"


@pytest.mark.parametrize("fault", [503, 502, 429, 500, "unseen", "unanswered"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_run_is_started_once_whatever_happens_to_the_request(server, service, fault, times):
    server.faults = [("POST", "/runs", fault)] * times
    run_id = service.start(request())
    assert [run["run_id"] for run in server.items["runs"]] == [run_id]


@pytest.mark.parametrize("fault", [503, "unseen", "unanswered"])
def test_a_schedule_is_made_once_too(server, service, fault):
    server.faults = [("POST", "/recurringruns", fault)]
    made = service.start(request(cron="0 0 6 * * *"))
    assert [item["recurring_run_id"] for item in server.items["recurringruns"]] == [made]
    (schedule,) = server.items["recurringruns"]
    assert schedule["trigger"] == {"cron_schedule": {"cron": "0 0 6 * * *"}}
    assert (schedule["mode"], schedule["max_concurrency"], schedule["no_catchup"]) == ("ENABLE", "1", True)


@pytest.mark.parametrize("fault", [503, "unseen", "unanswered"])
def test_uploads_and_names_survive_the_same(server, service, fault):
    server.faults = [("POST", "/upload_version", fault), ("POST", "/experiments", fault), ("GET", "/pipelines", fault)]
    service.pipeline("p")
    service.version("p", "sha256-1", PACKAGE)
    service.experiment("e")
    assert (len(server.items["pipelines"]), len(server.versions), len(server.items["experiments"])) == (1, 1, 1)


def test_a_run_that_appears_late_is_not_started_again(server, service):
    """WHY: a gateway gives up while the service still works on the request; the run appears after the first look."""
    server.faults = [("POST", "/runs", "unanswered")]
    answer, looks = server.answer, []

    def slow(method, path, query, body):
        status, document = answer(method, path, query, body)
        if method == "GET" and path.endswith("/runs"):
            looks.append(document)
            return (200, {}) if len(looks) < 3 else (status, document)
        return status, document

    server.answer = slow
    assert service.start(request()) == server.items["runs"][0]["run_id"]
    assert len(server.items["runs"]) == 1
    assert len(looks) == 3


def test_a_run_of_the_same_name_by_somebody_else_is_not_taken_for_ours(server, service):
    service.start(request(description="submitted by slipway, token-0"))
    server.faults = [("POST", "/runs", "unseen")]
    mine = service.start(request())
    assert [run["run_id"] for run in server.items["runs"]].index(mine) == 1


def test_patience_ends(server, service, pauses):
    server.faults = [("POST", "/runs", 429)] * 20
    with pytest.raises(TransientError, match="start run nightly: the service answers 429: the test says so"):
        service.start(request())
    assert len(server.sent("POST", "/runs")) == 6
    assert server.items["runs"] == []


def test_pauses_grow_and_have_a_bound(server, pauses):
    patient = PipelineService(
        server.url,
        Credentials(),
        Patience(attempts=12, first_pause_seconds=1, longest_pause_seconds=8, sleep=pauses.append),
    )
    server.faults = [("GET", "/healthz", 503)] * 11
    assert patient.is_multi_user() is False
    assert len(pauses) == 11
    assert all(1 <= pause <= 9 for pause in pauses)
    assert max(pauses[:1]) <= 2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "answers 400"),
        (401, "refused .401."),
        (403, "auth says who asks"),
        (404, "not there"),
        (302, "sign-in page"),
    ],
)
def test_what_waiting_does_not_mend_is_said_at_once(server, service, status, words):
    server.faults = [("POST", "/runs", status)]
    with pytest.raises(InputError, match=words):
        service.start(request())
    assert len(server.requests) == 1


def test_an_address_where_nothing_listens_is_tried_again_and_then_named(pauses):
    with serving(KfpServer()) as server:
        port = server.port
    dead = PipelineService(f"http://127.0.0.1:{port}", Credentials(), Patience(attempts=3, sleep=pauses.append))
    with pytest.raises(TransientError, match=f"ask http://127.0.0.1:{port}: no answer"):
        dead.is_multi_user()
    assert len(pauses) == 2


def test_an_archived_experiment_is_refused(server, service):
    server.items["experiments"].append({"display_name": "old", "experiment_id": "x", "storage_state": "ARCHIVED"})
    with pytest.raises(InputError, match="'old' is archived"):
        service.experiment("old")


def test_a_run_is_reported_with_its_tasks(server, service):
    run_id = service.start(request())
    server.polls = [("RUNNING", [task("ingest", "SUCCEEDED", seconds=75)])]
    run = service.run(run_id)
    (only,) = run.tasks
    assert (run.state, only.name, only.state) == ("RUNNING", "ingest", "SUCCEEDED")
    assert (only.finished - only.started).total_seconds() == 75


def test_the_whole_request_for_a_run_is_what_was_asked(server, service):
    service.start(request(pipeline_root="s3://b/root", service_account="runner"))
    assert server.sent("POST", "/runs") == [
        {
            "display_name": "nightly",
            "description": "submitted by slipway, token-1",
            "experiment_id": "e",
            "pipeline_version_reference": {"pipeline_id": "p", "pipeline_version_id": "v"},
            "runtime_config": {"parameters": {"rows": 3, "config": {"a": [1, 2]}}, "pipeline_root": "s3://b/root"},
            "service_account": "runner",
        }
    ]


def test_a_token_is_read_for_every_request(server):
    tokens = iter(["first", "second", "third"])
    server.token = "first"
    service = PipelineService(server.url, Credentials(token=lambda: next(tokens)), Patience(attempts=1))
    service.is_multi_user()
    server.token = "second"
    service.is_multi_user()
    assert [headers["authorization"] for _, _, headers, _, _ in server.requests] == ["Bearer first", "Bearer second"]


def test_a_cookie_is_sent_and_a_missing_one_refused(server):
    server.cookie = "session=abc"
    PipelineService(server.url, Credentials(cookie="session=abc")).is_multi_user()
    with pytest.raises(InputError, match="refused .401."):
        PipelineService(server.url, Credentials()).is_multi_user()
