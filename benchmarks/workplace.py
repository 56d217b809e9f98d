"""Where the data of benchmarks lies, made once for each size, and how much is measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparisons import Contender
from benchmarks.measuring import measure

_MAKERS = {
    "table": ("light", "table.csv"),
    "splits_as_csv": ("light", "train.csv"),
    "predictions": ("light", "predictions.parquet"),
    "schema": ("tfdv", "schema"),
    "transformed": ("tensorflow", "transformed.csv"),
    "model": ("tensorflow", "model"),
    "requests": ("tensorflow", "rows.tfrecord"),
}
"""What is made, by the function of ``tables``: the environment, and what is there afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What every benchmark is planned with.

    Attributes:
        root: folder of the data.
        rows: of the table.
        full: whether there is time: larger sizes, more rounds.
        pythons: interpreter of each environment that is there.
        notify: told what is made.
    """

    root: Path
    rows: int
    full: bool
    pythons: dict[str, Path] = field(default_factory=dict)
    notify: Callable[[str], None] = lambda line: None

    def rounds(self, few: int) -> int:
        """How often each contender is started."""
        return few if not self.full else max(5, few)

    @property
    def hurried(self) -> bool:
        """Whether what takes long is started once only."""
        return not self.full

    def table(self, rows: int, *more: str) -> Path:
        """The folder of a table of so many rows, with what else of ``tables`` is wanted, in order."""
        folder = self.root / str(rows)
        for name in ("table", *more):
            environment, made = _MAKERS[name]
            if (folder / made).exists():
                continue
            self.notify(f"making {name} of {rows:,} rows")
            arguments: dict[str, object] = {"folder": str(folder)}
            if name in ("table", "predictions"):
                arguments["rows"] = rows
            maker = Contender(
                name=name, environment=environment, function=f"benchmarks.tables:{name}", arguments=arguments
            )
            measure(maker, self.pythons[environment])
        return folder

    def scaled(self, rows: int, columns: int) -> Path:
        """The folder of ``table.csv`` of any size, see ``scale.table``."""
        folder = self.root / f"{rows}x{columns}"
        if not (folder / "table.csv").exists():
            self.notify(f"making {rows:,} rows of {columns:,} columns")
            arguments: dict[str, object] = {"folder": str(folder), "rows": rows, "columns": columns}
            maker = Contender(name="table", environment="light", function="benchmarks.scale:table", arguments=arguments)
            measure(maker, self.pythons["light"])
        return folder
