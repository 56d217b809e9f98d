"""Checks of a target: the service, access and rights, what the target names, the bucket, and the quotas."""

import json
import shutil
from functools import partial
from typing import Any

from slipway.runs.clusters.doctor import Check, State, run_check
from slipway.runs.clusters.quotas import compute_quotas, gke_place, namespace_quotas
from slipway.runs.clusters.reach import connect_service
from slipway.runs.clusters.targets import Target
from slipway.runs.programs import run_program

_RIGHTS = (
    ("create", "pods/portforward"),
    ("get", "services"),
    ("get", "pods"),
    ("get", "pods/log"),
    ("list", "workflows.argoproj.io"),
)


def target_checks(target: Target) -> list[Check]:
    """Check everything about a target that can be looked at without changing anything."""
    service = run_check("Kubeflow Pipelines", partial(_service, target))
    if target.host and not target.context:
        reason = "the target has an address and no kubectl context"
        return [service, Check(name="cluster", state=State.SKIP, reason=reason), _bucket_check(target)]
    access = run_check("kubectl", partial(_access, target))
    if access.state is not State.OK:
        reason = "kubectl does not reach the cluster"
        return [access, service, Check(name="rights, names, quotas", state=State.SKIP, reason=reason)]
    named = [("namespace", target.namespace)]
    namespace = target.run_namespace or target.namespace
    named += [("serviceaccount", target.service_account)] if target.service_account else []
    named += [("secret", item.secret) for item in target.secrets]
    named += [("secret", name) for name in target.image_pull_secrets]
    named += [("persistentvolumeclaim", claim.claim) for claim in target.claims]
    return [
        access,
        *(run_check(f"may {verb} {what}", partial(_right, target, verb, what)) for verb, what in _RIGHTS),
        *(run_check(f"{kind} {name}", partial(_there, target, kind, name, namespace)) for kind, name in named),
        *_placements(target),
        run_check("quotas", partial(_quotas, target, namespace)),
        *_compute(target),
        _bucket_check(target),
        service,
    ]


def _kubectl(target: Target, *arguments: str) -> Any:
    context = ["--context", target.context] if target.context else []
    return run_program(["kubectl", *context, *arguments])


def _access(target: Target) -> Check:
    done = _kubectl(target, "version", "-o", "json")
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return Check(name="", state=State.FAILED, reason=lines[-1] if lines else "no answer")
    version = json.loads(done.stdout).get("serverVersion", {}).get("gitVersion", "unknown version")
    return Check(name="", state=State.OK, reason=f"{target.context or 'current context'}, Kubernetes {version}")


def _right(target: Target, verb: str, what: str) -> Check:
    done = _kubectl(target, "auth", "can-i", verb, what, "-n", target.run_namespace or target.namespace)
    allowed = done.stdout.strip() == "yes"
    return Check(name="", state=State.OK if allowed else State.FAILED, reason="" if allowed else "RBAC says no")


def _there(target: Target, kind: str, name: str, namespace: str) -> Check:
    scope = () if kind == "namespace" else ("-n", namespace)
    done = _kubectl(target, "get", kind, name, *scope, "-o", "name")
    if done.returncode == 0:
        return Check(name="", state=State.OK)
    said = done.stderr.strip()
    # Secrets may be hidden from people: that says nothing about the pods.
    state = State.SKIP if "orbidden" in said else State.FAILED
    return Check(name="", state=state, reason=said)


def _placements(target: Target) -> list[Check]:
    selectors = [item.node_selector for item in target.placements if item.node_selector]
    return [run_check(f"nodes with {_labels(selector)}", partial(_nodes, target, selector)) for selector in selectors]


def _labels(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def _nodes(target: Target, selector: dict[str, str]) -> Check:
    done = _kubectl(target, "get", "nodes", "-l", _labels(selector), "-o", "name")
    if done.returncode:
        return Check(name="", state=State.SKIP, reason=done.stderr.strip())
    count = len(done.stdout.split())
    if count == 0:
        return Check(name="", state=State.SKIP, reason="none now; a node pool that starts at zero may add some")
    return Check(name="", state=State.OK, reason=f"{count} now")


def _quotas(target: Target, namespace: str) -> Check:
    return namespace_quotas(_kubectl(target, "get", "resourcequota", "-n", namespace, "-o", "json"))


def _compute(target: Target) -> list[Check]:
    """Check what Google Compute Engine allows in a GKE cluster's region; for other clusters return nothing."""
    place = gke_place(target.context)
    return [run_check(f"compute quotas of {place.region}", lambda: compute_quotas(place))] if place else []


def _bucket_check(target: Target) -> Check:
    uris = sorted({_bucket(uri) for uri in (target.pipeline_root, target.destination) if "://" in uri})
    if not uris:
        return Check(name="bucket", state=State.SKIP, reason="the target names none")
    return run_check(f"bucket {', '.join(uris)}", partial(_gcs, uris))


def _bucket(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _gcs(uris: list[str]) -> Check:
    others = [uri for uri in uris if not uri.startswith("gs://")]
    if others:
        return Check(name="", state=State.SKIP, reason="inside the cluster; its Secret and service are looked at")
    if not shutil.which("gcloud"):
        return Check(name="", state=State.SKIP, reason="gcloud is not on PATH")
    answers = {uri: run_program(["gcloud", "storage", "buckets", "describe", uri]) for uri in uris}
    failed = [(uri, done.stderr.strip()) for uri, done in answers.items() if done.returncode]
    if failed:
        return Check(name="", state=State.FAILED, reason="; ".join(f"{uri}: {said}" for uri, said in failed))
    return Check(name="", state=State.OK)


def _service(target: Target) -> Check:
    with connect_service(target) as service:
        users = "several users" if service.is_multi_user() else "one user"
        return Check(name="", state=State.OK, reason=f"{service.host}, {users}, auth {target.auth}")
