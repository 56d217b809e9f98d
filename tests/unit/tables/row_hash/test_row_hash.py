"""The hash of a row: the same values with every version of Arrow and NumPy."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from slipway.tables.row_hash import row_hashes, string_hashes

# Computed with Python's integers from the description in row_hash, not with its code.
PINNED = ["fade285a4de41766", "0185f0c0e5842bbb", "647887545eba0668", "938f9928e2bf8e25", "5a9851177b4624d6"]
PINNED_STRINGS = ["e220a8397b1dcdaf", "5e025f9ade9eaf3e", "79e7bd8a7e0d03cf"]


def batch_of(columns: dict) -> pa.RecordBatch:
    """As pa.record_batch, which pyarrow 10 does not give a mapping."""
    arrays = [item if isinstance(item, pa.Array) else pa.array(item) for item in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def test_the_hash_of_a_row_is_pinned():
    """WHY: another value would move rows between the splits of everybody's data."""
    batch = batch_of(
        {
            "word": ["", "a", "exactly8", "more than sixteen bytes ë", None],
            "number": pa.array([0.0, -0.0, 1.5, None, 3.0]),
            "count": pa.array([0, 1, -1, 2**62, None]),
            "moment": pa.array([0, 1, None, 10**15, -5], pa.timestamp("us")),
            "flag": pa.array([True, False, None, True, False]),
        }
    )
    assert [f"{value:016x}" for value in row_hashes(batch, batch.schema.names)] == PINNED
    assert [f"{value:016x}" for value in string_hashes(pa.array(["", "a", "exactly8"]))] == PINNED_STRINGS


def test_the_hash_ignores_the_order_of_columns_slices_and_what_says_the_same_number():
    whole = batch_of({"n": pa.array([1, 2, 3]), "s": ["a", "b", "c"]})
    turned = batch_of({"s": ["b", "c"], "n": pa.array([2.0, 3.0])})
    assert row_hashes(whole.slice(1), ["n", "s"]).tolist() == row_hashes(turned, ["s", "n"]).tolist()


def test_the_hash_tells_columns_values_and_gaps_apart():
    batch = batch_of({"a": ["x", "y", None, "x"], "b": ["y", "x", "x", None]})
    assert len(set(row_hashes(batch, ["a", "b"]).tolist())) == 4


def test_hashes_are_spread_evenly():
    hashes = row_hashes(batch_of({"n": pa.array(range(100_000))}), ["n"])
    buckets = np.bincount((hashes >> np.uint64(60)).astype(np.int64))
    assert len(buckets) == 16
    assert np.sum((buckets - 6250) ** 2 / 6250) < 37.7  # chi-square with 15 degrees of freedom, p = 0.001


def test_a_dictionary_hashes_like_the_text_it_stands_for():
    text = pa.array(["x", None, "y", "x", "unused"])[:4]
    plain, encoded = batch_of({"s": text}), batch_of({"s": text.dictionary_encode()})
    assert row_hashes(plain, ["s"]).tolist() == row_hashes(encoded, ["s"]).tolist()
    assert row_hashes(encoded.slice(1), ["s"]).tolist() == row_hashes(plain, ["s"]).tolist()[1:]


def test_no_column_gives_every_row_one_hash():
    assert len(set(row_hashes(batch_of({"n": [1, 2]}), []).tolist())) == 1


HASHED = """
import sys
import pyarrow as pa
from slipway.features.arrow_buffers import strings_of, array_of
import numpy as np
from slipway.tables.row_hash import row_hashes

columns = [strings_of(["a", None]), array_of(np.array([1, 2])), array_of(np.array([0.5, 1.5]))]
print(row_hashes(pa.RecordBatch.from_arrays(columns, names=["s", "n", "x"]), ["s", "n", "x"]).tolist())
assert "pandas" not in sys.modules
"""


def test_hashing_does_not_import_pandas():
    """WHY: pyarrow 10 imports it for its own conversions, which takes longer than hashing most tables."""
    done = subprocess.run([sys.executable, "-P", "-c", HASHED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("texts", [3, 40])
def test_few_long_texts_hash_like_the_same_texts_among_many(texts):
    """WHY: one text of a megabyte took as many turns of NumPy as it has words; few are hashed one by one."""
    long = ["x" * 4000, "x" * 4001, "ë" * 1000 + "y"]
    apart = [string_hashes(pa.array([text]))[0] for text in long]
    assert len(set(apart)) == 3
    assert string_hashes(pa.array([*long, *["y" * 5000] * texts]))[:3].tolist() == [int(value) for value in apart]


def test_bytes_hash_like_the_text_they_encode():
    text = batch_of({"s": ["a", None, "ëë"]})
    content = batch_of({"s": pa.array([b"a", None, "ëë".encode()])})
    assert row_hashes(text, ["s"]).tolist() == row_hashes(content, ["s"]).tolist()
