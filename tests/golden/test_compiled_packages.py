"""The compiled reference pipelines, compared exactly with what is kept here; ``make goldens`` writes them anew."""

from pathlib import Path

import pytest
import yaml

from slipway.contracts.roles import Role, image_name
from slipway.runs.binding import bind_images
from slipway.runs.catalogue import compiled_pipeline, pipeline_names, write_package
from slipway.runs.graph import tasks_of

PACKAGES = Path(__file__).parent / "packages"


def test_there_is_a_golden_for_every_pipeline_and_no_other():
    assert sorted(file.stem for file in PACKAGES.glob("*.yaml")) == pipeline_names()


@pytest.mark.parametrize("name", pipeline_names())
def test_the_package_is_byte_for_byte_the_golden(name, tmp_path):
    write_package(bind_images(compiled_pipeline(name), {}), tmp_path / "package.yaml")
    assert (tmp_path / "package.yaml").read_text() == (PACKAGES / f"{name}.yaml").read_text()


@pytest.mark.parametrize("name", pipeline_names())
def test_every_image_is_a_roles_with_its_version_and_nothing_is_installed_at_run_time(name):
    executors = yaml.safe_load((PACKAGES / f"{name}.yaml").read_text())["deploymentSpec"]["executors"]
    containers = [executor["container"] for executor in executors.values()]
    assert {container["image"] for container in containers} <= {image_name(role) for role in Role}
    assert not [container for container in containers if "pip install" in " ".join(container["command"][:-1])]


@pytest.mark.parametrize("name", pipeline_names())
def test_every_task_states_what_it_needs_and_is_tried_again(name):
    package = yaml.safe_load((PACKAGES / f"{name}.yaml").read_text())
    for label, executor in package["deploymentSpec"]["executors"].items():
        resources = executor["container"]["resources"]
        assert {"resourceCpuRequest", "resourceMemoryRequest", "resourceMemoryLimit"} <= set(resources), label
    dags = [package["root"]["dag"], *(c["dag"] for c in package["components"].values() if "dag" in c)]
    tasks = [task for dag in dags for task in dag["tasks"].values()]
    steps = [task for task in tasks if "dag" not in package["components"][task["componentRef"]["name"]]]
    assert [task["retryPolicy"]["maxRetryCount"] for task in steps] == [2] * len(executors_of(package))


def executors_of(package):
    return package["deploymentSpec"]["executors"]


def test_reading_and_writing_outside_is_never_cached():
    """WHY: what lies at an address can change under the same name."""
    caching = {task.name: task.caching for task in tasks_of(compiled_pipeline("continuous_training"))}
    assert [name for name, cached in caching.items() if not cached] == ["ingest", "push"]


def test_on_a_cluster_nothing_is_cached_that_depends_on_what_was_read():
    """WHY: Kubeflow's cache key holds the name of an input artifact, which new data shares with the old."""
    package = yaml.safe_load((PACKAGES / "continuous_training.yaml").read_text())
    assert [task.name for task in tasks_of(package) if task.caching] == []
