"""Errors of file systems, botocore, gcsfs and aiohttp as InputError and TransientError.

Classes of the cloud SDKs are known by name, so that nothing of them is imported to read a local file.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from slipway.contracts.errors import InputError, SlipwayError, TransientError

_NOT_ANSWERING = {
    "ChecksumError",  # gcsfs
    "ClientConnectionError",  # aiohttp
    "ClientPayloadError",
    "ConnectionError",  # botocore and requests have their own
    "HTTPClientError",  # botocore: a timeout, a closed connection
    "IncompleteReadError",
    "RequestException",  # requests, under google-auth
    "ResponseStreamingError",
    "TransportError",  # google-auth
}
_NO_RIGHT = {
    "DefaultCredentialsError",  # google-auth
    "NoCredentialsError",  # botocore
    "PartialCredentialsError",
    "ProfileNotFound",
    "RefreshError",
    "TokenRetrievalError",
}
_FIX_THE_CALL = {
    errno.EDQUOT,
    errno.EINVAL,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EPERM,
    errno.EROFS,
}
# gcsfs: a status of 403 is an OSError "Forbidden: ...", a malformed request a ValueError "Bad Request: ..."
_BUSY_STATUS = {408, 429, *range(500, 505)}


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Raise what the block raises as an InputError or a TransientError that names ``uri``; a bug stays what it is."""
    try:
        yield
    except SlipwayError:
        raise
    except Exception as error:
        known = _translate(error, uri)
        if known is None:
            raise
        raise known from error


def _translate(error: Exception, uri: str) -> SlipwayError | None:
    names = {kind.__name__ for kind in type(error).__mro__}
    detail = str(error) or type(error).__name__
    if isinstance(error, PermissionError) or names & _NO_RIGHT or detail.startswith("Forbidden: "):
        return InputError(f"{uri}: access refused ({detail}); check the credentials and the rights of this process")
    if isinstance(error, FileNotFoundError):
        return InputError(f"{uri}: there is no such file, folder or bucket ({detail})")
    if "HttpError" in names:
        status = getattr(error, "code", None)
        busy = status is None or int(status) in _BUSY_STATUS
        return TransientError(f"{uri}: {detail}") if busy else InputError(f"{uri}: refused ({detail})")
    if isinstance(error, TimeoutError | ConnectionError) or names & _NOT_ANSWERING:
        return TransientError(f"{uri}: the store did not answer ({detail})")
    if "ParamValidationError" in names or detail.startswith("Bad Request: "):
        return InputError(f"{uri}: not an address of this store ({detail})")
    if isinstance(error, OSError):
        if error.errno in _FIX_THE_CALL:
            return InputError(f"{uri}: {detail}")
        return TransientError(f"{uri}: {detail}")
    return None
