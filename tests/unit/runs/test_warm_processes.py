"""A warm process forks a child for each task; children share nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from slipway.runs.local.task import TaskPlace, run

COMPONENT = """
import json, os, signal, sys
def probe(answer: 'OutputPath(str)', what: str = ''):
    import decimal, gc
    if what == 'error':
        from slipway.contracts.errors import DataError
        raise DataError('row 3 is short')
    if what == 'later':
        from slipway.contracts.errors import TransientError
        tries = os.path.join(os.path.dirname(answer), 'tries')
        count = int(open(tries).read()) + 1 if os.path.exists(tries) else 1
        open(tries, 'w').write(str(count))
        if count < 2:
            raise TransientError('not now')
    if what == 'die':
        os.kill(os.getpid(), signal.SIGKILL)
    seen = {'context': decimal.getcontext().prec, 'leak': os.environ.get('LEAK'), 'parent': os.getppid(),
            'pid': os.getpid(), 'preloaded': 'colorsys' in sys.modules, 'stdin': sys.stdin.read(),
            'frozen': gc.get_freeze_count() > 0, 'collects': gc.isenabled()}
    decimal.getcontext().prec = 7
    os.environ['LEAK'] = 'yes'
    with open(answer, 'w') as file:
        json.dump(seen, file)
"""


@pytest.fixture
def component(tmp_path):
    file = tmp_path / "component.py"
    file.write_text("from kfp.dsl import *\n" + COMPONENT.replace("'OutputPath(str)'", "OutputPath(str)"))
    return file


@pytest.fixture
def worker(tmp_path):
    address = str(tmp_path / "w.sock")
    environment = {**os.environ, "_KFP_RUNTIME": "true"}
    command = [
        sys.executable,
        "-m",
        "slipway.runs.local.agent",
        "--serve",
        address,
        "kfp.dsl.executor_main",
        "colorsys",
    ]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    while not Path(address).exists():
        time.sleep(0.01)
    yield process, address
    process.kill()
    process.wait()


def place(tmp_path, address, retries=0):
    packages = str(Path(sys.modules["slipway"].__file__).parents[1])
    return TaskPlace(
        run=str(tmp_path),
        python=sys.executable,
        packages=packages,
        environment="e",
        cache="",
        worker=address,
        retries=str(retries),
    )


def arguments(component, root, **parameters):
    executor_input = {
        "inputs": {"parameterValues": parameters},
        "outputs": {
            "parameters": {"answer": {"outputFile": str(root / "answer")}},
            "outputFile": str(root / "executor_output.json"),
        },
    }
    return [
        "--component_module_path",
        str(component),
        "--executor_input",
        json.dumps(executor_input),
        "--function_to_execute",
        "probe",
    ]


def test_a_task_sees_nothing_that_an_earlier_one_changed(tmp_path, component, worker):
    process, address = worker
    for number in (1, 2):
        root = tmp_path / f"probe-{number}"
        assert run(place(tmp_path, address), arguments(component, root)) == 0
    first, second = (json.loads((tmp_path / f"probe-{n}" / "answer").read_text()) for n in (1, 2))
    assert first["parent"] == second["parent"] == process.pid
    assert first["pid"] != second["pid"]
    for seen in (first, second):
        assert (seen["context"], seen["leak"], seen["preloaded"], seen["stdin"]) == (28, None, True, "")


def test_children_do_not_collect_what_the_warm_process_has_imported(tmp_path, component, worker):
    assert run(place(tmp_path, worker[1]), arguments(component, tmp_path / "probe")) == 0
    seen = json.loads((tmp_path / "probe" / "answer").read_text())
    assert (seen["frozen"], seen["collects"]) == (True, True)


def test_waiting_for_a_warm_process_is_told_apart_from_the_work(tmp_path, component):
    """A listener that says it forked 100 seconds from now; the task asks between ``before`` and ``after``."""
    address, before = str(tmp_path / "w.sock"), time.time()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()

    def answer():
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as stream:
            stream.readline()
            stream.write(json.dumps({"exit_code": 0, "started": before + 100}))

    thread = threading.Thread(target=answer)
    thread.start()
    assert run(place(tmp_path, address), arguments(component, tmp_path / "probe")) == 0
    thread.join()
    listener.close()
    after = time.time()
    assert 100 - (after - before) <= finished_event(tmp_path)["waited_seconds"] <= 100


def test_a_task_in_a_process_of_its_own_waits_for_nobody(tmp_path, component):
    assert run(place(tmp_path, ""), arguments(component, tmp_path / "probe")) == 0
    assert finished_event(tmp_path)["waited_seconds"] == 0.0


def test_without_a_warm_process_the_task_runs_in_one_of_its_own(tmp_path, component):
    root = tmp_path / "probe"
    assert run(place(tmp_path, str(tmp_path / "nobody.sock")), arguments(component, root)) == 0
    assert json.loads((root / "answer").read_text())["preloaded"] is False


def finished_event(tmp_path):
    return json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])


@pytest.mark.parametrize("warm", [True, False])
def test_an_error_keeps_its_kind_message_and_exit_code(tmp_path, component, worker, warm):
    address = worker[1] if warm else ""
    assert run(place(tmp_path, address), arguments(component, tmp_path / "probe", what="error")) == 3
    assert finished_event(tmp_path)["error"] == {"kind": "DataError", "message": "row 3 is short", "exit_code": 3}
    assert "DataError: row 3 is short" in (tmp_path / "logs" / "probe.log").read_text()


@pytest.mark.parametrize("warm", [True, False])
def test_a_killed_task_is_an_internal_error_and_the_warm_process_lives_on(tmp_path, component, worker, warm):
    process, address = worker
    code = run(place(tmp_path, address if warm else ""), arguments(component, tmp_path / "probe", what="die"))
    assert code == -signal.SIGKILL
    assert finished_event(tmp_path)["error"]["exit_code"] == 1
    assert run(place(tmp_path, address), arguments(component, tmp_path / "again")) == 0
    assert process.poll() is None


def test_an_error_that_may_pass_is_tried_again(tmp_path, component):
    root = tmp_path / "probe"
    assert run(place(tmp_path, "", retries=2), arguments(component, root, what="later")) == 0
    assert (root / "tries").read_text() == "2"


def test_what_names_the_latest_of_something_is_never_cached(tmp_path, component):
    cached = place(tmp_path, "")._replace(cache=str(tmp_path / "cache"))
    for number in (1, 2):
        assert run(cached, arguments(component, tmp_path / f"probe-{number}", what="models/loans/latest")) == 0
        assert finished_event(tmp_path)["cached"] is False
    for number in (3, 4):
        assert run(cached, arguments(component, tmp_path / f"probe-{number}", what="models/loans/1")) == 0
    assert finished_event(tmp_path)["cached"] is True


def test_a_wrong_call_is_not_tried_again(tmp_path, component):
    assert run(place(tmp_path, "", retries=2), arguments(component, tmp_path / "probe", what="error")) == 3
    assert (tmp_path / "logs" / "probe.log").read_text().count("DataError: row 3 is short") == 1


def test_a_file_in_the_users_folder_does_not_take_the_place_of_a_module(tmp_path, component, monkeypatch):
    users = tmp_path / "users"
    users.mkdir()
    (users / "decimal.py").write_text("raise RuntimeError('not the module')")
    monkeypatch.chdir(users)
    assert run(place(tmp_path, ""), arguments(component, tmp_path / "probe")) == 0
