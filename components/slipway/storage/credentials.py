"""Who sends a request: secrets come from the environment and from files, never from the command line.

    SLIPWAY_KFP_TOKEN, SLIPWAY_KFP_TOKEN_FILE     a bearer token
    SLIPWAY_KFP_COOKIE, SLIPWAY_KFP_COOKIE_FILE   a session cookie, such as ``oauth2_proxy_kubeflow=...``
    SLIPWAY_DEX_USERNAME, SLIPWAY_DEX_PASSWORD    a static user of Dex, signed in for a session cookie
    KF_PIPELINES_SA_TOKEN_PATH                    the token that the kubelet projects into a pod

Nothing here is cached on disk, and no message repeats a secret.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.errors import InputError

IN_CLUSTER_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is added to requests.

    Attributes:
        token: called for each request, since tokens expire; None for no bearer token.
        cookie: the Cookie header; empty for none.
    """

    token: Callable[[], str] | None = None
    cookie: str = ""

    def __repr__(self) -> str:
        """Says which kinds there are, not what they hold."""
        return f"Credentials(token={self.token is not None}, cookie={bool(self.cookie)})"


def no_credentials() -> Credentials:
    """For a service that asks nobody."""
    return Credentials()


def token_credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The bearer token of SLIPWAY_KFP_TOKEN, or of the file SLIPWAY_KFP_TOKEN_FILE, read anew for each request."""
    if environment.get("SLIPWAY_KFP_TOKEN"):
        token = environment["SLIPWAY_KFP_TOKEN"].strip()
        return Credentials(token=lambda: token)
    file = environment.get("SLIPWAY_KFP_TOKEN_FILE")
    if not file:
        raise InputError("auth token needs SLIPWAY_KFP_TOKEN, or SLIPWAY_KFP_TOKEN_FILE with the path of a file")
    return _token_file(Path(file), "SLIPWAY_KFP_TOKEN_FILE")


def cookie_credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The session cookie of SLIPWAY_KFP_COOKIE, or of the file SLIPWAY_KFP_COOKIE_FILE."""
    cookie = environment.get("SLIPWAY_KFP_COOKIE", "").strip()
    file = environment.get("SLIPWAY_KFP_COOKIE_FILE")
    if not cookie and file:
        cookie = _read(Path(file), "SLIPWAY_KFP_COOKIE_FILE")
    if "=" not in cookie:
        raise InputError("auth cookie needs NAME=VALUE in SLIPWAY_KFP_COOKIE or in the file SLIPWAY_KFP_COOKIE_FILE")
    return Credentials(cookie=cookie)


def in_cluster_credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The service account token that the kubelet projects for Kubeflow Pipelines and renews."""
    file = environment.get("KF_PIPELINES_SA_TOKEN_PATH") or IN_CLUSTER_TOKEN
    return _token_file(Path(file), "auth in-cluster")


def _token_file(path: Path, what: str) -> Credentials:
    _read(path, what)  # now, and not in the middle of a submission
    return Credentials(token=lambda: _read(path, what))


def _read(path: Path, what: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"{what}: cannot read {path}: {error.strerror}") from error
    if not text:
        raise InputError(f"{what}: {path} is empty")
    return text
