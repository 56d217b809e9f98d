"""From a target to a service that answers: signing in, and forwarding a port where there is no address."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from slipway.adapters.credentials import (
    Credentials,
    cookie_credentials,
    in_cluster_credentials,
    no_credentials,
    token_credentials,
)
from slipway.adapters.pipeline_service import PipelineService
from slipway.adapters.programs import running
from slipway.adapters.retry import Patience
from slipway.contracts.errors import SlipwayError
from slipway.launcher.targets import Auth, Target

_UI_SERVICE = "svc/ml-pipeline-ui"


def credentials_of(target: Target, host: str) -> Credentials:
    """What the target's requests are signed with; InputError says which secret is missing, and never shows one."""
    from slipway.adapters.dex import dex_credentials
    from slipway.adapters.google_identity import iap_credentials

    ways: Mapping[Auth, Callable[[], Credentials]] = {
        Auth.NONE: no_credentials,
        Auth.TOKEN: token_credentials,
        Auth.COOKIE: cookie_credentials,
        Auth.DEX: lambda: dex_credentials(host),
        Auth.IAP: lambda: iap_credentials(target.iap_client_id),
        Auth.IN_CLUSTER: in_cluster_credentials,
    }
    return ways[target.auth]()


def address_of(target: Target) -> str:
    """The target's host, or where its forwarded port is on this machine."""
    return target.host or f"http://127.0.0.1:{target.port}"


def forward_command(target: Target) -> list[str]:
    """The command that brings the service's UI, which hands on the API too, to this machine."""
    context = ["--context", target.context] if target.context else []
    return ["kubectl", *context, "-n", target.namespace, "port-forward", _UI_SERVICE, f"{target.port}:80"]


@contextlib.contextmanager
def reached(target: Target, patience: Patience | None = None) -> Iterator[PipelineService]:
    """The target's service; a port that is not forwarded yet is forwarded while the block runs.

    Raises:
        InputError: kubectl is missing, or the service refuses.
        TransientError: nothing answers.
    """
    host = address_of(target)
    with contextlib.ExitStack() as stack:
        if not target.host and not answers(host):
            stack.enter_context(running(forward_command(target), "Forwarding from"))
        service = PipelineService(host, credentials_of(target, host), patience)
        service.is_multi_user()
        yield service


def answers(host: str) -> bool:
    """Whether a Kubeflow Pipelines service is there already, asked once."""
    try:
        PipelineService(host, no_credentials(), Patience(attempts=1)).is_multi_user()
    except SlipwayError:
        return False
    return True
