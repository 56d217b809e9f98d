"""Folders that appear whole or not at all, and the digests that identify their content."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


@contextmanager
def atomic_folder(root: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``root`` that takes its place when the block ends well.

    What stood at ``root`` before is replaced; after an exception it is untouched and the temporary folder is gone.
    """
    with hidden_folder(root) as temporary:
        yield temporary
        if root.is_dir() and not root.is_symlink():
            shutil.rmtree(root)
        elif root.exists():
            root.unlink()
        temporary.replace(root)


@contextmanager
def hidden_folder(root: Path) -> Iterator[Path]:
    """Yield a new folder beside ``root`` that nobody takes for one; unless it was renamed, it goes with the block."""
    root.parent.mkdir(parents=True, exist_ok=True)
    temporary = root.with_name(f".{root.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def rename_if_free(source: Path, target: Path) -> bool:
    """Rename a folder; False, with nothing changed, when there is one of the new name, which is not empty."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


@contextmanager
def staging_folder(workspace: Path) -> Iterator[Path]:
    """Yield a new folder for results that are too large for memory; it stays when the block ends well, and only then.

    Args:
        workspace: on the file system of what it is moved to later by ``move_into_place``; an older one is removed.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    try:
        yield workspace
    except BaseException:
        shutil.rmtree(workspace, ignore_errors=True)
        raise


def move_into_place(staged: Path, root: Path) -> None:
    """Let a staged folder take the place of what stood at ``root``, whole or not at all."""
    with atomic_folder(root) as folder:
        for item in staged.iterdir():
            shutil.move(item, folder / item.name)


def optional_path(artifact: object) -> Path | None:
    """Return where an artifact lies; None for one that the caller left out."""
    path = getattr(artifact, "path", None)
    return Path(path) if path else None


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def content_digest(path: Path) -> str:
    """Return the sha256 over the relative names and bytes of every file at or below ``path``, in hexadecimal."""
    if path.is_file():
        return file_digest(path)
    digest = hashlib.sha256()
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file_digest(file)}\n".encode())
    return digest.hexdigest()
