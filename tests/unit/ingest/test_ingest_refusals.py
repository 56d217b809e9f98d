"""What cannot be used is refused with one clear message, and nothing is left half written."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError, ExitCode, InputError

GOOD = "age,sex,income\n" + "".join(f"{20 + n},{'mf'[n % 2]},{n % 2}\n" for n in range(200))

REFUSED = [
    ("", {}, r"t\.csv is empty; its first line should name the columns"),
    ("a,b\n", {}, r"t\.csv has no rows"),
    ("a,b,a\n1,2,3\n", {}, r"t\.csv has more than one column called 'a'"),
    (" a,a \n1,2\n", {}, "more than one column called 'a'"),
    ("a,,b\n1,2,3\n", {}, r"column 2 of .*t\.csv has no name"),
    ("a,b\n1,2\n3\n4,5\n", {}, r"t\.csv, line 3: expected 2 fields, found 1"),
    ("a,b\n1,2\n\n3,4,5\n", {}, r"t\.csv, line 4: expected 2 fields, found 3"),
    ('a,b\n"x\ny\nz",2\n3,4,5\n', {}, r"t\.csv, line 5: expected 2 fields, found 3"),
    ("a;b\n1;2\n3;4;5\n", {"delimiter": ";"}, "line 3: expected 2 fields, found 3"),
    ("a,b\n1,2\n", {"column_names": ["x", "y", "z"]}, "line 1: expected 3 fields, found 2"),
    ('a,b\n1,"2\n3,4\n', {}, r"t\.csv: a quotation mark after line 1 is never closed"),
    (GOOD, {"label": "incom"}, r"label 'incom' is not a column; did you mean 'income'\?"),
    (GOOD, {"label": "INCOME"}, r"did you mean 'income'\?"),
    (GOOD, {"label": "xyz"}, r"label 'xyz' is not a column; there are age, sex, income"),
    (GOOD, {"group_column": "person"}, "group_column 'person' is not a column"),
    (GOOD, {"time_column": "when"}, "time_column 'when' is not a column"),
    (GOOD, {"exclude_columns": ["sx"]}, r"exclude_columns: 'sx' is not a column; did you mean 'sex'\?"),
    (GOOD, {"label": "income", "exclude_columns": ["age", "sex"]}, "no column is left beside the label"),
    (GOOD, {"label": "income", "exclude_columns": ["income"]}, "the label 'income' is in exclude_columns"),
    ("a,y\n" + "1,x\n2,x\n" * 50, {"label": "y"}, r"the label 'y' has one value in the train split, 'x'"),
    ("a,y\n" + "1,?\n" * 50, {"label": "y"}, "the label 'y' is missing in all 50 rows"),
    ("a,y\n1,0\n2,1\n", {}, r"the (eval|test|train) split is empty: .* hash of the row.*0\.[18]"),
    ("g,y\n" + "1,0\n1,1\n" * 99, {"group_column": "g"}, r"the \w+ split is empty: .*hash of g"),
    ("g,t\n" + "1,5\n" * 99, {"time_column": "t"}, "the train split is empty: .*time in t"),
    (GOOD, {"train_fraction": 0.9}, "must sum to 1, got 0.9"),
    (GOOD, {"only_split": "all"}, "only_split should be one of 'train', 'eval', 'test', got 'all'"),
    (GOOD, {"only_split": "test", "group_column": "sex"}, "only_split and group_column are both given"),
    (GOOD, {"only_split": "test", "time_column": "age"}, "only_split and time_column are both given"),
    (GOOD, {"only_split": "eval", "split_uris": {"test": "t.csv"}}, "only_split and split_uris are both given"),
    (GOOD, {"train_fraction": 1.0, "eval_fraction": 0.0}, r"train_fraction must lie in \(0, 1\)"),
    (GOOD, {"max_rows": 0}, "max_rows must be at least 1, got 0"),
    (GOOD, {"delimiter": ", "}, "delimiter must be one character"),
    (GOOD, {"encoding": "utf-9"}, "encoding 'utf-9' is unknown"),
    (GOOD, {"group_column": "sex", "time_column": "age"}, "group_column and time_column are both given"),
    (GOOD, {"groups": "sex"}, "IngestConfig has no 'groups'"),
    (GOOD, {"column_types": {"age": "integer"}}, "should be one of 'int64'"),
]


@pytest.mark.parametrize(("text", "config", "message"), REFUSED, ids=[message[:40] for _, _, message in REFUSED])
def test_a_csv_that_cannot_be_used_is_refused(ingest, write, tmp_path, text, config, message):
    path = write("t.csv", text)
    with pytest.raises(InputError, match=message) as caught:
        ingest(path, **config)
    assert "\n" not in str(caught.value)
    assert [item.name for item in tmp_path.rglob("*") if item.name not in ("t.csv", "out")] == []


def test_the_exit_code_tells_the_call_from_the_data(ingest, write):
    path = write("t.csv", "a,b\n1\n")
    with pytest.raises(DataError) as caught:
        ingest(path)
    assert caught.value.exit_code == ExitCode.DATA_INVALID
    with pytest.raises(InputError) as asked:
        ingest(write("u.csv", GOOD), label="incom")
    assert asked.value.exit_code == ExitCode.USAGE


def test_a_ragged_row_far_behind_the_first_block_is_found(ingest, tmp_path):
    rows = 900_000
    path = tmp_path / "long.csv"
    path.write_text("n,pad\n" + "7,padding\n" * rows + "7\n" + "8,padding\n")
    with pytest.raises(DataError, match=f"long.csv, line {rows + 2}: expected 2 fields, found 1"):
        ingest(path)


def test_a_refusal_leaves_what_an_earlier_run_wrote(ingest, write):
    kept = ingest(write("t.csv", GOOD), label="income")
    before = kept.folder.manifest_path.read_bytes()
    with pytest.raises(DataError):
        ingest(write("u.csv", "a,b\n1\n"))
    assert kept.folder.manifest_path.read_bytes() == before


def test_text_of_another_encoding_is_refused(ingest, tmp_path):
    (tmp_path / "t.csv").write_bytes("a,b\nZoë,1\n".encode("latin-1") * 2)
    with pytest.raises(DataError, match=r"t\.csv is not utf-8 text; set encoding"):
        ingest(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("second", "difference"),
    [("a,c\n1,2\n", "also has c and lacks b"), ("a\n1\n", "lacks b"), ("b,a,d\n1,2,3\n", "also has d")],
)
def test_files_with_different_columns_are_refused(ingest, write, tmp_path, second, difference):
    write("parts/1.csv", "a,b\n1,2\n")
    write("parts/2.csv", second)
    with pytest.raises(DataError, match=rf"different columns: compared with .*1\.csv, .*2\.csv {difference}"):
        ingest(tmp_path / "parts" / "*.csv")


def test_parquet_files_with_different_columns_or_types_are_refused(ingest, tmp_path):
    (tmp_path / "parts").mkdir()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "parts" / "1.parquet")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "parts" / "2.parquet")
    with pytest.raises(DataError, match="also has b and lacks a"):
        ingest(tmp_path / "parts")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "parts" / "2.parquet")
    with pytest.raises(DataError, match=r"column 'a' is int64 in .*1\.parquet and string in .*2\.parquet"):
        ingest(tmp_path / "parts")


def test_nested_columns_are_refused_unless_they_are_excluded(ingest, write, tmp_path):
    table = pa.table({"n": list(range(100)), "deep": [[1]] * 100})
    pq.write_table(table, tmp_path / "t.parquet")
    path = write("t.jsonl", "".join(f'{{"n": {n}, "deep": {{"x": 1}}}}\n' for n in range(100)))
    for uri in (tmp_path / "t.parquet", path):
        with pytest.raises(DataError, match="column 'deep' of .*; flatten it or exclude it"):
            ingest(uri)
        assert ingest(uri, exclude_columns=["deep"]).types() == {"n": "int64"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("[1, 2]\n", r"t\.jsonl, line 1: expected an object|holds no JSON objects"),
        ("17\n", "holds no JSON objects"),
        ('{"a": 1}\n{"a" 2}\n{"a": 3}\n', r"t\.jsonl, line 2: not JSON"),
        ('{"a": 1}\n[2]\n', r"t\.jsonl, line 2: expected an object, found \[2\]"),
        ('{"a": 1, "a": 2}\n', "cannot be read as JSON Lines.*duplicate key"),
        ('{"a": 1, "A": 2}\n', "the keys 'a' and 'A', which differ in case only"),
        ('{"": 1}\n', "column 1 of .* has no name"),
    ],
)
def test_what_is_no_json_lines_is_refused(ingest, write, text, message):
    with pytest.raises(DataError, match=message) as caught:
        ingest(write("t.jsonl", text))
    assert "t.jsonl" in str(caught.value)
