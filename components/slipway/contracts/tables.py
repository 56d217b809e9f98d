"""Tables between steps: one folder of Parquet files per split, and a manifest written last."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slipway.contracts.documents import read_document, to_plain

TRAIN, EVAL, TEST = "train", "eval", "test"
SPLITS = (TRAIN, EVAL, TEST)

ColumnType = Literal["int64", "double", "string", "bool", "timestamp"]
"""What a column of a table can be; what Arrow stores each as: slipway.tables.cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """One Parquet file; ``path`` is relative to the table's root."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column and its Arrow type as Arrow prints it, such as ``int64``, ``double``, ``string``, ``timestamp[us]``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a table folder holds.

    Attributes:
        splits: files of each split, in order.
        columns: in the order of the files.
        source: the address the rows came from, for people; nothing is read from it.
        digest: sha256 over columns and file digests; equal tables have equal digests wherever they lie.
    """

    splits: dict[str, tuple[TableFile, ...]]
    columns: tuple[Column, ...]
    source: str
    digest: str

    def rows(self, split: str) -> int:
        """Return the number of rows of a split; 0 for one that is not there."""
        return sum(file.rows for file in self.splits.get(split, ()))


@dataclass(frozen=True, slots=True)
class TableFolder:
    """Rows on disk.

    root/
    ├── train/part-00000.parquet ...
    ├── eval/part-00000.parquet ...
    ├── test/part-00000.parquet ...
    └── manifest.json           a Manifest; written last
    """

    root: Path

    @property
    def manifest_path(self) -> Path:
        """Return where the manifest lies."""
        return self.root / "manifest.json"

    def manifest(self) -> Manifest:
        """Read the manifest; InputError when the folder is no finished table."""
        return read_document(Manifest, self.manifest_path)

    def files(self, split: str) -> list[Path]:
        """Return the Parquet files of a split, in order; empty when there is no such split."""
        return [self.root / file.path for file in self.manifest().splits.get(split, ())]


def table_digest(columns: Sequence[Column], splits: Mapping[str, Sequence[TableFile]]) -> str:
    """Return the ``digest`` of a Manifest with these columns and files."""
    content = {
        "columns": to_plain(columns),
        "files": {split: [file.sha256 for file in files] for split, files in splits.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
