"""A compiled pipeline made ready for a target.

The pipeline says what tasks need (processors, memory, retries); the target says where they get it. Images, variables
and retries belong to the pipeline's own document; what only Kubernetes knows goes into the second document of the
package, the platform specification, and is written by kfp-kubernetes.
"""

import copy
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.registry import step_names
from slipway.contracts.roles import Role, image_name
from slipway.runs.binding import bind_images
from slipway.runs.catalogue import package_text
from slipway.runs.clusters.targets import Placement, Target


@dataclass(frozen=True, slots=True)
class Package:
    """What is uploaded.

    Attributes:
        ir: the pipeline specification.
        platforms: the platform specification; empty when the target asks for nothing.
    """

    ir: Mapping[str, Any]
    platforms: Mapping[str, Any]

    @property
    def text(self) -> str:
        """Return the package as YAML, one document or two, always the same bytes for the same content."""
        return package_text(self.ir, self.platforms)

    @property
    def digest(self) -> str:
        """Return the sha256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(slots=True)
class _Settings:
    """The part of a pipeline task that kfp-kubernetes' functions write to: they take nothing else from it.

    Their home is a pipeline function; a compiled pipeline has no tasks left to call them on.
    """

    platform_config: dict[str, Any] = field(default_factory=dict)


def package_for(
    ir: Mapping[str, Any],
    target: Target,
    images: Mapping[Role, str] | None = None,
    platforms: Mapping[str, Any] | None = None,
) -> Package:
    """Return the pipeline bound to the target.

    Args:
        ir: the compiled pipeline; unchanged.
        target: where it will run.
        images: image of a role; before the target's own.
        platforms: what the pipeline itself sets by kfp-kubernetes; it stays, and the target's settings come on top.

    Raises:
        InputError: an image without a version, or a placement for a step that the pipeline does not have.
    """
    bound = bind_images(ir, {**images_of(target), **(images or {})})
    executors = _steps_by_executor(bound)
    _check_steps(target, set(executors.values()))
    for executor in bound["deploymentSpec"]["executors"].values():
        if "container" in executor:
            _set_variables(executor["container"], target.environment)
    _set_retries(bound, target)
    merged = copy.deepcopy(dict(platforms or {}))
    kubernetes = merged.setdefault("kubernetes", {}).setdefault("deploymentSpec", {}).setdefault("executors", {})
    for label, step in executors.items():
        kubernetes[label] = _kubernetes_settings(step, target, kubernetes.get(label, {}))
    return Package(bound, merged if any(kubernetes.values()) else {})


def images_of(target: Target) -> dict[Role, str]:
    """Return the image of every role on the target.

    Raises:
        InputError: the target names an image for no role.
    """
    unknown = sorted(set(target.images) - set(Role))
    if unknown:
        raise InputError(f"target {target.name}: images has no role {unknown[0]!r}; there are {', '.join(Role)}")
    prefix = f"{target.image_registry.rstrip('/')}/" if target.image_registry else ""
    return {role: target.images.get(role.value) or f"{prefix}{image_name(role)}" for role in Role}


def _steps_by_executor(ir: Mapping[str, Any]) -> dict[str, str]:
    components = {
        component["executorLabel"]: name.removeprefix("comp-")
        for name, component in ir["components"].items()
        if "executorLabel" in component
    }
    containers = (label for label, item in ir["deploymentSpec"]["executors"].items() if "container" in item)
    return {label: components[label] for label in sorted(containers)}


def _check_steps(target: Target, steps: set[str]) -> None:
    """Refuse the name of a step that exists nowhere; one that only this pipeline lacks is fine."""
    known = steps | {name.replace("_", "-") for name in step_names()}
    scopes = [item.steps for group in (target.placements, target.secrets, target.claims) for item in group]
    named = (name for steps in scopes for name in steps)
    for name in named:
        if name not in known:
            raise InputError(f"target {target.name}: no step {name!r}; there are {', '.join(sorted(known))}")


def _set_variables(container: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Add the target's variables; what the pipeline sets itself stays."""
    present = {item["name"] for item in container.get("env", ())}
    added = [{"name": name, "value": value} for name, value in sorted(environment.items()) if name not in present]
    if added:
        container["env"] = [*container.get("env", ()), *added]


def _set_retries(ir: dict[str, Any], target: Target) -> None:
    for component in (ir["root"], *ir["components"].values()):
        for task in component.get("dag", {}).get("tasks", {}).values():
            step = task["componentRef"]["name"].removeprefix("comp-")
            retries = _placed(target, step).retries
            if retries is not None and "executorLabel" in ir["components"][task["componentRef"]["name"]]:
                policy = task.setdefault("retryPolicy", {"backoffDuration": "0s", "backoffFactor": 2.0})
                policy["maxRetryCount"] = retries


def _placed(target: Target, step: str) -> Placement:
    """Return all placements of a step as one: later ones win, selectors and tolerations add up."""
    found = [item for item in target.placements if not item.steps or step in item.steps]
    timeouts = [item.timeout_seconds for item in found if item.timeout_seconds is not None]
    retries = [item.retries for item in found if item.retries is not None]
    return Placement(
        node_selector={key: value for item in found for key, value in item.node_selector.items()},
        tolerations=tuple(toleration for item in found for toleration in item.tolerations),
        timeout_seconds=timeouts[-1] if timeouts else target.timeout_seconds,
        retries=retries[-1] if retries else None,
    )


def _kubernetes_settings(step: str, target: Target, before: Mapping[str, Any]) -> dict[str, Any]:
    from kfp import kubernetes

    task = _Settings({"kubernetes": dict(before)} if before else {})
    placement = _placed(target, step)
    for key, value in sorted(placement.node_selector.items()):
        kubernetes.add_node_selector(task, key, value)
    for item in placement.tolerations:
        kubernetes.add_toleration(task, item.key, item.operator, item.value, item.effect)
    if placement.timeout_seconds:
        kubernetes.set_timeout(task, placement.timeout_seconds)
    for key, value in sorted(target.labels_of(step).items()):
        kubernetes.add_pod_label(task, key, value)
    for secret in _meant_for(target.secrets, step):
        kubernetes.use_secret_as_env(task, secret.secret, dict(secret.variables))
    for claim in _meant_for(target.claims, step):
        kubernetes.mount_pvc(task, claim.claim, claim.path)
    if target.image_pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(target.image_pull_secrets))
    if target.image_pull_policy:
        kubernetes.set_image_pull_policy(task, target.image_pull_policy)
    if target.run_as_user is not None:
        kubernetes.set_security_context(task, run_as_user=target.run_as_user, run_as_non_root=target.run_as_user > 0)
    settings: dict[str, Any] = task.platform_config.get("kubernetes", {})
    return settings


def _meant_for(items: Iterable[Any], step: str) -> list[Any]:
    return [item for item in items if not item.steps or step in item.steps]
