"""The tasks of a compiled pipeline as a flat list, in an order in which they can run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slipway.contracts.roles import Role, role_of_image


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One container task.

    Attributes:
        name: unique in the pipeline, the name of the folder its outputs lie in.
        executor: label of its executor in the compiled pipeline.
        role: None for an image that is none of Slipway's.
        depends_on: names of the tasks whose outputs it reads or whose verdict it waits for.
        caching: whether equal inputs may take an earlier result.
        retries: how often it is tried again.
    """

    name: str
    executor: str
    image: str
    role: Role | None
    depends_on: tuple[str, ...]
    caching: bool
    retries: int


def tasks_of(ir: Mapping[str, Any]) -> tuple[Task, ...]:
    """Return every container task of a compiled pipeline, inside conditions too, each after what it depends on."""
    walked = {task.name: task for task in _walk(ir, ir["root"]["dag"], {}, frozenset())}
    found = {
        name: replace(task, depends_on=tuple(other for other in task.depends_on if other in walked))
        for name, task in walked.items()
    }
    ordered: dict[str, Task] = {}

    def visit(task: Task) -> None:
        for name in task.depends_on:
            if name not in ordered:
                visit(found[name])
        ordered.setdefault(task.name, task)

    for task in found.values():
        visit(task)
    return tuple(ordered.values())


def _walk(
    ir: Mapping[str, Any], dag: Mapping[str, Any], channels: Mapping[str, str], gates: frozenset[str]
) -> Iterator[Task]:
    for task in dag["tasks"].values():
        component = ir["components"][task["componentRef"]["name"]]
        producers = {key: _producer(item, channels) for key, item in _inputs(task)}
        needs = {producer for producer in producers.values() if producer}
        if "dag" in component:
            inner = {key: producer for key, producer in producers.items() if producer}
            condition = task.get("triggerPolicy", {}).get("condition", "")
            waits = {producer for key, producer in inner.items() if f"'{key}'" in condition}
            yield from _walk(ir, component["dag"], inner, gates | waits)
            continue
        label = component["executorLabel"]
        container = ir["deploymentSpec"]["executors"][label].get("container")
        if container is None:
            continue  # an importer: Kubeflow itself writes down where an artifact lies, and nothing runs
        image = container.get("image", "")
        yield Task(
            name=task["componentRef"]["name"].removeprefix("comp-"),
            executor=label,
            image=image,
            role=role_of_image(image),
            depends_on=tuple(sorted(needs | gates | _explicit(dag, task))),
            caching=bool(task.get("cachingOptions", {}).get("enableCache")),
            retries=int(task.get("retryPolicy", {}).get("maxRetryCount", 0)),
        )


def _inputs(task: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    inputs = task.get("inputs", {})
    yield from inputs.get("artifacts", {}).items()
    yield from inputs.get("parameters", {}).items()


def _producer(item: Mapping[str, Any], channels: Mapping[str, str]) -> str | None:
    for key in ("taskOutputArtifact", "taskOutputParameter"):
        if key in item:
            return str(item[key]["producerTask"])
    outer = item.get("componentInputArtifact") or item.get("componentInputParameter")
    return channels.get(str(outer)) if outer else None


def _explicit(dag: Mapping[str, Any], task: Mapping[str, Any]) -> set[str]:
    names = (name for name in task.get("dependentTasks", ()) if name in dag["tasks"])
    return {str(dag["tasks"][name]["componentRef"]["name"]).removeprefix("comp-") for name in names}
