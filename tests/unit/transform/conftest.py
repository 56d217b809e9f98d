"""Small tables as ingest writes them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.tables import SPLITS, Column, Manifest, TableFile, TableFolder
from slipway.contracts.validations import SchemaFolder
from slipway.storage.folders import file_digest

MakeTable = Callable[..., TableFolder]
MakeSchema = Callable[..., SchemaFolder]


def write_table(root: Path, splits: Mapping[str, pa.Table], files: int = 1) -> TableFolder:
    """A table folder whose splits lie in ``files`` Parquet files each."""
    columns = next(iter(splits.values())).schema
    listed = {}
    for split in SPLITS:
        rows = splits.get(split, columns.empty_table())
        size = -(-rows.num_rows // files) or 1
        listed[split] = tuple(
            _write_part(root, f"{split}/part-{index:05d}.parquet", rows.slice(index * size, size))
            for index in range(files)
        )
    manifest = Manifest(
        splits=listed,
        columns=tuple(Column(name=field.name, type=str(field.type)) for field in columns),
        source="test",
        digest="none",
    )
    write_document(manifest, root / "manifest.json")
    return TableFolder(root)


def _write_part(root: Path, name: str, rows: pa.Table) -> TableFile:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path)
    return TableFile(path=name, rows=rows.num_rows, bytes=path.stat().st_size, sha256=file_digest(path))


def write_schema(root: Path, tags: Mapping[str, str] | None = None, text: str = "") -> SchemaFolder:
    """A schema that tags columns; ``text`` is more of the proto."""
    features = [f'feature {{ name: "{name}" annotation {{ tag: "{tag}" }} }}' for name, tag in (tags or {}).items()]
    root.mkdir(parents=True, exist_ok=True)
    folder = SchemaFolder(root)
    folder.schema_path.write_text("\n".join([*features, text]), encoding="utf-8")
    return folder


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """``make_table(train={...}, eval={...}, test={...})`` of columns by name."""

    def make(files: int = 1, **splits: Any) -> TableFolder:
        return write_table(tmp_path / "table", {name: pa.table(rows) for name, rows in splits.items()}, files)

    return make


@pytest.fixture
def make_schema(tmp_path: Path) -> MakeSchema:
    """``make_schema({"column": "tag"})``."""

    def make(tags: Mapping[str, str] | None = None, text: str = "") -> SchemaFolder:
        return write_schema(tmp_path / "schema", tags, text)

    return make
