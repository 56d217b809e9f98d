"""Which row goes where, and that it stays there."""

import random
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
import pytest

from slipway.contracts.errors import DataError
from slipway.contracts.tables import SPLITS

ROWS = 20_000


@pytest.fixture(scope="module")
def people() -> pa.Table:
    draw = random.Random(3)
    return pa.table(
        {
            "row": list(range(ROWS)),
            "person": [f"p{draw.randrange(4_000)}" if draw.random() > 0.01 else None for _ in range(ROWS)],
            "day": [datetime(2024, 1, 1) + timedelta(days=draw.randrange(500)) for _ in range(ROWS)],
            "income": [round(draw.uniform(0, 9e4), 2) if draw.random() > 0.1 else None for _ in range(ROWS)],
            "old": [draw.random() < 0.4 for _ in range(ROWS)],
            "label": [draw.choice(["yes", "no"]) for _ in range(ROWS)],
        },
        schema=pa.schema(
            [
                ("row", pa.int64()),
                ("person", pa.string()),
                ("day", pa.timestamp("us")),
                ("income", pa.float64()),
                ("old", pa.bool_()),
                ("label", pa.string()),
            ]
        ),
    )


@pytest.fixture(scope="module")
def people_csv(tmp_path_factory, people) -> str:
    path = tmp_path_factory.mktemp("people") / "people.csv"
    pa.csv.write_csv(people, path)
    return str(path)


def test_splits_have_their_fractions_and_lose_no_row(ingest, people_csv):
    output = ingest(people_csv, label="label", train_fraction=0.6, eval_fraction=0.3, test_fraction=0.1)
    rows = {split: output.ingested.rows(split) for split in SPLITS}
    assert rows == pytest.approx({"train": 12_000, "eval": 6_000, "test": 2_000}, abs=250)
    assert sorted(output.table()["row"].to_pylist()) == list(range(ROWS))


def test_each_split_keeps_the_order_of_the_rows(ingest, people_csv):
    output = ingest(people_csv)
    for split in SPLITS:
        rows = output.split(split)["row"].to_pylist()
        assert rows == sorted(rows)


def test_rows_that_are_not_split_keep_their_order_in_the_one_split_there_is(ingest, people, people_csv):
    output = ingest(people_csv, only_split="test")
    assert list(output.folder.manifest().splits) == ["test"]
    assert output.split("test").equals(people)
    assert output.ingested.split_by == ""
    assert "not split" in output.summary
    assert "| train |" not in output.summary


def test_a_single_row_is_enough_where_nothing_is_split(ingest, write):
    """WHY: a table of rows that wait for a prediction may be as short as it likes."""
    output = ingest(write("one.csv", "a,b\n1,x\n"), only_split="test")
    assert output.split("test").to_pylist() == [{"a": 1, "b": "x"}]
    with pytest.raises(DataError, match="split is empty"):
        ingest(write("one.csv", "a,b\n1,x\n"))


def test_a_table_without_rows_is_refused_where_nothing_is_split_too(ingest, write):
    with pytest.raises(DataError, match="has no rows"):
        ingest(write("none.csv", "a,b\n"), only_split="test")


def test_a_rerun_gives_the_same_bytes(ingest, people_csv):
    first = ingest(people_csv, label="label")
    manifest = first.folder.manifest_path.read_bytes()
    second = ingest(people_csv, label="label")
    assert second.folder.manifest_path.read_bytes() == manifest


def test_the_format_of_the_files_does_not_matter(ingest, tmp_path, people, people_csv):
    from_csv = ingest(people_csv).digests()
    pq.write_table(people, tmp_path / "people.parquet", row_group_size=777)
    assert ingest(tmp_path / "people.parquet").digests() == from_csv
    lines = "".join(
        "{" + ", ".join(f'"{name}": {_json(value)}' for name, value in row.items()) + "}\n"
        for row in people.to_pylist()
    )
    (tmp_path / "people.jsonl").write_text(lines)
    assert ingest(tmp_path / "people.jsonl").digests() == from_csv


