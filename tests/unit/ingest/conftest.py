"""Tables in, tables out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import parse
from slipway.contracts.tables import SPLITS, TableFolder
from slipway.steps.ingest import core
from slipway.steps.ingest.config import IngestConfig


class Output:
    """What an ingest left at its place."""

    def __init__(self, root: Path, result: core.Result, summary: str) -> None:
        self.ingested = result
        self.summary = summary
        self.folder = TableFolder(root)

    def split(self, name: str) -> pa.Table:
        return pa.concat_tables([pq.read_table(file) for file in self.folder.files(name)])

    def table(self) -> pa.Table:
        """All rows; their order is that of the splits."""
        return pa.concat_tables([self.split(name) for name in SPLITS])

    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.folder.manifest().columns}

    def digests(self) -> dict[str, list[str]]:
        return {name: [file.sha256 for file in files] for name, files in self.folder.manifest().splits.items()}


@pytest.fixture
def ingest(tmp_path: Path) -> Callable[..., Output]:
    """Run ingest as the shell does, config through the parser: ``ingest(path, label="y", max_rows=5.0)``."""

    def run(data_uri: Path | str, label: str = "", **config: Any) -> Output:
        root = tmp_path / "out"
        settings = parse(IngestConfig, config, data_uri=str(data_uri), label=label)
        result = core.run(core.Inputs(workspace=root / ".workspace"), settings)
        core.write(result, core.Outputs(examples=root / "examples", summary=root / "summary"))
        assert sorted(item.name for item in root.iterdir()) == ["examples", "summary"]
        return Output(root / "examples", result, (root / "summary").read_text())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a text file and say where it is."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def column(ingest: Callable[..., Output], write: Callable[[str, str], Path]) -> Callable[..., tuple[str, list[Any]]]:
    """The type and values that a CSV column gets: ``column(["1", "2"])``; the row number keeps the order."""

    def typed(values: list[str], **config: Any) -> tuple[str, list[Any]]:
        # Enough rows that no split is empty: the values come again and again.
        times = -(-60 // len(values))
        lines = [f"{number},{value}" for number, value in enumerate(values * times)]
        output = ingest(write("column.csv", "\n".join(["row,value", *lines]) + "\n"), **config)
        table = output.table().sort_by("row")
        return output.types()["value"], table["value"].to_pylist()[: len(values)]

    return typed
