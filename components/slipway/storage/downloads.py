"""Files behind any fsspec address, copied to local disk once, so that what reads them may read them again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from slipway.contracts.errors import InputError, TransientError
from slipway.storage.store_errors import translated

if TYPE_CHECKING:
    import fsspec

logger = logging.getLogger(__name__)
_HTTP = ("http", "https")
_BUSY = {408, 429, *range(500, 600)}


def public_address(uri: str) -> str:
    """Return ``uri`` without user, password and a web address's query, which may hold secrets."""
    if "://" not in uri:
        return uri
    protocol, _, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    if protocol in _HTTP:
        path = path.partition("?")[0].partition("#")[0]
    return f"{protocol}://{host.rpartition('@')[2]}{slash}{path}"


def download(uri: str, folder: Path) -> list[tuple[str, Path]]:
    """Copy the object at ``uri``, those that match its glob, or those below its folder, into ``folder``.

    Returns:
        Address and local copy of every object, ordered by address; the copies keep the objects' names. Empty when a
        glob or folder holds nothing.

    Raises:
        InputError: the protocol is unknown, or nothing can be read there with the credentials at hand.
        TransientError: the service did not answer.
    """
    shown = public_address(uri)
    filesystem, path = _filesystem(uri, shown)
    with _translated(shown):
        copies = []
        for index, remote in enumerate(_objects(filesystem, path)):
            name = PurePosixPath(urlsplit(remote).path if _is_http(filesystem) else remote).name
            local = folder / f"{index:05d}" / name
            local.parent.mkdir(parents=True)
            filesystem.get_file(remote, str(local))
            copies.append((public_address(filesystem.unstrip_protocol(remote)), local))
            logger.info("copied %s, %d bytes", copies[-1][0], local.stat().st_size)
        return copies


def _filesystem(uri: str, shown: str) -> "tuple[fsspec.AbstractFileSystem, str]":
    import fsspec  # here, so that a local file is read without it

    try:
        filesystem, path = fsspec.core.url_to_fs(uri)
    except ValueError as error:
        # fsspec's own message would repeat the address, with what is secret in it
        known = "a local path, file://, memory://, s3://, gs:// and http(s)://"
        raise InputError(f"{shown} is no address that can be opened; known are {known}") from error
    except ImportError as error:
        raise InputError(f"{shown} cannot be opened: {error}") from error
    return filesystem, path


def _is_http(filesystem: "fsspec.AbstractFileSystem") -> bool:
    protocol = filesystem.protocol
    return bool(set(_HTTP) & ({protocol} if isinstance(protocol, str) else set(protocol)))


def _objects(filesystem: "fsspec.AbstractFileSystem", path: str) -> list[str]:
    if _is_http(filesystem):
        return [path]  # a web server lists nothing
    if any(character in path for character in "*?["):
        return sorted(match for match in filesystem.glob(path) if filesystem.isfile(match))
    if filesystem.isdir(path):
        return sorted(filesystem.find(path))
    return [path]


@contextmanager
def _translated(shown: str) -> Iterator[None]:
    """Translate what a web server says, too; its own errors quote the query, which may hold secrets."""
    with translated(shown):
        try:
            yield
        except FileNotFoundError as error:
            raise InputError(f"{shown} does not exist") from error
        except Exception as error:
            status = getattr(error, "status", None)
            if not isinstance(status, int):
                raise
            said = f"{shown}: the server answered {status} {getattr(error, 'message', '')}".rstrip()
            raise (TransientError(said) if status in _BUSY else InputError(said)) from error
