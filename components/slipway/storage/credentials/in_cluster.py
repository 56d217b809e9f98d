"""The service account token that the kubelet projects into a pod and renews, at KF_PIPELINES_SA_TOKEN_PATH."""

from pathlib import Path

from slipway.storage.signing_in import Credentials, Endpoint, SignIn, token_in_file

_DEFAULT_PATH = "/var/run/secrets/kubeflow/pipelines/token"


def credentials(endpoint: Endpoint) -> Credentials:
    """Return the token, read anew for each request; InputError when the file is not there."""
    file = endpoint.environment.get("KF_PIPELINES_SA_TOKEN_PATH") or _DEFAULT_PATH
    return token_in_file(Path(file), "auth in_cluster")


ENTRY = SignIn(credentials=credentials)
