"""How a local cluster is: the cluster itself, its services, and the forwarded UI."""

import json
from functools import partial

from slipway.runs.clusters.doctor import Check, State, run_check
from slipway.runs.clusters.forwarding import address_of, is_forwarded
from slipway.runs.clusters.lifecycle import CLUSTER, is_there
from slipway.runs.clusters.targets import Target
from slipway.runs.programs import run_program


def cluster_checks(target: Target) -> list[Check]:
    """Check the cluster, each of its services and stores, and the UI; without a cluster the others are skipped."""
    there = run_check(f"{target.cluster} cluster {CLUSTER}", partial(_there, target))
    if there.state is not State.OK:
        return [there, Check(name="services", state=State.SKIP, reason="there is no cluster")]
    forwarded = is_forwarded(target)
    ui = Check(
        name="UI",
        state=State.OK if forwarded else State.FAILED,
        reason=address_of(target) if forwarded else f"not forwarded: slipway cluster up --target {target.name}",
    )
    return [there, *_services(target), ui]


def _there(target: Target) -> Check:
    if is_there(target):
        return Check(name="", state=State.OK, reason=f"context {target.context}")
    return Check(name="", state=State.FAILED, reason=f"not there: slipway cluster up --target {target.name}")


def _services(target: Target) -> list[Check]:
    done = run_program(
        [
            "kubectl",
            "--context",
            target.context,
            "-n",
            target.namespace,
            "get",
            "deployments,statefulsets",
            "-o",
            "json",
        ]
    )
    if done.returncode:
        return [Check(name="services", state=State.FAILED, reason=done.stderr.strip())]
    checks = []
    for item in json.loads(done.stdout)["items"]:
        wanted, ready = item["spec"].get("replicas", 1), item.get("status", {}).get("readyReplicas", 0)
        state = State.OK if ready >= wanted else State.FAILED
        checks.append(Check(name=item["metadata"]["name"], state=state, reason=f"{ready} of {wanted} ready"))
    return checks or [Check(name="services", state=State.FAILED, reason=f"none in namespace {target.namespace}")]
