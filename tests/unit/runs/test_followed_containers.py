"""A task in a container begins when kfp.local follows it, and its failure reaches kfp.local before its end does."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from slipway.runs.containers.container_run import ContainerRun
from slipway.runs.images.engine import Engine
from slipway.runs.local.kfp_output import KfpOutput, TaskFailedError
from slipway.runs.local.task import FAILED, KFP_LOG, TaskPlace, run, wait_for_listener

COMPONENT = "from kfp.dsl import *\n\n\ndef probe(code: int):\n    raise SystemExit(code)\n"


@pytest.fixture
def log(tmp_path):
    return tmp_path / KFP_LOG


@pytest.fixture
def task(tmp_path):
    """Run a task that ends with a code, in this interpreter."""
    source = tmp_path / "component.py"
    source.write_text(COMPONENT)
    place = {"run": str(tmp_path), "python": sys.executable, "environment": ""}
    place["packages"] = str(Path(__file__).parents[3] / "components")

    def start(code: int, followed: str) -> int:
        request = {
            "inputs": {"parameterValues": {"code": code}},
            "outputs": {"outputFile": str(tmp_path / "probe" / "executor_output.json")},
        }
        arguments = ["--component_module_path", str(source), "--function_to_execute", "probe"]
        return run(TaskPlace(**place, in_container=followed), [*arguments, "--executor_input", json.dumps(request)])

    return start


def test_a_line_can_be_read_by_others_as_soon_as_kfp_has_printed_it(log):
    with KfpOutput(log) as output:
        output.write("    ")
        output.write("a line\n")
        assert log.read_text() == "    a line\n"


def test_the_last_line_of_a_failed_task_ends_the_pipeline(log):
    with KfpOutput(log) as output:
        output.write(f"a report that mentions '{FAILED}'\n")
        with pytest.raises(TaskFailedError, match="^slipway: failed: count ended with 3$"):
            output.write(f"{FAILED}count ended with 3\n")
    assert log.read_text().splitlines()[-1] == "slipway: failed: count ended with 3"


def test_a_task_waits_until_its_line_has_come_out(log, capsys):
    log.write_text("")
    followed = threading.Event()

    def follow_after_a_while() -> None:
        time.sleep(0.2)
        followed.set()
        log.write_text(f"    {capsys.readouterr().out}")

    thread = threading.Thread(target=follow_after_a_while)
    thread.start()
    assert wait_for_listener(log, seconds=60)
    assert followed.is_set()
    thread.join()


def test_a_task_that_nobody_follows_gives_up(log, capsys):
    log.write_text("slipway: of another container\n")
    assert not wait_for_listener(log, seconds=0.05)
    assert capsys.readouterr().out.startswith("slipway: ")


@pytest.mark.parametrize(
    ("code", "followed", "printed"),
    [(3, "yes", "slipway: failed: probe ended with 3\n"), (3, "", ""), (0, "yes", "")],
)
def test_only_a_failed_task_in_a_container_says_so_in_its_last_line(task, capsys, code, followed, printed):
    assert task(code, followed) == code
    assert capsys.readouterr().out == printed


class Docker:
    """Answers for events as Docker's SDK does; the engine has forgotten the first container when asked again."""

    def events(self, since, filters, decode, until=None):
        assert (since, filters, decode) == (0, {"label": "a=b", "event": ["start", "die"]}, True)
        if until is None:
            return Stream(event("start", "aa"), event("die", "aa", 0), event("start", "bb"))
        assert float(until) > time.time()
        return iter([event("die", "bb", 1), event("start", "cc")])


class Stream:
    """Gives events and then waits for the next one until it is closed."""

    def __init__(self, *events):
        self._events, self._closed = list(events), threading.Event()

    def __iter__(self):
        yield from self._events
        self._closed.wait(30)

    def close(self):
        self._closed.set()


def event(action, container, code=None):
    attributes = {"name": container} if code is None else {"name": container, "exitCode": str(code)}
    return {"Action": action, "Actor": {"ID": container, "Attributes": attributes}}


def wait_for(codes, wanted):
    end = time.monotonic() + 30
    while (found := codes()) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_every_container_is_counted_once_whether_the_engine_remembers_it_or_not():
    with Engine(Docker()).watched_containers("a=b") as codes:
        assert wait_for(codes, [0, 1, None]) == [0, 1, None]


@pytest.mark.parametrize(
    ("finished", "told"),
    [
        (3, ""),
        (2, "3 containers started, with the exit codes [0, 1, None], and 2 tasks said how; see {}"),
    ],
)
def test_a_container_whose_task_did_not_say_how_it_ended_is_a_failure(tmp_path, finished, told):
    events = tmp_path / "events.jsonl"
    events.write_text("".join(f'{{"event": "{name}"}}\n' for name in ["started"] * 3 + ["finished"] * finished))
    ended = ContainerRun(ir={}, options={}, codes=lambda: [0, 1, None], events=events)
    assert ended.unreported_failure() == told.format(tmp_path / KFP_LOG)
