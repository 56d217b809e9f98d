import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import InputError
from slipway.steps.validate.config import ColumnKind, ValidateConfig
from slipway.steps.validate.kinds import kind_of

ROWS = 400
RANDOM = np.random.default_rng(1)
SENTENCES = [f"the customer called {index} times today" for index in range(ROWS)]
COLUMNS = {
    "number": (RANDOM.normal(size=ROWS), ColumnKind.NUMERIC),
    "cents": (RANDOM.integers(0, 10**9, ROWS), ColumnKind.NUMERIC),
    "children": (RANDOM.integers(0, 6, ROWS), ColumnKind.NUMERIC),
    "bit": (RANDOM.integers(0, 2, ROWS), ColumnKind.CATEGORICAL),
    "city": (RANDOM.choice(["a", "b", "c"], ROWS), ColumnKind.CATEGORICAL),
    "zip": ([f"{index % 300:05d}" for index in range(ROWS)], ColumnKind.CATEGORICAL),
    "counter": (RANDOM.permutation(ROWS) + 5_000, ColumnKind.IDENTIFIER),
    "hash": (2**60 + RANDOM.permutation(ROWS) * 2**40, ColumnKind.IDENTIFIER),
    "name": ([f"row-{index}" for index in range(ROWS)], ColumnKind.IDENTIFIER),
    "prose": (SENTENCES, ColumnKind.FREE_TEXT),
    "raw": (pa.array([b"\xff"] * ROWS + [])[:ROWS], ColumnKind.CONSTANT),
    "bytes": (pa.array([bytes([index % 250]) for index in range(ROWS)]), ColumnKind.FREE_TEXT),
    "same": (["x"] * ROWS, ColumnKind.CONSTANT),
    "nothing": (pa.array([None] * ROWS, pa.string()), ColumnKind.CONSTANT),
    "sometimes": ([None if index % 3 else "x" for index in range(ROWS)], ColumnKind.CATEGORICAL),
}


def kinds_of(columns, *, label="label", types=None, stated=None, **settings):
    table = pa.table({**columns, label: columns.get(label, ["a", "b"] * (ROWS // 2))})
    names = {name: (types or {}).get(name, str(table.schema.field(name).type)) for name in table.column_names}
    config = ValidateConfig(label=label, **settings)
    found = {name: kind_of(name, table.column(name), names[name], ROWS, config, stated or {}) for name in names}
    return {name: item.kind for name, item in found.items()}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_kind_follows_from_type_and_values(name):
    values, expected = COLUMNS[name]
    assert kinds_of({name: values})[name] is expected


def test_a_timestamp_is_known_by_its_type_on_disk():
    seconds = RANDOM.integers(0, 10**9, ROWS)
    assert kinds_of({"when": seconds}, types={"when": "timestamp[us, tz=UTC]"})["when"] is ColumnKind.TIMESTAMP


def test_codes_are_categories_when_the_settings_say_how_many():
    assert (
        kinds_of({"children": COLUMNS["children"][0]}, max_integer_categories=6)["children"] is ColumnKind.CATEGORICAL
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no", "yes"] * 200, ColumnKind.CATEGORICAL),
        ([0, 1] * 200, ColumnKind.CATEGORICAL),
        ([0.0, 1.0] * 200, ColumnKind.CATEGORICAL),
        (np.arange(ROWS), ColumnKind.NUMERIC),
        (RANDOM.normal(size=ROWS), ColumnKind.NUMERIC),
    ],
    ids=["text", "bits", "floating bits", "quantity", "real"],
)
def test_a_label_is_classes_or_a_quantity_and_never_left_out(values, expected):
    assert kinds_of({"label": values})["label"] is expected


def test_settings_come_before_the_schema_and_the_schema_before_the_values():
    settings = {"kinds": {"bit": ColumnKind.NUMERIC}}
    stated = {"bit": ColumnKind.IDENTIFIER, "city": ColumnKind.FREE_TEXT}
    kinds = kinds_of({name: COLUMNS[name][0] for name in ("bit", "city")}, stated=stated, **settings)
    assert (kinds["bit"], kinds["city"]) == (ColumnKind.NUMERIC, ColumnKind.FREE_TEXT)


def test_text_cannot_be_made_a_number():
    with pytest.raises(InputError, match="'city' holds text; it cannot be numeric"):
        kinds_of({"city": COLUMNS["city"][0]}, kinds={"city": ColumnKind.NUMERIC})
