"""How full quotas are: those of a namespace, and those of the region that a GKE cluster takes its nodes from."""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from subprocess import CompletedProcess

from slipway.runs.clusters.doctor import Check, State
from slipway.runs.programs import run_program

_NEARLY_FULL = 0.9
_GKE_CONTEXT = re.compile(r"gke_([^_]+)_([a-z]+-[a-z]+\d+)(?:-[a-z])?_.+")
"""As ``gcloud container clusters get-credentials`` names it: project, region or zone, cluster."""
_NODES_NEED = re.compile(r"(\w+_)?CPUS|\w+_GPUS|INSTANCES|SSD_TOTAL_GB|DISKS_TOTAL_GB|IN_USE_ADDRESSES")
_UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_UNITS |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is used, in the limit's own unit; ``shown`` is for people."""

    limit: float
    used: float
    shown: str

    @property
    def nearly_full(self) -> bool:
        """Whether what is left is hardly enough for another run; a limit of 0 is a decision, not a shortage."""
        return self.limit > 0 and self.used / self.limit > _NEARLY_FULL


@dataclass(frozen=True, slots=True)
class GkePlace:
    """Where a GKE cluster is."""

    project: str
    region: str


def gke_place(context: str) -> GkePlace | None:
    """Return what kubectl's context says of a GKE cluster; None for a context of another kind."""
    found = _GKE_CONTEXT.fullmatch(context)
    return GkePlace(*found.groups()) if found else None


def namespace_quotas(done: CompletedProcess[str]) -> Check:
    """Check the ResourceQuotas that kubectl printed."""
    if done.returncode:
        return Check(name="", state=State.SKIP, reason=done.stderr.strip())
    statuses = [quota.get("status", {}) for quota in json.loads(done.stdout)["items"]]
    return _check_uses(
        Use(quantity(hard), quantity(used), f"{name}: {used} of {hard}")
        for status in statuses
        for name, hard in status.get("hard", {}).items()
        for used in [status.get("used", {}).get(name, "0")]
    )


def compute_quotas(place: GkePlace) -> Check:
    """Check what gcloud knows of quotas for new nodes: processors, cards, disks, addresses, machines."""
    if not shutil.which("gcloud"):
        return Check(name="", state=State.SKIP, reason="gcloud is not on PATH")
    done = run_program(
        ["gcloud", "compute", "regions", "describe", place.region, "--project", place.project, "--format", "json"]
    )
    if done.returncode:
        return Check(name="", state=State.SKIP, reason=done.stderr.strip())
    return _check_uses(
        Use(quota["limit"], quota["usage"], f"{quota['metric']}: {quota['usage']:g} of {quota['limit']:g}")
        for quota in json.loads(done.stdout).get("quotas", [])
        if _NODES_NEED.fullmatch(quota["metric"])
    )


def _check_uses(uses: Iterable[Use]) -> Check:
    seen = list(uses)
    if full := [use.shown for use in seen if use.nearly_full]:
        return Check(name="", state=State.FAILED, reason=f"nearly used up: {', '.join(full)}")
    return Check(name="", state=State.OK, reason=f"{len(seen)} limits, none nearly used up" if seen else "none set")


def quantity(text: str) -> float:
    """Return a Kubernetes quantity as a number: 500m is 0.5, 2Gi is 2147483648."""
    for unit in sorted(_UNITS, key=len, reverse=True):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * _UNITS[unit]
    return float(text)
