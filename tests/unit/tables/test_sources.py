"""What every kind of files keeps to, and how a file's kind is told."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.tables.cells import ARROW_TYPES
from slipway.tables.source import SOURCES, ReadingOptions, WrongGuessError, source_name
from slipway.tables.source_files import SourceFile, files_at

ROWS = pa.table({"n": [1, 2, 3], "x": [0.5, None, 2.5], "s": ["a", "b", "a"], "yes": [True, False, None]})


def write_csv(path: Path) -> None:
    pyarrow.csv.write_csv(ROWS, path)


def write_parquet(path: Path) -> None:
    pq.write_table(ROWS, path)


def write_jsonl(path: Path) -> None:
    path.write_text(
        '{"n": 1, "x": 0.5, "s": "a", "yes": true}\n{"n": 2, "s": "b", "yes": false}\n{"n": 3, "x": 2.5, "s": "a"}\n'
    )


def write_avro(path: Path) -> None:
    import fastavro

    types = {"n": "long", "x": ["null", "double"], "s": "string", "yes": ["boolean", "null"]}
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    with path.open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "row", "fields": fields}, ROWS.to_pylist())


WRITERS = {"avro": write_avro, "csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def source_file(path: str) -> SourceFile:
    return SourceFile(path=Path(path), name=path, suffix=Path(path).suffix, compression=None)


def options(**values: object) -> ReadingOptions:
    return ReadingOptions(**{"null_values": ("",), "column_types": {}, **values})


def rows_of(name: str, files: list[SourceFile], columns: list[str], chosen: ReadingOptions) -> pa.Table:
    """The rows as a step reads them: by the first way of which no guess is wrong."""
    source = SOURCES.get(name)
    for reading in source.read(files, chosen, parse(source.Settings, {})):
        schema = pa.schema([(column, ARROW_TYPES[reading.types[column]]) for column in columns])
        try:
            batches = [batch for _, batch in reading.batches(columns)]
        except WrongGuessError:
            continue
        return pa.Table.from_batches(batches).cast(schema)
    raise AssertionError("no reading is without a guess")


@pytest.fixture(params=SOURCES.names())
def name(request) -> str:
    return request.param


@pytest.fixture
def files(name, tmp_path) -> list[SourceFile]:
    """The same rows twice, in two files of each kind."""
    suffix = SOURCES.get(name).suffixes[0]
    for part in "ab":
        WRITERS[name](tmp_path / f"{part}{suffix}")
    return files_at(str(tmp_path), tmp_path / "downloads")


def test_every_kind_of_files_gives_the_same_rows(name, files):
    found = rows_of(name, files, ["n", "x", "s", "yes"], options())
    assert found.to_pylist() == ROWS.to_pylist() * 2


def test_columns_come_in_the_order_that_is_wanted_again_and_again(name, files):
    (source, reading) = (SOURCES.get(name), None)
    reading = next(source.read(files, options(), parse(source.Settings, {})))
    for columns in (["s", "n"], ["yes"]):
        batches = list(reading.batches(columns))
        assert [batch.schema.names for _, batch in batches] == [columns] * len(batches)
        assert sum(batch.num_rows for _, batch in batches) == 6
        assert {file.name for file, _ in batches} <= {file.name for file in files}


def test_a_type_that_is_given_wins(name, files):
    found = rows_of(name, files, ["n"], options(column_types={"n": "string"}))
    assert found["n"].to_pylist() == ["1", "2", "3"] * 2


def test_its_files_are_known_by_their_names(name, files):
    assert source_name(files, None) == name
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in SOURCES.get(name).suffixes)


def test_an_ending_belongs_to_one_kind():
    suffixes = [suffix for _, source in SOURCES.items() for suffix in source.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_what_the_user_says_counts_more_than_the_name():
    assert source_name([source_file("rows.txt")], "parquet") == "parquet"


def test_an_unknown_ending_is_refused_with_those_that_are_known():
    with pytest.raises(InputError, match=r"format of rows.xls cannot be told.*\.csv.*\.parquet"):
        source_name([source_file("rows.xls")], None)


def test_files_of_two_kinds_are_refused():
    with pytest.raises(InputError, match=r"different formats, csv \(a.csv\) and parquet \(b.pq\)"):
        source_name([source_file("a.csv"), source_file("b.pq")], None)
