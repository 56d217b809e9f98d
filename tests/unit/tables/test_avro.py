"""What of Avro becomes which type, and what is refused."""

import datetime as dt
import decimal
import uuid
from pathlib import Path
from typing import Any

import fastavro
import pytest

from slipway.contracts.errors import DataError
from slipway.tables.source import ReadingOptions
from slipway.tables.source_files import files_at
from slipway.tables.sources.avro import ENTRY

MOMENT = dt.datetime(2024, 1, 31, 10, tzinfo=dt.UTC)
KINDS = [
    ({"type": "long", "logicalType": "timestamp-micros"}, MOMENT, "timestamp", dt.datetime(2024, 1, 31, 10)),
    ({"type": "int", "logicalType": "date"}, dt.date(2024, 1, 31), "timestamp", dt.datetime(2024, 1, 31)),
    ({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, decimal.Decimal("1.25"), "double", 1.25),
    ({"type": "string", "logicalType": "uuid"}, uuid.UUID(int=7), "string", str(uuid.UUID(int=7))),
    ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, "B", "string", "B"),
    ("float", 0.5, "double", 0.5),
    ("int", 3, "int64", 3),
    (["null", "int", "double"], 3, "double", 3.0),
    ("string", " ? ", "string", None),
    ("null", None, "string", None),
]


def write(path: Path, fields: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    schema = {"type": "record", "name": "row", "fields": [{"name": n, "type": kind} for n, kind in fields.items()]}
    with path.open("wb") as file:
        fastavro.writer(file, schema, rows)


def reading(path: Path, **options: Any):
    chosen = ReadingOptions(**{"null_values": ("?",), "column_types": {}, **options})
    return next(ENTRY.read(files_at(str(path), path.parent / "downloads"), chosen, ENTRY.Settings()))


@pytest.mark.parametrize(("kind", "value", "expected_type", "expected"), KINDS, ids=lambda item: str(item)[:30])
def test_a_field_gets_the_type_of_its_schema(tmp_path, kind, value, expected_type, expected):
    write(tmp_path / "t.avro", {"a": kind}, [{"a": value}])
    found = reading(tmp_path / "t.avro")
    ((_, batch),) = found.batches(["a"])
    assert (found.types, batch["a"].to_pylist()) == ({"a": expected_type}, [expected])


def test_nested_fields_are_refused_unless_nobody_reads_them(tmp_path):
    write(tmp_path / "t.avro", {"n": "int", "deep": {"type": "array", "items": "int"}}, [{"n": 1, "deep": [2]}])
    with pytest.raises(DataError, match="column 'deep' of .*; flatten it or exclude it"):
        reading(tmp_path / "t.avro")
    ((_, batch),) = reading(tmp_path / "t.avro", unused=frozenset(["deep"])).batches(["n"])
    assert batch.to_pylist() == [{"n": 1}]


def test_what_is_no_avro_or_cut_short_is_refused(tmp_path):
    (tmp_path / "text.avro").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"text\.avro cannot be read as Avro"):
        reading(tmp_path / "text.avro")
    write(tmp_path / "cut.avro", {"n": "int"}, [{"n": number} for number in range(1_000)])
    (tmp_path / "cut.avro").write_bytes((tmp_path / "cut.avro").read_bytes()[:-300])
    with pytest.raises(DataError, match=r"cut\.avro cannot be read as Avro"):
        list(reading(tmp_path / "cut.avro").batches(["n"]))
