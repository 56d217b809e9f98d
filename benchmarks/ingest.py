"""Ingest beside the floor, one read and one write by pyarrow, and beside DuckDB's own CSV to Parquet."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.tables import CATEGORIES, LABEL, NUMBERS
from benchmarks.workplace import Workplace

_TOLERANCE = 1e-9
_REPEATS = 3
_NOTE = (
    "Slipway also infers types over the whole file, hashes every row into train, eval and test, digests what it wrote "
    "and publishes it with a manifest. Compared: rows, and of every column the sum or the number of distinct values, "
    "and how many are missing."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """CSV to Parquet."""
    arguments = {"csv": str(place.table(place.rows) / "table.csv")}
    contenders = [("Slipway", "slipway"), ("pyarrow", "pyarrow"), ("DuckDB", "duckdb")]
    return [
        Comparison(
            name="ingest",
            title="CSV to Parquet",
            rows=place.rows,
            contenders=tuple(
                Contender(
                    name=name,
                    environment="light",
                    function=f"benchmarks.ingest:{function}",
                    arguments=arguments,
                    repeats=_REPEATS,
                )
                for name, function in contenders
            ),
            rounds=place.rounds(5),
            goals=(Goal(against="pyarrow", measure="work", at_least=0.5),),
            tolerance=_TOLERANCE,
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, csv: str) -> Contest:
    """The ingest step."""
    from slipway.contracts.tables import TableFolder
    from slipway.steps.ingest.config import IngestConfig
    from slipway.steps.ingest.core import Inputs, Outputs, run, write

    numbers = iter(range(_REPEATS + 1))

    def work() -> TableFolder:
        root = scratch / str(next(numbers))
        result = run(Inputs(workspace=root / ".workspace"), IngestConfig(data_uri=csv, label=LABEL))
        write(result, Outputs(examples=root / "examples", summary=root / "summary"))
        return TableFolder(root / "examples")

    return work, lambda table: contents([str(table.root / split / "*.parquet") for split in ("train", "eval", "test")])


def pyarrow(scratch: Path, csv: str) -> Contest:
    """Read, write."""
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    def work() -> Path:
        pq.write_table(arrow_csv.read_csv(csv), scratch / "table.parquet")
        return scratch / "table.parquet"

    return work, lambda path: contents([str(path)])


def duckdb(scratch: Path, csv: str) -> Contest:
    """COPY."""
    import duckdb as database

    def work() -> Path:
        path = scratch / "table.parquet"
        with database.connect() as connection:
            connection.execute(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{path}' (FORMAT parquet)")
        return path

    return work, lambda path: contents([str(path)])


def contents(patterns: Sequence[str]) -> Result:
    """What Parquet files hold, in figures that do not depend on the order of the rows."""
    import duckdb as database

    asked = {"rows": "count(*)"}
    asked |= {f"sum of {name}": f"coalesce(sum({name}::DOUBLE), 0)" for name in NUMBERS}
    asked |= {f"distinct {name}": f"count(DISTINCT nullif({name}::VARCHAR, ''))" for name in CATEGORIES}
    asked |= {
        f"missing {name}": f"count(*) - count(nullif({name}::VARCHAR, ''))" for name in (*NUMBERS, *CATEGORIES, LABEL)
    }
    with database.connect() as connection:
        row = connection.execute(f"SELECT {', '.join(asked.values())} FROM read_parquet(?)", [patterns]).fetchone()
    return {name: float(value) for name, value in zip(asked, row or (), strict=True)}
