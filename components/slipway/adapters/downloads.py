"""Files behind any fsspec address, copied to local disk once, so that what reads them may read them again."""

import logging
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import fsspec

from slipway.contracts.errors import InputError, TransientError

_LOG = logging.getLogger(__name__)
_HTTP = ("http", "https")


def public_address(uri: str) -> str:
    """``uri`` without user, password and query, which may hold secrets."""
    if "://" not in uri:
        return uri
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


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
    with _failures(shown):
        copies = []
        for index, remote in enumerate(_objects(filesystem, path)):
            name = PurePosixPath(urlsplit(remote).path if _is_http(filesystem) else remote).name
            local = folder / f"{index:05d}" / name
            local.parent.mkdir(parents=True)
            filesystem.get_file(remote, str(local))
            copies.append((public_address(filesystem.unstrip_protocol(remote)), local))
            _LOG.info("copied %s, %d bytes", copies[-1][0], local.stat().st_size)
        return copies


def _filesystem(uri: str, shown: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        filesystem, path = fsspec.core.url_to_fs(uri)
    except ValueError as error:
        known = "a local path, file://, memory://, s3://, gs:// and http(s)://"
        raise InputError(f"{shown} cannot be opened ({error}); known are {known}") from error
    except ImportError as error:
        raise InputError(f"{shown} cannot be opened: {error}") from error
    return filesystem, path


def _is_http(filesystem: fsspec.AbstractFileSystem) -> bool:
    protocol = filesystem.protocol
    return bool(set(_HTTP) & ({protocol} if isinstance(protocol, str) else set(protocol)))


def _objects(filesystem: fsspec.AbstractFileSystem, path: str) -> list[str]:
    if _is_http(filesystem):
        return [path]  # a web server lists nothing
    if any(character in path for character in "*?["):
        return sorted(match for match in filesystem.glob(path) if filesystem.isfile(match))
    if filesystem.isdir(path):
        return sorted(filesystem.find(path))
    return [path]


class _failures:  # noqa: N801 -- reads as the statement it is
    """Turns what file systems raise into the two errors that callers tell apart."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or not isinstance(error, Exception):
            return
        shown = self._shown
        if isinstance(error, FileNotFoundError):
            raise InputError(f"{shown} does not exist") from error
        if isinstance(error, PermissionError) or type(error).__name__ in _CREDENTIALS:
            raise InputError(f"{shown} may not be read with the credentials at hand: {error}") from error
        if isinstance(error, NotImplementedError):
            raise InputError(f"{shown} cannot be listed; name one file") from error
        raise TransientError(f"{shown} could not be read: {type(error).__name__}: {error}") from error


_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "RefreshError", "DefaultCredentialsError")
