"""What a raw value means, by one table of cases in every environment that reads values."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases import CASES, REFUSED, Case

from slipway.contracts.errors import DataError
from slipway.contracts.examples import MISSING_TIMESTAMP
from slipway.features.spelling import spell
from slipway.features.values import categories, epoch_seconds, numbers, refusal_as_data_error

ARROW_ERRORS = (pa.ArrowInvalid, pa.ArrowNotImplementedError)


def padded(column: pa.Array) -> pa.Array:
    """The same values as a part of a longer column: an offset into buffers must be minded."""
    return pa.concat_arrays([column, column]).slice(len(column), len(column))


def check(read: Any, case: Case, expected: Any) -> None:
    chunks = pa.chunked_array([case.column, case.column], case.column.type)
    if expected is REFUSED:
        for column in (case.column, chunks):
            with pytest.raises(ARROW_ERRORS):
                read(column)
        return
    assert read(case.column) == expected
    assert read(padded(case.column)) == expected
    assert read(chunks) == expected * 2


@pytest.mark.parametrize("name", CASES)
def test_a_value_has_one_name_as_a_category(name: str):
    check(lambda column: categories(column).strings().to_pylist(), CASES[name], CASES[name].categories)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.categories is not REFUSED])
def test_a_value_that_is_written_by_itself_has_the_same_name(name: str):
    """WHY: validate writes the values of a batch without looking for the distinct ones first."""
    column = CASES[name].column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary.take(column.indices)
    assert spell(column).to_pylist() == CASES[name].categories


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_one_float32_number(name: str):
    case = CASES[name]

    def read(column: Any) -> list[str]:
        values = numbers(column)
        assert values.dtype == np.float32
        # A zero that is negative and one that is not are equal numbers.
        return [str(value + np.float32(0)) for value in values]

    with np.errstate(over="ignore"):
        expected = case.numbers if case.numbers is REFUSED else [str(np.float32(value)) for value in case.numbers]
    check(read, case, expected)


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_whole_seconds_as_a_time(name: str):
    case = CASES[name]

    def read(column: Any) -> list[int | None]:
        values = epoch_seconds(column)
        assert values.dtype == np.int64
        return [None if value == MISSING_TIMESTAMP else int(value) for value in values]

    check(read, case, case.seconds)


def test_a_category_has_one_code_however_its_values_are_stored():
    found = categories(pa.chunked_array([pa.array([0.0, -0.0, None]), pa.array([1.0, 0.0])]))
    assert found.names.to_pylist() == ["0", "1"]
    assert found.codes.tolist() == [0, 0, -1, 1, 0]


def test_chunks_with_different_dictionaries_are_one_column():
    column = pa.chunked_array([pa.array(["a", None]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])
    assert categories(column).strings().to_pylist() == ["a", None, "b", "a"]


def test_a_refusal_names_what_cannot_be_read():
    said = "column 'x' cannot be read"
    with pytest.raises(DataError, match=f"{said}: .*'many'"), refusal_as_data_error(said):
        numbers(pa.array(["many"]))


WITHOUT_PANDAS = """
import sys
import pyarrow as pa
import pyarrow.parquet as pq
from slipway.features.kinds import KindSettings, infer_kind, profile_column
from slipway.features.values import canonical, categories, epoch_seconds, numbers

with pq.ParquetFile(sys.argv[1]) as file:
    (batch,) = file.iter_batches()
for column in batch.columns:
    categories(column).strings()
    infer_kind(profile_column(canonical(column), str(column.type)), 2, KindSettings())
numbers(batch.column(0))
epoch_seconds(batch.column(2))
print([name for name in ("pandas", "tensorflow") if name in sys.modules])
"""


def test_neither_pandas_nor_tensorflow_is_imported(tmp_path: Path):
    """WHY: either takes longer than validate's work on most tables."""
    columns = {
        "real": [1.5, None],
        "text": ["a", ""],
        "day": ["2024-02-29", None],
        "when": pa.array([1, 2], pa.date32()),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    command = [sys.executable, "-P", "-c", WITHOUT_PANDAS, str(tmp_path / "a.parquet")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
