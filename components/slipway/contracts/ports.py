"""What a step needs of the outside world, as protocols; what fits one need not inherit from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class ObjectStore(Protocol):
    """Files below one root address; a path is relative to it and written with ``/``, and ``""`` is the root itself.

    Every method raises InputError for an address, a name or a permission that the caller must correct, and
    TransientError for a service that did not answer.
    """

    def uri(self, path: str) -> str:
        """Return the address of ``path``, as other programs take it; a plain absolute path for a local one."""

    def names(self, path: str) -> list[str]:
        """Return the names of what lies directly in a folder, sorted; empty when there is no such folder."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file or a folder."""

    def read(self, path: str) -> bytes:
        """Read what a file holds; InputError when there is none."""

    def write(self, path: str, content: bytes) -> None:
        """Write or replace a file; readers see the old bytes or the new ones."""

    def place(self, files: Mapping[str, Path], path: str, last: str) -> bool:
        """Make a new folder ``path`` of copies of local files.

        Args:
            files: local file of each name relative to ``path``; at least one.
            path: must not exist; a single name.
            last: the name that must not be seen before the others are; one of ``files``.

        Returns:
            False, with nothing of the folder changed, when it exists or somebody else is making it.
        """

    def download(self, path: str, folder: Path) -> None:
        """Copy the folder ``path`` into a new local ``folder``; InputError when there is none."""

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all it holds; nothing happens when there is none."""
