"""Strict validation: Kubernetes' own kinds by kubernetes-validate, custom ones by their released definitions."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

VERSIONS = ("1.33", "1.34", "1.35")
_CORE = re.compile(r"v1$|(apps|batch)/|[a-z.]+\.k8s\.io/")


def objections(resource: dict[str, Any], version: str, definitions: Path) -> list[str]:
    """Where ``resource`` differs from what a cluster of this version accepts; unknown fields count.

    Rules in CEL (``x-kubernetes-validations``) are not evaluated.
    """
    if is_core(resource):
        return core_objections(resource, version)
    validator = _validator(definitions, resource["apiVersion"], resource["kind"])
    return [f"{_name(resource)}: {error.json_path}: {error.message}" for error in validator.iter_errors(resource)]


def is_core(resource: dict[str, Any]) -> bool:
    """Whether the kind is Kubernetes' own."""
    return bool(_CORE.match(resource["apiVersion"]))


def core_objections(resource: dict[str, Any], version: str) -> list[str]:
    """The same for one of Kubernetes' own kinds."""
    try:
        used = kubernetes_validate.validate(resource, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{_name(resource)}: {'.'.join(map(str, error.path))}: {error.message}"]
    assert used == version, f"kubernetes-validate has no schemas of {version}"
    return []


def _name(resource: dict[str, Any]) -> str:
    return f"{resource['kind']} {resource['metadata'].get('name')}"


@cache
def _validator(definitions: Path, api_version: str, kind: str) -> Any:
    group, _, version = api_version.partition("/")
    for definition in _definitions(definitions):
        spec = definition["spec"]
        if (spec["group"], spec["names"]["kind"]) == (group, kind):
            schema = next(item["schema"]["openAPIV3Schema"] for item in spec["versions"] if item["name"] == version)
            return jsonschema.Draft202012Validator(strict(schema))
    raise LookupError(f"no definition of {api_version} {kind}: name its source in tools/custom-resources.txt")


@cache
def _definitions(folder: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [yaml.load(file.read_text(encoding="utf-8"), loader) for file in sorted(folder.glob("*.yaml"))]


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI schema of a definition as JSON Schema that refuses unknown fields."""
    kept = {key: value for key, value in schema.items() if not key.startswith("x-")}
    kept.pop("nullable", None)
    if "properties" in schema:
        kept["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        if schema.get("x-kubernetes-embedded-resource"):
            kept["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {}}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            kept.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = strict(kept[key])
    if schema.get("x-kubernetes-int-or-string"):
        kept["type"] = ["integer", "string"]
        kept.pop("anyOf", None)
    if schema.get("nullable") and "type" in kept:
        kept["type"] = [kept["type"], "null"]
    return kept


def pods(resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name, labels and spec of every pod that the resource stands for, as ``(name, {"metadata", "spec"})``."""
    kind, name = resource["kind"], resource["metadata"]["name"]
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        yield f"{kind}/{name}", resource["spec"]["template"]
    elif kind == "ClusterTrainingRuntime":
        for job in resource["spec"]["template"]["spec"]["replicatedJobs"]:
            yield f"{kind}/{name}/{job['name']}", job["template"]["spec"]["template"]
    elif kind == "ServingRuntime":
        spec = {
            key: value for key, value in resource["spec"].items() if key in ("containers", "volumes", "tolerations")
        }
        yield f"{kind}/{name}", {"metadata": {"labels": resource["spec"].get("labels", {})}, "spec": spec}
    elif kind not in WITHOUT_PODS:
        raise LookupError(f"say whether a {kind} makes pods, and how they are found in it")


WITHOUT_PODS = {
    "InferenceService",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
    "TrainJob",
}
"""The pods of an InferenceService and of a TrainJob are those of their runtimes."""
