"""The session cookie in SLIPWAY_KFP_COOKIE, or in the file SLIPWAY_KFP_COOKIE_FILE."""

from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.storage.signing_in import Credentials, Endpoint, SignIn, read_secret


def credentials(endpoint: Endpoint) -> Credentials:
    """Return the cookie; InputError when there is none of the form NAME=VALUE."""
    cookie = endpoint.environment.get("SLIPWAY_KFP_COOKIE", "").strip()
    file = endpoint.environment.get("SLIPWAY_KFP_COOKIE_FILE")
    if not cookie and file:
        cookie = read_secret(Path(file), "SLIPWAY_KFP_COOKIE_FILE")
    if "=" not in cookie:
        raise InputError("auth cookie needs NAME=VALUE in SLIPWAY_KFP_COOKIE or in the file SLIPWAY_KFP_COOKIE_FILE")
    return Credentials(cookie=cookie)


ENTRY = SignIn(credentials=credentials)
