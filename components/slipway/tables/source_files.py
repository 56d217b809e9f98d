"""Which files an address means: paths, folders, globs and URIs, brought to local disk."""

import glob
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.request import url2pathname

from slipway.contracts.errors import InputError
from slipway.storage.downloads import download, public_address

_COMPRESSIONS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceFile:
    """A local file of rows. Two are equal only when they are the same object.

    Attributes:
        path: where it lies.
        name: as messages name it: the address that a user gave or that a glob found.
        suffix: the end of its name in lower case, such as ``.csv``, without that of the compression; may be empty.
        compression: ``gzip`` or ``zstd``; None for none.
    """

    path: Path
    name: str
    suffix: str
    compression: str | None


def files_at(uri: str, downloads: Path) -> list[SourceFile]:
    """Return the files at an address, at least one, in a stable order.

    Args:
        uri: a path, a folder, a glob or an fsspec URI.
        downloads: a folder for copies of remote objects; it need not exist.

    Raises:
        InputError: nothing is there.
        TransientError: a remote service did not answer.
    """
    local = url2pathname(uri.removeprefix("file://")) if uri.startswith("file://") else uri
    if "://" in local:
        found = download(uri, downloads)
        shown, below = public_address(uri), public_address(uri).rstrip("/") + "/"
    else:
        found = [(str(path), path) for path in _local_files(local)]
        shown, below = local, str(Path(local)) + "/"
    if any(name.startswith(below) for name, _ in found):  # a folder: markers such as _SUCCESS hold no rows
        found = [(name, path) for name, path in found if _is_table(name.removeprefix(below))]
    if not found:
        raise InputError(f"nothing to read at {shown}: no file matches")
    return [_source_file(name, path) for name, path in found]


def _source_file(name: str, path: Path) -> SourceFile:
    suffixes = [suffix.lower() for suffix in PurePosixPath(path.name).suffixes]
    compression = _COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    names = suffixes[:-1] if compression else suffixes
    return SourceFile(path=path, name=name, suffix=names[-1] if names else "", compression=compression)


def _is_table(relative: str) -> bool:
    if "=" in relative.rpartition("/")[0]:
        raise InputError(
            f"{relative} lies in a partitioned folder, whose columns are not in the files; write them there"
        )
    return not any(part.startswith(("_", ".")) for part in relative.split("/"))


def _local_files(text: str) -> list[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        return sorted(item for item in path.rglob("*") if item.is_file())
    if path.exists():
        return [path]
    if glob.has_magic(text):
        matches = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207 -- Path.glob takes no absolute pattern
        return sorted(item for item in matches if item.is_file())
    raise InputError(f"{text} does not exist")
