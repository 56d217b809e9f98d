"""What every container of a run is started with: rights, network, and which folders it sees."""

import pytest

from slipway.runs.binding import bind_containers
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.containers.container_run import container_options
from slipway.runs.graph import tasks_of


def options(arguments, *writable):
    return container_options(arguments, writable=list(writable), user="7:8", label="run=a")


def mounts(arguments, *writable):
    return {item["Target"]: item["ReadOnly"] for item in options(arguments, *writable)["mounts"]}


def test_a_container_has_no_rights_no_network_and_a_closed_file_system():
    given = options({"label": "x", "epochs": 3})
    assert given == {
        "user": "7:8",
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,
        "labels": {"run": "a"},
        "environment": {},
        "mounts": [],
        "network_mode": "none",
    }


@pytest.mark.parametrize("pattern", ["{}/a.csv", "file://{}/a.csv"])
def test_the_data_is_mounted_where_it_lies_and_cannot_be_changed(tmp_path, pattern):
    (tmp_path / "a.csv").touch()
    assert mounts({"data_uri": pattern.format(tmp_path)}) == {str(tmp_path / "a.csv"): True}


def test_of_a_pattern_the_folder_is_mounted(tmp_path):
    (tmp_path / "day=1").mkdir()
    assert mounts({"data_uri": f"{tmp_path}/day=*/[ab].csv"}) == {str(tmp_path): True}


def test_a_path_inside_a_configuration_is_mounted_too(tmp_path):
    (tmp_path / "schema.pbtxt").touch()
    config = {"reference": {"files": [str(tmp_path / "schema.pbtxt")]}}
    assert mounts({"validate_config": config}) == {str(tmp_path / "schema.pbtxt"): True}


def test_the_destination_is_made_and_written_to_and_what_lies_in_it_needs_no_mount(tmp_path):
    models = tmp_path / "models"
    (models / "m" / "1").mkdir(parents=True)
    arguments = {"destination": str(models), "baseline_uri": str(models / "m" / "1")}
    assert mounts(arguments, tmp_path / "run") == {str(models): False, str(tmp_path / "run"): False}


def test_text_that_is_no_path_is_not_mounted(tmp_path):
    assert mounts({"label": "/", "model_name": "a", "data_uri": str(tmp_path / "absent.csv")}) == {}


def test_an_address_opens_the_network_and_hands_over_the_credentials(tmp_path, monkeypatch):
    key = tmp_path / "key.json"
    key.touch()
    monkeypatch.setenv("AWS_PROFILE", "me")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    given = options({"data_uri": "s3://bucket/a.csv"})
    assert "network_mode" not in given
    assert (
        given["environment"] | {"AWS_PROFILE": "me", "GOOGLE_APPLICATION_CREDENTIALS": str(key)}
        == (given["environment"])
    )
    assert [item["Target"] for item in given["mounts"]] == [str(key)]
    assert options({"data_uri": "/a.csv"})["environment"] == {}


def test_every_task_is_watched_runs_in_its_image_and_is_not_tried_again_from_outside():
    ir = compiled_pipeline("continuous_training")
    tasks = tasks_of(ir)
    bound = bind_containers(
        ir, {task.role: f"r.io/{task.role}:1" for task in tasks}, {t.executor: {"A": t.name} for t in tasks}
    )
    for task in tasks:
        container = bound["deploymentSpec"]["executors"][task.executor]["container"]
        assert container["image"] == f"r.io/{task.role}:1"
        assert any(
            "python3 -m slipway.runs.local.task -m kfp.dsl.executor_main" in part for part in container["command"]
        )
        assert {"name": "A", "value": task.name} in container["env"]
    assert "retryPolicy" in str(ir)
    assert "retryPolicy" not in str(bound)
