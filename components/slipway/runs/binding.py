"""A compiled pipeline bound to where it runs: images for a cluster, interpreters for this machine."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role, role_of_image
from slipway.runs.graph import Task, tasks_of

SHIM = "slipway-python"
"""Takes the place of ``python3`` in a task's command; it must not contain ``python3``, which kfp.local replaces."""

_EXECUTOR = "-m kfp.dsl.executor_main"
_WATCHED_EXECUTOR = f"-m slipway.runs.local.task {_EXECUTOR}"


def parse_images(assignments: Iterable[str]) -> dict[Role, str]:
    """Return ``ROLE=IMAGE`` assignments as a mapping.

    Raises:
        InputError: no such role, or no image.
    """
    images: dict[Role, str] = {}
    for assignment in assignments:
        name, _, image = assignment.partition("=")
        if name not in set(Role) or not image:
            raise InputError(f"{assignment!r} should be ROLE=IMAGE with a role of {', '.join(Role)}")
        images[Role(name)] = image
    return images


def bind_images(ir: Mapping[str, Any], images: Mapping[Role, str]) -> dict[str, Any]:
    """Return a copy of the pipeline for a cluster, in which each role has the image that ``images`` names.

    Roles that ``images`` leaves out keep their default image. A task that depends on one that is never cached is not
    cached either: Kubeflow's key holds the names of input artifacts and not their content, so it would take an old
    result for new data.

    Raises:
        InputError: an image without a tag or digest, or with the tag ``latest``.
    """
    for role, image in images.items():
        if not _is_pinned(image):
            raise InputError(f"image of role {role.value} must carry a version or digest, got {image!r}")
    bound = copy.deepcopy(dict(ir))
    for container in _containers(bound):
        named = role_of_image(container["image"])
        if named and named in images:
            container["image"] = images[named]
    stale = _never_current(tasks_of(bound))
    for component in (bound["root"], *bound["components"].values()):
        for task in component.get("dag", {}).get("tasks", {}).values():
            if task["componentRef"]["name"].removeprefix("comp-") in stale:
                task["cachingOptions"] = {}
    return bound


def bind_interpreters(ir: Mapping[str, Any], environments: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return a copy of the pipeline whose tasks call ``slipway-python`` and find it through the variables given.

    Retries are taken out: what stands in for ``python3`` tries again, and only what may help.

    Args:
        ir: a compiled pipeline of lightweight Python components.
        environments: for each executor label the environment variables of its tasks.

    Raises:
        InputError: a container component, which only Docker or a cluster can run.
    """
    bound = copy.deepcopy(dict(ir))
    for label, executor in bound["deploymentSpec"]["executors"].items():
        container = executor.get("container")
        if container is None:
            continue
        if not any(_EXECUTOR in part for part in container.get("command", ())):
            raise InputError(f"{label} is a container component; without Docker only lightweight Python components run")
        *shell, source = container["command"]
        container["command"] = [*(part.replace("python3", SHIM) for part in shell), source]
        _set_variables(container, environments[label])
    _drop_retries(bound)
    return bound


def bind_containers(
    ir: Mapping[str, Any], images: Mapping[Role, str], environments: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return a copy of the pipeline whose tasks run in the images given and write down how they go.

    The executor is started by ``slipway.runs.local.task``, which is in the image, as in a run without containers.
    Retries are taken out for the same reason as in ``bind_interpreters``.

    Args:
        ir: a compiled pipeline of lightweight Python components.
        images: the image of every role.
        environments: for each executor label the environment variables of its tasks.

    Raises:
        InputError: a container component, whose command does not start Kubeflow's executor.
    """
    bound = bind_images(ir, images)
    for label, executor in bound["deploymentSpec"]["executors"].items():
        container = executor.get("container")
        if container is None:
            continue
        if not any(_EXECUTOR in part for part in container.get("command", ())):
            raise InputError(f"{label} is a container component; only lightweight Python components run here")
        *shell, source = container["command"]
        container["command"] = [*(part.replace(_EXECUTOR, _WATCHED_EXECUTOR) for part in shell), source]
        _set_variables(container, environments[label])
    _drop_retries(bound)
    return bound


def _set_variables(container: dict[str, Any], variables: Mapping[str, str]) -> None:
    kept = [item for item in container.get("env", ()) if item["name"] not in variables]
    container["env"] = [*kept, *({"name": name, "value": value} for name, value in variables.items())]


def _drop_retries(bound: dict[str, Any]) -> None:
    for component in (bound["root"], *bound["components"].values()):
        for task in component.get("dag", {}).get("tasks", {}).values():
            task.pop("retryPolicy", None)


def _never_current(tasks: Iterable[Task]) -> set[str]:
    """Return the names of tasks that are never cached and of all that depend on them, from tasks in running order."""
    names: set[str] = set()
    for task in tasks:
        if not task.caching or names & set(task.depends_on):
            names.add(task.name)
    return names


def _containers(ir: dict[str, Any]) -> list[dict[str, Any]]:
    executors = ir["deploymentSpec"]["executors"].values()
    return [executor["container"] for executor in executors if "container" in executor]


def _is_pinned(image: str) -> bool:
    if "@sha256:" in image:
        return True
    _, _, tag = image.rsplit("/", 1)[-1].partition(":")
    return bool(tag) and tag != "latest"
