"""A Kubeflow Pipelines service of REST API v2beta1 in memory, on loopback, for tests.

It answers what ``slipway submit`` asks, in the service's own form, records every request, and can be told to fail: to
answer with an error, to drop a request unseen, or to do what was asked and drop the answer.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

API = "/apis/v2beta1"
LISTS = {
    "pipelines": "pipeline_id",
    "experiments": "experiment_id",
    "runs": "run_id",
    "recurringruns": "recurring_run_id",
}
KEYS = {**{name: name for name in LISTS}, "recurringruns": "recurringRuns"}


class KfpServer:
    """State and records of the service.

    Attributes:
        requests: (method, path without query, headers, query, body or None) of each request, in order.
        faults: what happens to the next requests that match: (method, part of the path, what), first come first;
            ``what`` is a status, "unseen" (dropped before it takes effect) or "unanswered" (dropped after).
        polls: what successive questions for a run are answered: (state, tasks); the last one stays.
        token, cookie: what requests must carry; None for nothing.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], dict[str, str], Any]] = []
        self.faults: list[tuple[str, str, int | str]] = []
        self.polls: list[tuple[str, list[dict[str, Any]]]] = [("SUCCEEDED", [])]
        self.token: str | None = None
        self.cookie: str | None = None
        self.items: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        self.versions: list[dict[str, Any]] = []
        self.packages: dict[str, str] = {}
        self.port = 0
        self._made = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sent(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests to one path."""
        return [body for verb, at, _, _, body in self.requests if (verb, at) == (method, f"{API}{path}")]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Do what is asked; status and document."""
        parts = path.removeprefix(f"{API}/").split("/")
        if parts == ["healthz"]:
            return 200, {"multi_user": False}
        if parts == ["pipelines", "upload_version"]:
            return self._upload(query, body)
        if len(parts) == 3 and parts[2] == "versions":
            found = [item for item in self.versions if item["pipeline_id"] == parts[1] and _named(item, query)]
            return 200, {"pipeline_versions": found, "total_size": len(found)} if found else {}
        if parts[0] not in LISTS or len(parts) > 2:
            return 404, {"error": "not found", "code": 5, "message": f"no {path}"}
        if len(parts) == 2:
            return self._one(parts[0], parts[1])
        if method == "GET":
            found = [item for item in self.items[parts[0]] if _named(item, query) and _in_experiment(item, query)]
            return 200, {KEYS[parts[0]]: found[::-1], "total_size": len(found)} if found else {}
        return self._make(parts[0], body)

    def _make(self, kind: str, body: dict[str, Any]) -> tuple[int, Any]:
        unique = kind in ("pipelines", "experiments")
        if unique and any(item["display_name"] == body["display_name"] for item in self.items[kind]):
            return 409, {"error": "exists", "code": 6, "message": f"The name {body['display_name']} already exist."}
        item = {**body, LISTS[kind]: self._id(kind), "created_at": "2026-11-22T03:00:00Z"}
        if kind == "experiments":
            item["storage_state"] = "AVAILABLE"
        self.items[kind].append(item)
        return 200, item

    def _upload(self, query: dict[str, str], body: str) -> tuple[int, Any]:
        if any(item["name"] == query["name"] for item in self.versions):
            return 409, {"error": "exists", "code": 6, "message": f"The version name {query['name']} already exist."}
        item = {
            "pipeline_version_id": self._id("version"),
            "pipeline_id": query["pipelineid"],
            "name": query["name"],
            "display_name": query["display_name"],
            "created_at": "2026-11-22T03:00:00Z",
        }
        self.versions.append(item)
        self.packages[item["pipeline_version_id"]] = body
        return 200, item

    def _one(self, kind: str, name: str) -> tuple[int, Any]:
        found = next((item for item in self.items[kind] if item[LISTS[kind]] == name), None)
        if found is None:
            return 404, {"error": "not found", "code": 5, "message": f"Run {name} not found."}
        state, tasks = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        ended = {"finished_at": "2026-11-22T03:05:00Z"} if state in ("SUCCEEDED", "FAILED") else {}
        return 200, {**found, "state": state, "run_details": {"task_details": tasks}, **ended}

    def _id(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"


def task(name: str, state: str, *, seconds: int = 20, message: str = "") -> dict[str, Any]:
    """A task detail in the form of Kubeflow Pipelines 2.17: children are named by pods, and no task names its own."""
    detail: dict[str, Any] = {"display_name": name, "state": state, "task_id": str(uuid.uuid4())}
    detail |= {
        "start_time": "2026-11-22T03:00:00Z",
        "child_tasks": [{"pod_name": "pipeline-x7k2p-1903551234"}],
    }
    if state in ("SUCCEEDED", "FAILED", "SKIPPED"):
        detail["end_time"] = f"2026-11-22T03:{seconds // 60:02d}:{seconds % 60:02d}Z"
    if message:
        detail["error"] = {"code": 13, "message": message}
    return detail


def _named(item: dict[str, Any], query: dict[str, str]) -> bool:
    if "filter" not in query:
        return True
    predicates = json.loads(query["filter"])["predicates"]
    assert [predicate["operation"] for predicate in predicates] == ["EQUALS"]
    return all(item[predicate["key"]] == predicate["stringValue"] for predicate in predicates)


def _in_experiment(item: dict[str, Any], query: dict[str, str]) -> bool:
    return query.get("experiment_id") in (None, item.get("experiment_id"))


class _Handler(BaseHTTPRequestHandler):
    service: KfpServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet, which spares a delayed acknowledgement of 40 ms

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def log_message(self, *_: object) -> None:
        pass

    def _do(self, method: str) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self._body()
        self.service.requests.append(
            (method, parts.path, {name.lower(): value for name, value in self.headers.items()}, query, body)
        )
        fault = next((item for item in self.service.faults if item[0] == method and item[1] in parts.path), None)
        if fault:
            self.service.faults.remove(fault)
        what = fault[2] if fault else None
        if what == "unseen":
            self.close_connection = True
            return
        if isinstance(what, int):
            self._reply(what, {"error": "fault", "code": 14, "message": "the test says so"})
        elif not self._allowed():
            self._reply(401, {"error": "no", "code": 16, "message": "Request header error: there is no user."})
        else:
            status, document = self.service.answer(method, parts.path, query, body)
            if what == "unanswered":
                self.close_connection = True
                return
            self._reply(status, document)

    def _allowed(self) -> bool:
        token = self.service.token is None or self.headers.get("Authorization") == f"Bearer {self.service.token}"
        return token and self.service.cookie in (None, self.headers.get("Cookie"))

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/"):
            message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + data)
            (part,) = message.get_payload()
            return part.get_payload(decode=True).decode()
        return json.loads(data) if data else None

    def _reply(self, status: int, document: Any) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status in (302, 303):
            self.send_header("Location", "/login")
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(server: KfpServer | None = None) -> Iterator[KfpServer]:
    """The service on a free port of loopback."""
    server = server or KfpServer()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"service": server}))
    server.port = listener.server_port
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