def _json(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | datetime) else repr(value)


def test_duplicates_land_in_one_split(ingest, people_csv):
    output = ingest(people_csv, exclude_columns=["row", "day", "income"])
    seen = [set(map(tuple, (row.values() for row in output.split(split).to_pylist()))) for split in SPLITS]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_a_group_stays_in_one_split_and_rows_without_one_are_spread(ingest, people_csv):
    output = ingest(people_csv, group_column="person")
    people = [set(output.split(split)["person"].to_pylist()) for split in SPLITS]
    assert set.union(*people) - {None} == set.union(*(found - {None} for found in people))
    assert [people[0] & people[1], people[0] & people[2], people[1] & people[2]] == [{None}] * 3
    assert output.ingested.rows("train") == pytest.approx(16_000, abs=400)


def test_a_group_column_can_decide_and_be_left_out(ingest, people_csv):
    kept = ingest(people_csv, group_column="person").split("test")["row"].to_pylist()
    output = ingest(people_csv, group_column="person", exclude_columns=["person"])
    assert "person" not in output.types()
    assert set(output.split("test")["row"].to_pylist()) - set(kept) == set()  # rows without a group may move


def test_by_time_the_oldest_rows_train_and_the_newest_test(ingest, people_csv):
    output = ingest(people_csv, label="label", time_column="day", exclude_columns=["old"])
    days = {split: output.split(split)["day"].to_pylist() for split in SPLITS}
    assert max(days["train"]) < min(days["eval"])
    assert max(days["eval"]) < min(days["test"])
    # A day has about 40 rows, and they stay together.
    rows = {split: len(days[split]) for split in SPLITS}
    assert rows == pytest.approx({"train": 16_000, "eval": 2_000, "test": 2_000}, abs=60)


def test_a_split_by_time_needs_a_time_in_every_row(ingest, people_csv):
    with pytest.raises(DataError, match=r"time_column 'income' is missing in \d+ of"):
        ingest(people_csv, time_column="income")


def test_a_split_by_time_needs_times(ingest, people_csv):
    with pytest.raises(DataError, match="time_column 'label' holds string, not times"):
        ingest(people_csv, time_column="label")


def test_ready_made_test_rows_are_kept_apart(ingest, write):
    path = write("train.csv", "n,y\n" + "".join(f"{n},{n % 2}\n" for n in range(1_000)))
    test = write("test.csv", "y,n\n" + "".join(f"{n % 2},{n}\n" for n in range(5_000, 5_100)))
    output = ingest(path, label="y", split_uris={"test": str(test)})
    assert output.split("test")["n"].to_pylist() == list(range(5_000, 5_100))
    assert output.ingested.rows("train") + output.ingested.rows("eval") == 1_000
    assert output.ingested.rows("eval") == pytest.approx(111, abs=30)  # 0.1 of the 0.9 that are left


def test_most_rows_are_counted_from_the_first_on(ingest, people_csv):
    output = ingest(people_csv, max_rows=1_000.0)
    assert sorted(output.table()["row"].to_pylist()) == list(range(1_000))


def test_rows_behind_the_last_one_wanted_are_not_read(ingest, write):
    lines = "".join(f"{n},{n % 2}\n" for n in range(900_000))
    output = ingest(write("t.csv", "n,y\n" + lines + "ragged\n"), label="y", max_rows=1_000)
    assert output.ingested.rows() == 1_000


def test_rows_without_a_label_are_dropped_and_counted(ingest, write):
    lines = "".join(f"{n},{'?' if n % 10 == 0 else n % 2}\n" for n in range(500))
    output = ingest(write("t.csv", "n,y\n" + lines), label="y")
    assert output.ingested.rows_without_label == 50
    assert output.ingested.rows() == 450
    assert output.table()["y"].null_count == 0
