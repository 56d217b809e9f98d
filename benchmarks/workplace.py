"""Where the data of benchmarks lies, made once for each size, and how much is measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparisons import Contender
from benchmarks.measuring import measure

_MAKERS = {
    "table": ("light", "tables:table", "table.csv"),
    "splits_as_csv": ("light", "tables:splits_as_csv", "train.csv"),
    "predictions": ("light", "tables:predictions", "predictions.parquet"),
    "schema": ("tfdv", "tables:schema", "schema"),
    "transformed": ("tensorflow", "tables:transformed", "transformed.csv"),
    "model": ("tensorflow", "tables:model", "model"),
    "requests": ("tensorflow", "tables:requests", "rows.tfrecord"),
    "scaled": ("light", "scale:table", "table.csv"),
    "examples": ("light", "scale:ingest", "examples"),
}
"""What is made: the environment, the function, and what is there afterwards."""


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
            sized = {"rows": rows} if name in ("table", "predictions") else {}
            self._make(name, f"{name} of {rows:,} rows", folder, **sized)
        return folder

    def scaled(self, rows: int, columns: int) -> Path:
        """The folder of ``table.csv`` of any size, see ``scale.table``."""
        folder = self.root / f"{rows}x{columns}"
        self._make("scaled", f"{rows:,} rows of {columns:,} columns", folder, rows=rows, columns=columns)
        return folder

    def scaled_model(self, rows: int, columns: int) -> Path:
        """The folder of a model that was trained on such a table."""
        folder = self.scaled(rows, columns)
        for name in ("examples", "schema", "model"):
            self._make(name, f"{name} of {rows:,} rows of {columns:,} columns", folder)
        return folder / "model"

    def _make(self, name: str, title: str, folder: Path, **size: int) -> None:
        environment, function, made = _MAKERS[name]
        if (folder / made).exists():
            return
        self.notify(f"making {title}")
        arguments = {"folder": str(folder), **size}
        maker = Contender(name=name, environment=environment, function=f"benchmarks.{function}", arguments=arguments)
        measure(maker, self.pythons[environment])
