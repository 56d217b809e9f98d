"""``slipway submit`` as a user calls it, against a service on loopback."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from kfp_server import serving, task

from slipway.cli.main import main

GATED = str(Path(__file__).parents[2] / "local" / "pipelines" / "gated.py")
SECRET = "s3cr3t-value"


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def submit(server, tmp_path, monkeypatch, capfd):
    """The command line in this process: importing kfp takes two seconds."""

    def call(*arguments, **environment):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["slipway", "submit", *arguments])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=out, stderr=err)

    return call


def target(server, tmp_path, **values):
    file = tmp_path / "here.yaml"
    file.write_text(json.dumps({"host": server.url, **values}))
    return str(file)


def test_an_end_is_believed_when_the_tasks_have_ended_too(server, submit):
    """WHY: the service writes a run's state first; a moment later its gate turned out to have refused."""
    done = [task("count", "SUCCEEDED"), task("judge", "SUCCEEDED")]
    server.polls = [
        ("SUCCEEDED", [*done, task("gated-x7k2p", "RUNNING")]),
        ("SUCCEEDED", [*done, task("gated-x7k2p", "SUCCEEDED"), task("condition-1", "SKIPPED")]),
    ]
    assert submit(GATED, "--target", server.url, "--wait").returncode == 4


def test_a_run_is_followed_to_its_end(server, submit, tmp_path):
    done = [task("count", "SUCCEEDED"), task("judge", "SUCCEEDED", seconds=45)]
    server.polls = [
        ("PENDING", []),
        ("RUNNING", [task("count", "RUNNING")]),
        ("RUNNING", [*done, task("condition-1", "RUNNING"), task("keep", "RUNNING")]),
        ("SUCCEEDED", [*done, task("condition-1", "SUCCEEDED"), task("keep", "SUCCEEDED", seconds=65)]),
    ]
    called = submit(GATED, "--target", server.url, "--param", "least=3", "--wait", "--json", "summary.json")
    assert called.returncode == 0, called.stderr
    assert f"{server.url}/#/runs/details/runs-4" in called.stdout
    lines = [line.split() for line in called.stdout.splitlines() if line.startswith(("✓", "  count", "  keep"))]
    assert lines == [
        ["count", "..."],
        ["✓", "count", "20.0", "s"],
        ["✓", "judge", "45.0", "s"],
        ["keep", "..."],
        ["✓", "keep", "65.0", "s"],
    ]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["outcome"], summary["exit_code"], summary["seconds"]) == ("succeeded", 0, 300.0)
    assert [step["name"] for step in summary["steps"]] == ["count", "judge", "keep"]
    (sent,) = server.sent("POST", "/runs")
    assert sent["runtime_config"]["parameters"] == {"least": 3}


def test_a_refusing_gate_ends_with_4_and_says_whose(server, submit):
    tasks = [task("count", "SUCCEEDED"), task("judge", "SUCCEEDED"), task("condition-1", "SKIPPED")]
    server.polls = [("SUCCEEDED", tasks)]
    called = submit(GATED, "--target", server.url, "--wait")
    assert called.returncode == 4
    assert "slipway: judge refused" in called.stderr


def test_a_failure_ends_with_1_and_its_message(server, submit):
    server.polls = [("FAILED", [task("count", "FAILED", message="text is empty; give at least one word")])]
    called = submit(GATED, "--target", server.url, "--wait")
    assert called.returncode == 1
    assert "slipway: count: text is empty; give at least one word" in called.stderr
    assert "Traceback" not in called.stderr


def test_a_run_that_takes_too_long_is_left_to_itself_with_5(server, submit):
    server.polls = [("RUNNING", [])]
    called = submit(GATED, "--target", server.url, "--wait", "--timeout", "1")
    assert called.returncode == 5
    assert "the run goes on: " in called.stderr


