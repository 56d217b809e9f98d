"""A cluster on this machine: the commands that make it, in a list that can be shown before it is followed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.errors import InputError, TransientError
from slipway.runs.clusters.targets import Target
from slipway.runs.programs import find_program, run_program, stream_program

CLUSTER = "slipway"
_ADD_ON = "no matches for kind"
"""What kubectl says of a resource whose add-on (Trainer, KServe) is not installed; the others are applied anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command.

    Attributes:
        title: what it does.
        command: program and arguments.
        tolerates: an error line that holds this is reported and does not end the work.
        attempts: how often it is tried.
    """

    title: str
    command: tuple[str, ...]
    tolerates: str = ""
    attempts: int = 1


def local_target(target: Target) -> Target:
    """Return the target itself; InputError when ``slipway cluster`` cannot make it."""
    if not target.cluster:
        raise InputError(
            f"target {target.name} is no cluster that this machine can make; --target should be kind or minikube"
        )
    return target


def manifests_folder(given: Path | None) -> Path:
    """Return where the manifests lie: where the user says, or in this checkout."""
    folder = given or Path(__file__).resolve().parents[4] / "manifests"
    if not (folder / "overlays").is_dir():
        raise InputError(f"no manifests in {folder}; run in a checkout of Slipway, or give --manifests FOLDER")
    return folder


def creation(target: Target) -> Step:
    """Return the step that makes the cluster, with a network plug-in that enforces NetworkPolicies."""
    commands: Mapping[str, tuple[str, ...]] = {
        "kind": ("kind", "create", "cluster", "--name", CLUSTER, "--wait", "180s"),
        "minikube": ("minikube", "start", "--profile", CLUSTER, "--cpus", "4", "--memory", "12g", "--cni", "calico"),
    }
    return Step(title=f"create the {target.cluster} cluster {CLUSTER}", command=commands[target.cluster])


def installation(target: Target, images: Sequence[str], manifests: Path) -> list[Step]:
    """Return the steps that install Kubeflow Pipelines, the images and Slipway's own resources, and wait for them."""
    kubectl = ("kubectl", "--context", target.context)
    apply = (*kubectl, "apply", "--server-side", "--force-conflicts", "-k")
    wait = (*kubectl, "-n", target.namespace, "wait")
    parts = manifests / "kubeflow-pipelines"
    return [
        Step(
            title="Kubeflow Pipelines: resource definitions",
            command=(*apply, str(parts / "cluster-scoped")),
            attempts=3,
        ),
        Step(
            title="wait for the definitions",
            command=(*kubectl, "wait", "--for=condition=Established", "crd", "--all", "--timeout=120s"),
        ),
        Step(title="Kubeflow Pipelines: services", command=(*apply, str(parts / "standalone")), attempts=3),
        *_loading(target, images),
        Step(
            title=f"Slipway: overlay {target.overlay}",
            command=(*apply, str(manifests / "overlays" / target.overlay)),
            tolerates=_ADD_ON,
            attempts=3,
        ),
        Step(
            title="wait until every service is there",
            command=(*wait, "--for=condition=Available", "deployment", "--all", "--timeout=900s"),
        ),
        Step(
            title="wait until every store is there",
            command=(*wait, "--for=jsonpath={.status.readyReplicas}=1", "statefulset", "--all", "--timeout=600s"),
        ),
    ]


def _loading(target: Target, images: Sequence[str]) -> list[Step]:
    if target.cluster == "kind":
        command = ("kind", "load", "docker-image", *images, "--name", CLUSTER)
        return [Step(title=f"load {len(images)} images", command=command)]
    return [
        Step(title=f"load {image}", command=("minikube", "--profile", CLUSTER, "image", "load", image))
        for image in images
    ]


def removal(target: Target) -> Step:
    """Return the step that deletes the cluster with all that is in it."""
    commands = {
        "kind": ("kind", "delete", "cluster", "--name", CLUSTER),
        "minikube": ("minikube", "delete", "--profile", CLUSTER),
    }
    return Step(title=f"delete the {target.cluster} cluster {CLUSTER}", command=commands[target.cluster])


def is_there(target: Target) -> bool:
    """Whether the cluster exists, running or not."""
    if target.cluster == "kind":
        done = run_program(["kind", "get", "clusters"])
        return CLUSTER in done.stdout.split()
    return run_program(["minikube", "status", "--profile", CLUSTER], seconds=60).returncode == 0


def check_programs(target: Target) -> None:
    """Refuse to begin when a program is missing that will be needed."""
    for name in (target.cluster, "kubectl", "docker"):
        find_program(name)


def check_images(images: Sequence[str]) -> None:
    """Refuse to begin when an image that is to be loaded has not been built."""
    missing = [image for image in images if run_program(["docker", "image", "inspect", image]).returncode]
    if missing:
        raise InputError(f"no image {', '.join(missing)} in Docker; build them: slipway images build")


def carry_out(step: Step, notify: Callable[[str], None]) -> None:
    """Run the command and hand on what it says.

    Raises:
        TransientError: it failed as often as it may, with its last lines.
    """
    for _ in range(step.attempts):
        code, said = stream_program(step.command, notify)
        if code == 0 or (step.tolerates and _only_tolerated(said, step.tolerates)):
            return
    raise TransientError(f"{step.title}: {' '.join(step.command[:3])} ... ended with {code}:\n  {said}")


def _only_tolerated(said: str, tolerated: str) -> bool:
    """Whether every complaint among a command's last lines is one that does not matter."""
    complaints = [line for line in said.splitlines() if "error" in line.lower() or "no matches" in line]
    return bool(complaints) and all(tolerated in line for line in complaints)
