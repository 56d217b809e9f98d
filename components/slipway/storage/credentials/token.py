"""The bearer token in SLIPWAY_KFP_TOKEN, or in the file SLIPWAY_KFP_TOKEN_FILE, read anew for each request."""

from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.storage.signing_in import Credentials, Endpoint, SignIn, token_in_file


def credentials(endpoint: Endpoint) -> Credentials:
    """Return the bearer token; InputError when neither variable is set or the file cannot be read."""
    if endpoint.environment.get("SLIPWAY_KFP_TOKEN"):
        token = endpoint.environment["SLIPWAY_KFP_TOKEN"].strip()
        return Credentials(token=lambda: token)
    file = endpoint.environment.get("SLIPWAY_KFP_TOKEN_FILE")
    if not file:
        raise InputError("auth token needs SLIPWAY_KFP_TOKEN, or SLIPWAY_KFP_TOKEN_FILE with the path of a file")
    return token_in_file(Path(file), "SLIPWAY_KFP_TOKEN_FILE")


ENTRY = SignIn(credentials=credentials)
