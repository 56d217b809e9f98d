"""The places a pipeline can be submitted to, as data: what differs between clusters stands here and nowhere else."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.hints import closest_hint
from slipway.contracts.plug_points import registry, require_entry
from slipway.contracts.steps import steps_in_order, task_name

_STEP_LABEL = "slipway.dev/step"
_PART_OF = {"app.kubernetes.io/part-of": "slipway"}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_STORE_STEPS = tuple(task_name(name) for name, step in steps_in_order() if step.opens_addresses)
"""Steps that open addresses which a user gives; the others see artifacts only, which the backend copies for them."""
_RESTARTABLE_STEPS = tuple(task_name(name) for name, step in steps_in_order() if step.restartable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """A taint that pods accept; the fields are those of Kubernetes."""

    key: str
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None

    def __post_init__(self) -> None:
        """Refuse what the API server would refuse after the upload."""
        if self.operator == "Exists" and self.value is not None:
            raise InputError(f"toleration of {self.key}: operator Exists takes no value, got {self.value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the pods of some steps run.

    Attributes:
        steps: with hyphens, as tasks are named; empty for every step.
        node_selector: labels that a node must carry.
        tolerations: taints that they accept.
        timeout_seconds: how long one attempt may take, above 0; None for the target's.
        retries: how often a failed attempt is tried again; None for what the pipeline says.
    """

    steps: tuple[str, ...] = ()
    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    timeout_seconds: int | None = None
    retries: int | None = None

    def __post_init__(self) -> None:
        """Refuse times and counts that mean nothing."""
        if self.timeout_seconds is not None and self.timeout_seconds < 1:
            raise InputError(f"timeout_seconds must be at least 1, got {self.timeout_seconds}")
        if self.retries is not None and self.retries < 0:
            raise InputError(f"retries must be at least 0, got {self.retries}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVariables:
    """Keys of a Secret in the cluster as environment variables; the values never leave the cluster.

    Attributes:
        secret: the Secret's name in the namespace that runs use.
        variables: key of the Secret to name of the variable.
        steps: which steps get them; empty for every step.
    """

    secret: str
    variables: dict[str, str]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A PersistentVolumeClaim that is there already, mounted into steps.

    Attributes:
        claim: its name in the namespace that runs use.
        path: absolute path of the mount; addresses below it may be given to a run.
        steps: which steps get it; empty for every step.
    """

    claim: str
    path: str
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a relative mount."""
        if not self.path.startswith("/"):
            raise InputError(f"path of claim {self.claim} must be absolute, got {self.path!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A Kubeflow Pipelines service and what tasks need on its cluster.

    Attributes:
        name: as the user calls it.
        host: address of the service and its UI; empty: the UI's service is forwarded to ``port`` by kubectl.
        port: on this machine, for the forwarded UI.
        cluster: kind or minikube when ``slipway cluster`` can make it; empty otherwise.
        context: kubectl's context; empty for the current one.
        overlay: folder below ``manifests/overlays`` that fits.
        namespace: of the services.
        run_namespace: of runs, where the service has several users; empty for one user.
        auth: how requests are signed; a name in the registry of credentials.
        iap_client_id: the OAuth client of Identity-Aware Proxy; only for ``iap``.
        image_registry: what stands before ``slipway/<role>:<version>``; empty when nodes hold the images.
        images: image of a role, by version or digest; before ``image_registry``.
        image_pull_secrets: names of Secrets.
        image_pull_policy: the kubelet's.
        pipeline_root: where artifacts go; empty for the service's default.
        destination: where models are pushed unless a run says otherwise; empty when it must.
        service_account: of every pod of a run; empty for the service's default. KFP knows one per run, not per step.
        run_as_user: numeric user of the containers.
        pod_labels: on every pod of a step, beside ``slipway.dev/step``.
        environment: variables of every step; nothing secret.
        secrets: Secrets as variables.
        claims: volumes.
        placements: nodes, tolerations, times and retries; a later one wins over an earlier one.
        timeout_seconds: of one attempt of a task; None for no limit.
    """

    name: str
    host: str = ""
    port: int = 8080
    cluster: Literal["", "kind", "minikube"] = ""
    context: str = ""
    overlay: str = ""
    namespace: str = "kubeflow"
    run_namespace: str = ""
    auth: str = "none"
    iap_client_id: str = ""
    image_registry: str = ""
    images: dict[str, str] = field(default_factory=dict)
    image_pull_secrets: tuple[str, ...] = ()
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    pipeline_root: str = ""
    destination: str = ""
    service_account: str = ""
    run_as_user: int | None = 65532
    pod_labels: dict[str, str] = field(default_factory=lambda: dict(_PART_OF))
    environment: dict[str, str] = field(default_factory=dict)
    secrets: tuple[SecretVariables, ...] = ()
    claims: tuple[Claim, ...] = ()
    placements: tuple[Placement, ...] = ()
    timeout_seconds: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no cluster accepts."""
        if self.host and not re.match(r"https?://[^/]", self.host):
            raise InputError(f"host should start with http:// or https://, got {self.host!r}")
        for kind, value in (("namespace", self.namespace), ("run_namespace", self.run_namespace or "x")):
            if not _NAME.fullmatch(value):
                raise InputError(f"{kind} should be a Kubernetes name, got {value!r}")
        require_entry("credentials", self.sign_in, "auth")
        if registry("credentials").get(self.sign_in).needs_client_id and not self.iap_client_id:
            raise InputError(f"auth {self.auth} needs iap_client_id, the OAuth client ID of Identity-Aware Proxy")
        if self.timeout_seconds is not None and self.timeout_seconds < 1:
            raise InputError(f"timeout_seconds must be at least 1, got {self.timeout_seconds}")

    @property
    def sign_in(self) -> str:
        """The name of ``auth`` in the registry, where ``in-cluster`` is ``in_cluster``."""
        return self.auth.replace("-", "_")

    def labels_of(self, step: str) -> dict[str, str]:
        """Return the labels of a step's pods; NetworkPolicies select by them."""
        return {**self.pod_labels, _STEP_LABEL: step}


# manifests/components/object-store makes the bucket, and the Secret with its address and key.
_LOCAL_STORE: Mapping[str, Any] = {
    "service_account": "slipway-run",
    "image_pull_policy": "IfNotPresent",
    "destination": "s3://slipway/models",
    "secrets": (
        SecretVariables(
            secret="slipway-object-store",
            variables={
                name: name
                for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")
            },
            steps=_STORE_STEPS,
        ),
    ),
    "timeout_seconds": 3 * 3600,
}
_SPOT = Toleration(key="cloud.google.com/gke-spot", value="true", effect="NoSchedule")

TARGETS: Mapping[str, Target] = {
    "kind": Target(name="kind", cluster="kind", context="kind-slipway", overlay="kind", **_LOCAL_STORE),
    "minikube": Target(
        name="minikube", cluster="minikube", context="slipway", overlay="minikube", port=8081, **_LOCAL_STORE
    ),
    # Steps reach the bucket as the service account that Workload Identity binds: no Secret. Training survives losing a
    # spot node, since it goes on from its last checkpoint; what judges and publishes does not run there.
    "gke": Target(
        name="gke",
        overlay="gke",
        port=8082,
        service_account="slipway-run",
        placements=(
            Placement(
                steps=_RESTARTABLE_STEPS,
                tolerations=(_SPOT,),
                timeout_seconds=12 * 3600,
            ),
        ),
        timeout_seconds=3 * 3600,
    ),
}


def find_target(reference: str) -> Target:
    """Return the target that a user names.

    Args:
        reference: one of ``TARGETS``, the address of a service, or a YAML file with fields of Target and perhaps
            ``extends``, the name of the target that the others are taken from.

    Raises:
        InputError: there is no such target, or the file does not describe one.
    """
    if re.match(r"https?://", reference):
        return Target(name="url", host=reference.rstrip("/"))
    if reference.endswith((".yaml", ".yml")):
        return _from_file(Path(reference))
    if reference not in TARGETS:
        raise InputError(f"no target {reference!r}{closest_hint(reference, [*TARGETS, 'a URL', 'a FILE.yaml'])}")
    return TARGETS[reference]


def _from_file(path: Path) -> Target:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read target {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} should hold a mapping of a target's fields, got {values!r}")
    inherited: dict[str, Any] = {"name": path.stem}
    if extends := values.pop("extends", None):
        if extends not in TARGETS:
            raise InputError(f"{path}: extends should be one of {', '.join(TARGETS)}, got {extends!r}")
        inherited = {f.name: getattr(TARGETS[extends], f.name) for f in dataclasses.fields(Target)}
        inherited["name"] = path.stem
    return parse(Target, {**inherited, **values})
