"""Google identities: ID tokens for an endpoint behind Identity-Aware Proxy.

The identity is what Application Default Credentials say: a service account's key file in
GOOGLE_APPLICATION_CREDENTIALS, or the metadata server of a machine or a pod with Workload Identity.
"""

import time
from collections.abc import Callable

from slipway.contracts.errors import InputError, TransientError
from slipway.storage.signing_in import Credentials, Endpoint, SignIn

_LIFETIME_SECONDS = 3000
"""Google's ID tokens last an hour; a new one is asked for some minutes before."""


def iap_credentials(client_id: str, clock: Callable[[], float] = time.monotonic) -> Credentials:
    """Return bearer tokens for the OAuth client of Identity-Aware Proxy, renewed before they expire.

    Raises:
        InputError: there are no Application Default Credentials, or they cannot sign ID tokens (a person's cannot).
    """
    kept: list[tuple[float, str]] = []

    def token() -> str:
        if not kept or clock() - kept[-1][0] > _LIFETIME_SECONDS:
            kept[:] = [(clock(), _id_token(client_id))]
        return kept[-1][1]

    return Credentials(token=token)


def _id_token(audience: str) -> str:
    import google.auth.exceptions
    import google.auth.transport.requests
    import google.oauth2.id_token

    try:
        request = google.auth.transport.requests.Request()
        return str(google.oauth2.id_token.fetch_id_token(request, audience))
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise InputError(f"no Google identity that can sign for Identity-Aware Proxy: {error}") from error
    except google.auth.exceptions.TransportError as error:
        raise TransientError(f"Google did not answer: {error}") from error
    except google.auth.exceptions.GoogleAuthError as error:
        raise InputError(f"Google refused an ID token for {audience}: {error}") from error


def credentials(endpoint: Endpoint) -> Credentials:
    """Return tokens for the endpoint's OAuth client."""
    return iap_credentials(endpoint.client_id)


ENTRY = SignIn(credentials=credentials, needs_client_id=True)
