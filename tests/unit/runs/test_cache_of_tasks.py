"""Earlier results are found by content."""

import json

import pytest

from slipway.runs.local.cache import TaskCache, task_key


@pytest.fixture
def artifact(tmp_path):
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "rows").write_text("1,2,3")
    return folder


def executor_input(artifact, **parameters):
    return {
        "inputs": {
            "artifacts": {"examples": {"artifacts": [{"name": "examples", "uri": str(artifact)}]}},
            "parameterValues": parameters,
        },
        "outputs": {"outputFile": "/anywhere"},
    }


def key(artifact, source="def f(): ...", function="f", environment="env", **parameters):
    return task_key(source, function, executor_input(artifact, **parameters), environment)


def test_equal_content_at_another_place_has_the_same_key(tmp_path, artifact):
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "rows").write_text("1,2,3")
    assert key(artifact) == key(copy)


@pytest.mark.parametrize(
    "changed", [{"source": "def f(): pass"}, {"environment": "other"}, {"function": "g"}, {"trials": 3}]
)
def test_whatever_changes_the_work_changes_the_key(artifact, changed):
    assert key(artifact) != key(artifact, **changed)


def test_other_content_of_an_input_changes_the_key(artifact):
    before = key(artifact)
    (artifact / "rows").write_text("1,2,4")
    assert key(artifact) != before


def test_other_content_of_a_file_that_a_parameter_names_changes_the_key(artifact, tmp_path):
    """WHY: a version folder can be deleted and made anew under the same path."""
    named = tmp_path / "schema.pbtxt"
    named.write_text("a")
    before = key(artifact, schema_uri=str(named))
    named.write_text("b")
    assert key(artifact, schema_uri=str(named)) != before


@pytest.fixture
def finished(tmp_path):
    root = tmp_path / "run-1" / "task"
    (root / "model").mkdir(parents=True)
    (root / "model" / "weights").write_text("w")
    uri = str(root / "model")
    (root / "executor_output.json").write_text(json.dumps({"artifacts": {"model": {"artifacts": [{"uri": uri}]}}}))
    return root


def test_a_restored_task_has_the_same_files_and_its_own_addresses(tmp_path, finished):
    cache = TaskCache(tmp_path / "cache")
    cache.store("k", finished)
    target = tmp_path / "run-2" / "task"
    assert cache.restore("k", target)
    assert (target / "model" / "weights").read_text() == "w"
    output = json.loads((target / "executor_output.json").read_text())
    assert output["artifacts"]["model"]["artifacts"][0]["uri"] == str(target / "model")
    assert str(finished) in (finished / "executor_output.json").read_text()


def test_an_unknown_key_restores_nothing(tmp_path):
    assert not TaskCache(tmp_path / "cache").restore("k", tmp_path / "task")
    assert not (tmp_path / "task").exists()


def test_a_damaged_entry_is_a_miss_and_is_thrown_away(tmp_path, finished):
    cache = TaskCache(tmp_path / "cache")
    cache.store("k", finished)
    (tmp_path / "cache" / "k" / "outputs" / "model" / "weights").write_text("changed")
    assert not cache.restore("k", tmp_path / "run-2" / "task")
    assert not (tmp_path / "cache" / "k").exists()
