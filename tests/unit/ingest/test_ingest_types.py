"""Types are found over the whole file, and markers of missing values do not hide them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError, InputError

ROWS = 60


@pytest.mark.parametrize(
    ("values", "expected_type", "expected"),
    [
        (["1", "-2", "3"], "int64", [1, -2, 3]),
        (["1", "?", "NA", "N/A", "NaN", "null", "NULL", "None", ""], "int64", [1, *[None] * 8]),
        (["1", "2.5", ""], "double", [1.0, 2.5, None]),
        (["1e3", "nan", "-0.5"], "double", [1000.0, None, -0.5]),
        (["9223372036854775808", "1"], "double", [9223372036854775808.0, 1.0]),
        (["true", "False", "TRUE", ""], "bool", [True, False, True, None]),
        (["true", "1"], "string", ["true", "1"]),
        (["yes", "no"], "string", ["yes", "no"]),
        (["a", " b ", "?"], "string", ["a", "b", None]),
        ([" 12", " ? ", "7 "], "int64", [12, None, 7]),
        ([" true", "false "], "bool", [True, False]),
        (["2024-01-31", "2024-02-29"], "timestamp[us]", [datetime(2024, 1, 31), datetime(2024, 2, 29)]),
        (["2024-01-31 10:20", "NA"], "timestamp[us]", [datetime(2024, 1, 31, 10, 20), None]),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00+02:00"], "timestamp[us]", None),
        (["2024-01-31T10:00:00.123456789"], "timestamp[us]", [datetime(2024, 1, 31, 10, 0, 0, 123456)]),
        (["2024-01-31", "soon"], "string", ["2024-01-31", "soon"]),
        (["", "?"], "string", [None, None]),
        (["", "?", "NA", "4"], "int64", [None, None, None, 4]),
    ],
    ids=str,
)
def test_a_csv_column_gets_the_narrowest_type_that_all_values_fit(column, values, expected_type, expected):
    assert column(values)[0] == expected_type
    if expected is not None:
        assert column(values)[1] == expected


def test_a_time_with_a_zone_is_stored_in_utc(column):
    _, values = column(["2024-01-31T10:00:00Z", "2024-01-31T10:00:00+02:00"])
    assert values == [datetime(2024, 1, 31, 10), datetime(2024, 1, 31, 8)]


def test_quoted_text_with_line_breaks_delimiters_and_quotes_survives(column):
    assert column(['"a, ""b""\nc"', "d"]) == ("string", ['a, "b"\nc', "d"])


@pytest.mark.parametrize(("late", "expected"), [("2.5", "double"), ("many", "string"), (" ? ", "int64")])
def test_a_value_far_behind_the_first_block_counts(tmp_path, ingest, late, expected):
    """WHY: a sample of the first rows says int64; the parser reads blocks of 1 MiB."""
    rows = 700_000
    path = tmp_path / "long.csv"
    path.write_text("n,pad\n" + "".join(f"{n},padding\n" for n in range(rows)) + f"{late},x\n")
    output = ingest(path)
    assert output.types() == {"n": expected, "pad": "string"}
    assert output.ingested.rows() == rows + 1


def test_a_row_of_megabytes_far_behind_the_first_block_is_read(tmp_path, ingest):
    """WHY: the parser reads blocks of 1 MiB and guesses that they hold any row."""
    path = tmp_path / "long.csv"
    lines = "".join(f"{n},padding\n" for n in range(300_000))
    path.write_text(f"n,pad\n{lines}300000,{'y' * (3 << 20)}\n{lines}")
    output = ingest(path)
    assert output.types() == {"n": "int64", "pad": "string"}
    assert output.ingested.rows() == 600_001
    path.write_text(f"n,pad\n{lines}300000,{'y' * (9 << 20)}\n{lines}")
    with pytest.raises(DataError, match="long.csv has a row of over 4 MiB"):
        ingest(path)


def test_own_null_values_replace_the_usual_ones(column):
    assert column(["1", "-", "2"], null_values=["-"]) == ("int64", [1, None, 2])
    assert column(["1", "NA", "2"], null_values=["-"]) == ("string", ["1", "NA", "2"])


def test_dates_of_another_form_are_read_by_the_patterns_given(column):
    assert column(["31.01.2024", "01.02.2024"])[0] == "string"
    found = column(["31.01.2024", "2024-02-01", ""], timestamp_formats=["%d.%m.%Y"])
    assert found == ("string", ["31.01.2024", "2024-02-01", None])  # one pattern has to fit them all
    found = column(["31.01.2024", "01.02.2024", ""], timestamp_formats=["%d.%m.%Y"])
    assert found == ("timestamp[us]", [datetime(2024, 1, 31), datetime(2024, 2, 1), None])


def test_an_override_decides_the_type(column):
    assert column(["01234", "00001"], column_types={"value": "string"}) == ("string", ["01234", "00001"])
    assert column(["1", "2"], column_types={"value": "double"}) == ("double", [1.0, 2.0])


@pytest.mark.parametrize("kind", ["int64", "double", "bool", "timestamp"])
def test_an_override_that_a_value_does_not_fit_is_refused(column, kind):
    with pytest.raises(DataError, match=rf"column 'value' of .*column\.csv cannot be read as {kind}.*'many'"):
        column(["many"], column_types={"value": kind})


def test_other_delimiters_and_encodings_are_read(tmp_path, ingest):
    lines = "\n".join(f"{number};Zoë" for number in range(ROWS))
    path = tmp_path / "latin.csv"
    path.write_bytes(f"n;name\n{lines}\n".encode("latin-1"))
    output = ingest(path, delimiter=";", encoding="latin-1")
    assert output.types() == {"n": "int64", "name": "string"}
    assert set(output.table()["name"].to_pylist()) == {"Zoë"}


def test_a_byte_order_mark_is_no_part_of_the_first_name(ingest, write):
    output = ingest(write("bom.csv", "\ufeffn,m\n" + "".join(f"{number},1\n" for number in range(ROWS))))
    assert output.types() == {"n": "int64", "m": "int64"}


def test_a_file_without_header_takes_its_names_from_the_config(ingest, write):
    """The UCI files come so: no header, a blank after each comma."""
    path = write("adult.data", "".join(f"{20 + number}, Private, ?, <=50K\n" for number in range(ROWS)))
    output = ingest(path, column_names=["age", "work", "gain", "income"])
    assert output.types() == {"age": "int64", "work": "string", "gain": "string", "income": "string"}
    assert set(output.table()["work"].to_pylist()) == {"Private"}


def test_tabs_separate_the_fields_of_a_tsv_file(ingest, write):
    output = ingest(write("t.tsv", "a\tb\n" + "".join(f"{number}\tx,y\n" for number in range(ROWS))))
    assert output.types() == {"a": "int64", "b": "string"}


def test_json_keeps_quoted_numbers_as_text_and_skips_markers(ingest, write):
    rows = [
        '{"n": 1, "zip": "01234", "x": 1, "when": "2024-01-31", "ok": true, "late": null, "mixed": 1, "ROW": %d}',
        '{"n": "NA", "zip": "?", "x": 2.5, "ok": false, "text": "a\\"\\u00eb", "mixed": "1", "ROW": %d}',
    ]
    output = ingest(write("r.jsonl", "\n".join(rows[number % 2] % number for number in range(2 * ROWS)) + "\n"))
    assert output.types() == {
        "n": "int64",
        "zip": "string",
        "x": "double",
        "when": "timestamp[us]",
        "ok": "bool",
        "late": "string",
        "mixed": "string",
        "ROW": "int64",
        "text": "string",
    }
    first, second = output.table().sort_by("ROW").slice(0, 2).to_pylist()
    assert (first["zip"], first["when"], first["text"]) == ("01234", datetime(2024, 1, 31), None)
    del second["ROW"]
    assert second == {
        **dict.fromkeys(["n", "zip", "when", "late"]),
        "x": 2.5,
        "ok": False,
        "mixed": "1",
        "text": 'a"ë',
    }


def test_parquet_types_become_those_that_every_step_reads(tmp_path, ingest):
    zoned = pa.array([datetime(2024, 1, 31, 10, tzinfo=UTC)] * ROWS, pa.timestamp("ns", "Europe/Berlin"))
    table = pa.table(
        {
            "row": pa.array(range(ROWS), pa.uint16()),
            "small": pa.array([1.5] * ROWS, pa.float32()),
            "money": pa.array([Decimal("12.50")] * ROWS, pa.decimal128(10, 2)),
            "zoned": zoned,
            "day": pa.array([date(2024, 1, 31)] * ROWS),
            "word": pa.array(["a", " ? "] * (ROWS // 2)).dictionary_encode(),
            "large": pa.array(["b"] * ROWS, pa.large_string()),
            "nan": pa.array([float("nan")] * ROWS),
            "digits": pa.array(["7"] * ROWS),
            "nothing": pa.nulls(ROWS),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    output = ingest(tmp_path / "t.parquet")
    assert list(output.types().values()) == [
        *("int64", "double", "double", "timestamp[us]", "timestamp[us]"),
        *("string", "string", "double", "string", "string"),
    ]
    first, second = output.table().sort_by("row").slice(0, 2).to_pylist()
    assert first["money"] == 12.5
    assert first["zoned"] == datetime(2024, 1, 31, 10)
    assert first["day"] == datetime(2024, 1, 31)
    assert (first["word"], second["word"]) == ("a", None)
    assert first["nan"] is None


def test_the_files_hold_the_types_that_the_manifest_names(ingest, write):
    lines = "".join(f"{n},{n}.5,true,2024-01-{n % 28 + 1:02d},a\n" for n in range(ROWS))
    output = ingest(write("t.csv", "i,d,b,t,s\n" + lines))
    schema = pq.read_schema(output.folder.files("train")[0])
    assert {field.name: str(field.type) for field in schema} == output.types()


def test_a_config_that_names_an_unknown_column_says_which_is_close(column):
    with pytest.raises(InputError, match=r"column_types: 'valeu' is not a column; did you mean 'value'\?"):
        column(["1"], column_types={"valeu": "string"})


def test_a_column_without_values_in_the_first_rows_still_gets_its_type(tmp_path, ingest):
    """WHY: the sample has 512 KiB and fits every type; text would fit what comes later, and not be the narrowest."""
    rows = 200_000
    path = tmp_path / "late.csv"
    path.write_text(
        "n,late\n" + "".join(f"{number},\n" for number in range(rows)) + "".join(f"{n},{n}\n" for n in range(9))
    )
    assert ingest(path).types() == {"n": "int64", "late": "int64"}
