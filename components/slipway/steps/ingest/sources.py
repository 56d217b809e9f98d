"""Which files hold the rows: paths, folders, globs and URIs, brought to local disk."""

import glob
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.request import url2pathname

from slipway.contracts.errors import InputError
from slipway.contracts.tables import EVAL, SPLITS, TEST
from slipway.steps.ingest.config import Format, IngestConfig
from slipway.storage.downloads import download, public_address

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".data": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_COMPRESSIONS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A local file of rows.

    Attributes:
        path: where it lies.
        name: how messages call it: the address the user gave or that a glob found.
        compression: ``gzip`` or ``zstd``; None when there is none, and for Parquet.
        tabs: whether the name says that tabs separate the fields.
        splits: the splits that its rows are divided among.
    """

    path: Path
    name: str
    compression: str | None
    tabs: bool
    splits: tuple[str, ...]


def find_sources(config: IngestConfig, downloads: Path) -> tuple[Format, list[SourceFile]]:
    """The files to read, in a stable order, and the one format they have.

    Args:
        config: names the URIs.
        downloads: an empty folder for copies of remote objects.

    Raises:
        InputError: nothing is there, or the format cannot be told or differs between files.
        TransientError: a remote service did not answer.
    """
    remaining = tuple(split for split in SPLITS if split not in config.split_uris)
    remaining = (config.only_split,) if config.only_split else remaining
    uris = [
        (config.data_uri, remaining),
        *((config.split_uris[s], (s,)) for s in (EVAL, TEST) if s in config.split_uris),
    ]
    formats: dict[Format, str] = {}
    sources = []
    for index, (uri, splits) in enumerate(uris):
        for name, path in _files(uri, downloads / str(index)):
            suffixes = [suffix.lower() for suffix in PurePosixPath(path.name).suffixes]
            compression = _COMPRESSIONS.get(suffixes[-1]) if suffixes else None
            suffix = "".join(suffixes[:-1] if compression else suffixes)
            formats.setdefault(config.format or _format(name, suffix), name)
            tabs = suffix.endswith(".tsv")
            sources.append(SourceFile(path=path, name=name, compression=compression, tabs=tabs, splits=splits))
    if len(formats) > 1:
        listed = " and ".join(f"{kind} ({name})" for kind, name in formats.items())
        raise InputError(f"the files have different formats, {listed}; ingest reads one format at a time")
    return next(iter(formats)), sources


def _format(name: str, suffixes: str) -> Format:
    found = _FORMATS.get("." + suffixes.rpartition(".")[2])
    if found is None:
        raise InputError(
            f"the format of {name} cannot be told from its name; end it in .csv, .parquet or .jsonl (also .gz or .zst),"
            " or set format in the config"
        )
    return found


def _files(uri: str, downloads: Path) -> list[tuple[str, Path]]:
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
    return found


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
