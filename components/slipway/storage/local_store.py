"""A folder on a file system as an ObjectStore; standard library only."""

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.contracts.ports import ObjectStore
from slipway.storage.folders import hidden_folder, rename_if_free
from slipway.storage.store_errors import translated


class LocalStore:
    """Files below a local folder, which is made by the first write.

    A folder is placed by one rename, so it appears whole, and the rename fails when the name is taken: of several
    processes that place the same name, exactly one succeeds.
    """

    def __init__(self, root: Path) -> None:
        """Work below ``root``; it need not exist."""
        self._root = root.expanduser().absolute()

    def uri(self, path: str) -> str:
        """Return an absolute path."""
        return str(self._root / path)

    def names(self, path: str) -> list[str]:
        """Return the names of what lies directly in a folder, sorted; empty when there is no such folder."""
        with translated(self.uri(path)):
            folder = self._root / path
            return sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []

    def exists(self, path: str) -> bool:
        """Return whether there is a file or a folder."""
        with translated(self.uri(path)):
            return (self._root / path).exists()

    def read(self, path: str) -> bytes:
        """Read what a file holds; InputError when there is none."""
        with translated(self.uri(path)):
            return (self._root / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Write or replace a file; readers see the old bytes or the new ones."""
        target = self._root / path
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
        with translated(self.uri(path)):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(content)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)

    def place(self, files: Mapping[str, Path], path: str, last: str) -> bool:
        """Copy the files to a temporary folder and rename it to ``path``: all of them appear at once."""
        target = self._root / path
        if target.exists():
            return False
        with translated(self.uri(path)), hidden_folder(target) as temporary:
            for name in sorted(files, key=lambda name: name == last):
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(files[name], temporary / name)
            return rename_if_free(temporary, target)

    def download(self, path: str, folder: Path) -> None:
        """Copy the folder ``path`` into a new local ``folder``; InputError when there is none."""
        with translated(self.uri(path)):
            shutil.copytree(self._root / path, folder)

    def remove(self, path: str) -> None:
        """Rename a folder out of sight before its files go, so that nobody reads half of it."""
        target = self._root / path
        hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
        with translated(self.uri(path)):
            try:
                target.rename(hidden)
            except FileNotFoundError:
                return
            if hidden.is_dir() and not hidden.is_symlink():
                shutil.rmtree(hidden)
            else:
                hidden.unlink()


if TYPE_CHECKING:
    _: ObjectStore = LocalStore(Path())