def test_the_same_pipeline_is_uploaded_once_and_run_twice(server, submit):
    first = submit(GATED, "--target", server.url)
    second = submit(GATED, "--target", server.url)
    assert "(uploaded)" in first.stdout
    assert "(there already)" in second.stdout
    assert len(server.versions) == 1
    assert len(server.items["runs"]) == 2
    (package,) = server.packages.values()
    assert server.versions[0]["name"] in first.stdout
    assert package.startswith("components:")


def test_a_schedule_is_made(server, submit):
    called = submit(GATED, "--target", server.url, "--recurring", "0 6 * * *", "--run-name", "morning")
    assert called.returncode == 0, called.stderr
    (schedule,) = server.items["recurringruns"]
    assert (schedule["display_name"], schedule["trigger"]["cron_schedule"]["cron"]) == ("morning", "0 0 6 * * *")
    assert f"/#/recurringrun/details/{schedule['recurring_run_id']}" in called.stdout


def test_a_dry_run_sends_nothing_and_shows_the_package(server, submit):
    called = submit(GATED, "--target", server.url, "--dry-run", "--json", "plan.json")
    assert called.returncode == 0, called.stderr
    assert server.requests == []
    assert "--- the package\ncomponents:" in called.stdout


def test_a_token_is_sent_and_shown_nowhere(server, submit, tmp_path):
    server.token = SECRET
    called = submit(GATED, "--target", target(server, tmp_path, auth="token"), "--debug", SLIPWAY_KFP_TOKEN=SECRET)
    assert called.returncode == 0, called.stderr
    assert SECRET not in called.stdout + called.stderr
    assert all(SECRET not in json.dumps(body or "") for _, _, _, _, body in server.requests)


def test_a_wrong_token_is_a_usage_error_that_does_not_show_it(server, submit, tmp_path):
    server.token = "another"
    called = submit(GATED, "--target", target(server, tmp_path, auth="token"), "--debug", SLIPWAY_KFP_TOKEN=SECRET)
    assert called.returncode == 2
    assert "refused (401)" in called.stderr
    assert SECRET not in called.stdout + called.stderr


def test_the_token_of_a_pod_is_read_from_its_file(server, submit, tmp_path):
    server.token = SECRET
    (tmp_path / "token").write_text(f"{SECRET}\n")
    here = target(server, tmp_path, auth="in-cluster")
    assert submit(GATED, "--target", here, KF_PIPELINES_SA_TOKEN_PATH="token").returncode == 0
    missing = submit(GATED, "--target", here, KF_PIPELINES_SA_TOKEN_PATH="none")
    assert missing.returncode == 2
    assert "cannot read none" in missing.stderr


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ({"auth": "token"}, "SLIPWAY_KFP_TOKEN_FILE"),
        ({"auth": "cookie"}, "SLIPWAY_KFP_COOKIE"),
        ({"auth": "dex"}, "SLIPWAY_DEX_PASSWORD"),
    ],
)
def test_a_secret_that_is_missing_is_named(server, submit, tmp_path, auth, words):
    called = submit(GATED, "--target", target(server, tmp_path, **auth))
    assert called.returncode == 2
    assert words in called.stderr
    assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((GATED, "--target", "knid"), "did you mean 'kind'"),
        ((GATED,), "--target"),
        ((GATED, "--target", "kind", "--recurring", "0 6 * * *", "--wait"), "--wait follows one run"),
        ((GATED, "--target", "kind", "--param", "lest=1"), "did you mean 'least'"),
        ((GATED, "--target", "kind", "--json", "no/where.json"), "there is no folder"),
        (("--target", "kind", "--data", "rows.csv", "--label", "y"), "pods of target kind cannot see"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_asked(submit, arguments, words):
    called = submit(*arguments)
    assert called.returncode == 2
    assert words in called.stderr
    assert "Traceback" not in called.stderr


def test_importing_the_command_line_asks_nobody_and_loads_no_client():
    code = (
        "import socket, sys\n"
        "socket.socket = None\n"
        "import slipway.cli.main, slipway.runs.clusters.submit, slipway.runs.clusters.reach\n"
        "print([name for name in ('kfp', 'kfp_server_api', 'kubernetes', 'google.auth') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
