"""Nothing, for a service that asks nobody."""

from slipway.storage.signing_in import Credentials, Endpoint, SignIn


def credentials(_endpoint: Endpoint) -> Credentials:
    """Return nothing to add to requests."""
    return Credentials()


ENTRY = SignIn(credentials=credentials)
