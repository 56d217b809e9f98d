"""Any address that fsspec knows (``s3://``, ``gs://``, ``memory://``, a local path, ...) as an ObjectStore.

Credentials and endpoints come from the environment, as each service's own tools take them (``AWS_PROFILE``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, a pod's identity); none is ever part of an address.
"""

import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from slipway.contracts.errors import InputError
from slipway.contracts.ports import ObjectStore
from slipway.storage.local_store import LocalStore
from slipway.storage.store_errors import translated

_CLAIMS, _STAGING = ".claims", ".staging"


def open_store(uri: str) -> ObjectStore:
    """Return the store whose root is ``uri``: a LocalStore for a path or a ``file://`` address, else a RemoteStore.

    Raises:
        InputError: nothing here knows such addresses.
    """
    local = local_path(uri)
    return LocalStore(local) if local is not None else RemoteStore(uri)


def local_path(uri: str) -> Path | None:
    """Return the path that a plain path or a ``file://`` address means; None for any other address."""
    if not uri.strip():
        raise InputError("an address is empty; it should be a path or a URI such as s3://bucket/folder")
    if "://" not in uri:
        return Path(uri).expanduser().absolute()
    parts = urlsplit(uri)
    if parts.scheme in ("file", "local"):
        return Path(url2pathname(parts.netloc + parts.path)).absolute()
    return None


@contextmanager
def local_copy(uri: str) -> Iterator[Path]:
    """Yield the folder at ``uri`` as a local one: itself when it is local, else a copy that goes when the block ends.

    Raises:
        InputError: there is no such folder.
        TransientError: the store did not answer.
    """
    local = local_path(uri)
    if local is not None:
        if not local.is_dir():
            raise InputError(f"{uri}: there is no such folder")
        yield local
        return
    with tempfile.TemporaryDirectory(prefix="slipway-") as temporary:
        folder = Path(temporary) / "copy"
        RemoteStore(uri).download("", folder)
        yield folder


class RemoteStore:
    """Objects below a prefix.

    An object store has no rename, so a folder is placed in three moves: an object ``.claims/<name>`` is created on
    the condition that it does not exist (S3 ``If-None-Match``, GCS ``ifGenerationMatch``), the files are uploaded
    under ``.staging/``, and then copied to their place inside the store, ``last`` at the end. A writer that dies
    while uploading leaves nothing at the place itself. A store that ignores the condition still does not mix two
    writers unless both claim within the same moment: each reads its claim back.
    """

    def __init__(self, uri: str) -> None:
        """Work below ``uri``; the bucket must exist, the prefix need not."""
        import fsspec  # here, so that the launcher can import this module without it

        try:
            self._files: Any = fsspec.core.url_to_fs(uri)[0]
        except (ValueError, ImportError) as error:
            raise InputError(f"{uri}: no adapter for such addresses is installed ({error})") from error
        self._root = uri.rstrip("/")

    def uri(self, path: str) -> str:
        """Return the address with its scheme."""
        return f"{self._root}/{path}" if path else self._root

    def names(self, path: str) -> list[str]:
        """Return the names of the objects and prefixes directly below a prefix, sorted; empty when there are none."""
        with translated(self.uri(path)):
            self._files.invalidate_cache()  # another process may have written since the last listing
            try:
                entries = self._files.ls(self.uri(path), detail=False)
            except FileNotFoundError:
                return []
            folder = self._files._strip_protocol(self.uri(path))
            names = {str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in entries if str(entry).rstrip("/") != folder}
            return sorted(names)

    def exists(self, path: str) -> bool:
        """Return whether there is an object or a prefix with objects."""
        with translated(self.uri(path)):
            self._files.invalidate_cache()
            return bool(self._files.exists(self.uri(path)))

    def read(self, path: str) -> bytes:
        """Read what an object holds; InputError when there is none."""
        with translated(self.uri(path)):
            return bytes(self._files.cat_file(self.uri(path)))

    def write(self, path: str, content: bytes) -> None:
        """Write or replace an object; readers see the old bytes or the new ones."""
        with translated(self.uri(path)):
            self._files.pipe_file(self.uri(path), content)

    def place(self, files: Mapping[str, Path], path: str, last: str) -> bool:
        """Claim the name, upload beside it, copy into place with ``last`` at the end."""
        with translated(self.uri(path)):
            token = uuid.uuid4().hex
            if not self._claimed(path, token):
                return False
            staging = f"{_STAGING}/{token}"
            try:
                if self.names(path):
                    return False
                targets = [self.uri(f"{staging}/{name}") for name in files]
                self._files.put([str(source) for source in files.values()], targets)
                self._settle(staging, path, [name for name in files if name != last], last)
                return True
            finally:
                self.remove(staging)
                self.remove(f"{_CLAIMS}/{path}")

    def download(self, path: str, folder: Path) -> None:
        """Copy all objects below a prefix into a new local ``folder``; InputError when there are none."""
        with translated(self.uri(path)):
            self._files.invalidate_cache()
            root = self._files._strip_protocol(self.uri(path)).rstrip("/") + "/"
            found = sorted(self._files.find(self.uri(path)))
            if not found:
                raise InputError(f"{self.uri(path)}: there is no such folder")
            for entry in found:
                target = folder / str(entry).removeprefix(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._files.get_file(entry, str(target))

    def remove(self, path: str) -> None:
        """Remove an object, or all objects below a prefix; nothing happens when there are none."""
        with translated(self.uri(path)):
            self._files.invalidate_cache()
            try:
                self._files.rm(self.uri(path), recursive=True)
            except FileNotFoundError:
                return

    def _claimed(self, path: str, token: str) -> bool:
        claim = self.uri(f"{_CLAIMS}/{path}")
        try:
            self._files.pipe_file(claim, token.encode(), mode="create")
        except OSError:  # stores differ in what they answer to a failed condition
            if self.exists(f"{_CLAIMS}/{path}"):
                return False
            raise
        return bytes(self._files.cat_file(claim)) == token.encode()

    def _settle(self, staging: str, path: str, names: list[str], last: str) -> None:
        """Copy inside the store; what was copied goes again when not all of it could be."""
        try:
            for group in (names, [last]):
                sources = [self.uri(f"{staging}/{name}") for name in group]
                self._files.copy(sources, [self.uri(f"{path}/{name}") for name in group])
        except BaseException:
            self.remove(path)
            raise


if TYPE_CHECKING:
    _: ObjectStore = RemoteStore("memory://")
