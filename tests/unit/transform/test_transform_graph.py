"""The saved graph: values by hand, unseen and missing ones, and its way into another SavedModel."""

import calendar
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from slipway.contracts.documents import write_document
from slipway.contracts.examples import MISSING_TIMESTAMP, FeatureKind, IdColumn, Label, Problem
from slipway.features.date_parts import PERIODS, date_parts
from slipway.features.encoding import ENCODINGS, FeaturePlan
from slipway.features.number_encoding import BucketFit, ScaledFit
from slipway.serving.saved_model import write_saved_model
from slipway.steps.transform.graph import Preprocessing
from slipway.steps.transform.plan import TransformPlan

pytestmark = pytest.mark.any_processor


def number(name: str, encoding: str, missing: float = 0.0, **fit: object) -> FeaturePlan:
    if encoding == "quantile_buckets":
        fitted: object = BucketFit(missing_value=4.0, **fit)  # type: ignore[arg-type]
    else:
        values = {"low": 0.0, "high": 10.0, "center": 4.0, "scale": 2.0, "missing_value": 4.0, **fit}
        fitted = ScaledFit(logarithm=encoding == "log1p", **values)  # type: ignore[arg-type]
    return feature(name, FeatureKind.NUMERIC, encoding, missing, fitted)


def category(name: str, encoding: str, missing: float = 0.0, **fit: object) -> FeaturePlan:
    fitted = ENCODINGS.get(encoding).Fit(distinct=9, **fit)
    return feature(name, FeatureKind.CATEGORICAL, encoding, missing, fitted)


def timestamp(name: str, missing: float = 0.0, **fit: object) -> FeaturePlan:
    fitted = ENCODINGS.get("date_parts").Fit(**fit)
    return feature(name, FeatureKind.TIMESTAMP, "date_parts", missing, fitted)


def feature(name: str, kind: FeatureKind, encoding: str, missing: float, fit: object) -> FeaturePlan:
    return FeaturePlan(name=name, kind=kind, encoding=encoding, missing_fraction=missing, why="test", fit=fit)


def apply(plan: FeaturePlan, values: object) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    module = Preprocessing([plan])
    dtype = {FeatureKind.NUMERIC: tf.float32, FeatureKind.CATEGORICAL: tf.string, FeatureKind.TIMESTAMP: tf.int64}
    result = module.transform({plan.name: tf.constant(values, dtype[plan.kind])})
    return module.dense, result["dense"].numpy(), result["ids"].numpy()


def test_a_z_score_clips_and_fills():
    names, dense, ids = apply(number("x", "z_score"), [4.0, 6.0, -5.0, 99.0, np.nan, np.inf])
    assert names == ("x",)
    assert dense.tolist() == [[0.0], [1.0], [-2.0], [3.0], [0.0], [0.0]]
    assert ids.shape == (6, 0)


def test_missing_numbers_have_an_element_where_training_had_some():
    names, dense, _ = apply(number("x", "z_score", missing=0.1), [4.0, np.nan])
    assert names == ("x", "x_missing")
    assert dense.tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_log1p_is_taken_after_clipping():
    _, dense, _ = apply(number("x", "log1p", center=0.0, scale=1.0), [0.0, 10.0, 1e9, -3.0])
    np.testing.assert_allclose(dense[:, 0], np.log1p([0, 10, 10, 0]), rtol=1e-6)


def test_a_limit_belongs_to_the_bucket_above_it():
    plan = number("x", "quantile_buckets", missing=0.5, boundaries=(1.0, 5.0))
    names, dense, _ = apply(plan, [0.5, 1.0, 5.0, 99.0, np.nan])
    assert names == ("x_missing", "x<1", "x>=1", "x>=5")
    assert dense.tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0]]


def test_a_scaled_number_stands_beside_its_buckets():
    names, dense, _ = apply(number("x", "z_score", boundaries=(5.0,)), [4.0, 6.0])
    assert names == ("x", "x<5", "x>=5")
    assert dense.tolist() == [[0, 1, 0], [1, 0, 1]]


def test_numbers_with_different_numbers_of_limits_keep_their_own():
    plans = [
        number("x", "quantile_buckets", boundaries=(1.0, 5.0)),
        number("y", "quantile_buckets", boundaries=()),
        number("z", "z_score", boundaries=(3.0,)),
    ]
    module = Preprocessing(plans)
    values = tf.constant([1.0, np.finfo(np.float32).max, np.inf])
    result = module.transform({"x": values, "y": values, "z": values})
    assert module.dense == ("z", "z<3", "z>=3", "x<1", "x>=1", "x>=5", "y=any")
    assert result["dense"].numpy()[:, 1:].tolist() == [
        [1, 0, 0, 1, 0, 1],
        [0, 1, 0, 0, 1, 1],
        [0, 1, 0, 1, 0, 1],
    ]


@pytest.mark.parametrize(
    "plan",
    [
        lambda name: number(name, "z_score", boundaries=(5.0, 6.0)),
        lambda name: category(name, "one_hot", vocabulary=("a", "b"), oov_buckets=1),
        lambda name: category(name, "vocabulary", vocabulary=("a", "b"), oov_buckets=1),
    ],
    ids=["buckets", "one hot", "vocabulary"],
)
def test_one_more_feature_costs_few_operations(plan):
    """WHY: every operation is traced, saved and loaded by each step that follows; looking values up is done at once."""

    def operations(features: int) -> int:
        module = Preprocessing([plan(f"feature {index}") for index in range(features)])
        return len(module.transform.get_concrete_function().graph.get_operations())

    assert operations(30) - operations(10) <= 20 * 6


def test_one_hot_has_zeros_for_what_training_did_not_meet():
    names, dense, _ = apply(category("c", "one_hot", vocabulary=("b", "a")), ["a", "b", "new", ""])
    assert names == ("c=b", "c=a")
    assert dense.tolist() == [[0, 1], [1, 0], [0, 0], [0, 0]]


def test_one_hot_has_elements_for_unseen_and_missing_where_training_had_some():
    plan = category("c", "one_hot", missing=0.1, vocabulary=("b",), oov_buckets=1)
    names, dense, _ = apply(plan, ["b", "new", ""])
    assert names == ("c=b", "c_unseen", "c_missing")
    assert dense.tolist() == np.eye(3).tolist()


def test_small_vocabularies_share_a_table_and_keep_their_own_ids():
    """A table costs three functions whenever a graph is saved or loaded; eight columns need not pay eight times."""
    plans = [
        category("a", "one_hot", vocabulary=("x", "y")),
        category("b", "vocabulary", vocabulary=("y", "z", "x"), oov_buckets=1),
        category("c", "hash", hash_buckets=5),
    ]
    module = Preprocessing(plans)
    texts = tf.constant(["x", "y", "z", "", "?"])
    result = module.transform({"a": texts, "b": texts, "c": texts})
    assert len(module.tables) == 1
    assert result["dense"].numpy().tolist() == [[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]]
    assert result["ids"].numpy()[:, 0].tolist() == [2, 0, 1, 4, 3]


def test_a_large_vocabulary_has_a_table_of_its_own():
    large = category("large", "vocabulary", vocabulary=tuple(f"v{i}" for i in range(2000)), oov_buckets=1)
    small = [category(name, "one_hot", vocabulary=("x", "y")) for name in ("a", "b", "c")]
    module = Preprocessing([small[0], large, *small[1:]])
    result = module.transform({"large": tf.constant(["v1999", "w"])} | {n: tf.constant(["y", "x"]) for n in "abc"})
    assert len(module.tables) == 3
    assert result["ids"].numpy()[:, 0].tolist() == [1999, 2000]
    assert result["dense"].numpy().tolist() == [[0, 1] * 3, [1, 0] * 3]


def test_several_buckets_share_the_unseen_categories():
    plan = category("c", "one_hot", vocabulary=("b",), oov_buckets=2)
    values = [f"new {index}" for index in range(50)]
    names, dense, _ = apply(plan, values)
    assert names == ("c=b", "c_unseen_0", "c_unseen_1")
    assert dense[:, 0].sum() == 0
    assert (dense.sum(axis=1) == 1).all()
    assert (dense[:, 1:].sum(axis=0) > 0).all()


def test_ids_are_the_vocabulary_then_unseen_then_missing():
    plan = category("c", "vocabulary", vocabulary=("b", "a"), oov_buckets=1)
    module = Preprocessing([plan])
    assert module.ids == (IdColumn(name="c", size=4),)
    result = module.transform({"c": tf.constant(["a", "b", "new", ""])})
    assert result["ids"].dtype == tf.int32
    assert result["ids"].numpy().tolist() == [[1], [0], [2], [3]]
    assert result["dense"].shape == (4, 0)


def test_hashed_ids_lie_in_their_range_and_missing_is_the_last():
    plan = category("c", "hash", hash_buckets=5)
    assert Preprocessing([plan]).ids == (IdColumn(name="c", size=6),)
    values = [f"value {index}" for index in range(100)]
    _, _, ids = apply(plan, [*values, ""])
    assert set(ids[:-1, 0]) == set(range(5))
    assert ids[-1, 0] == 5
    assert ids[:-1, 0].tolist() == tf.strings.to_hash_bucket_fast(values, 5).numpy().tolist()


def test_dates_are_waves_and_missing_ones_lie_in_the_middle():
    plan = timestamp("t", missing=0.1, parts=("month", "hour"), mean=0.0, standard_deviation=3600.0, elapsed_time=True)
    six_in_april = calendar.timegm((2024, 4, 1, 6, 0, 0))
    names, dense, _ = apply(plan, [six_in_april, MISSING_TIMESTAMP])
    assert names == ("t_missing", "t_month_sin", "t_month_cos", "t_hour_sin", "t_hour_cos", "t_elapsed")
    np.testing.assert_allclose(dense[0], [0, 1, 0, 1, 0, six_in_april / 3600], atol=1e-6)
    assert dense[1].tolist() == [1, 0, 0, 0, 0, 0]


def test_date_parts_agree_with_the_calendar():
    seconds = np.random.default_rng(0).integers(-6 * 10**10, 2 * 10**11, 2_000)
    edges = [
        calendar.timegm((year, month, 1, 0, 0, 0)) for year in (1600, 1900, 2000, 2023, 2024) for month in (1, 3, 12)
    ]
    seconds = np.concatenate([seconds, edges, np.array(edges) - 1])
    moments = [datetime.fromtimestamp(int(second), UTC) for second in seconds]
    for values in (seconds, tf.constant(seconds)):
        parts = {name: np.asarray(part).tolist() for name, part in date_parts(values, tuple(PERIODS)).items()}
        assert parts["month"] == [moment.month - 1 for moment in moments]
        assert parts["day_of_week"] == [moment.weekday() for moment in moments]
        assert parts["hour"] == [moment.hour for moment in moments]


ALL_ENCODINGS = (
    number("a", "z_score", missing=0.1),
    number("b", "log1p"),
    number("c", "quantile_buckets", boundaries=(1.0, 5.0)),
    category("d", "one_hot", missing=0.1, vocabulary=("x", "y")),
    category("e", "one_hot", vocabulary=("y", "x"), oov_buckets=2),
    category("f", "vocabulary", vocabulary=("y", "z"), oov_buckets=1),
    category("g", "hash", hash_buckets=7),
    timestamp("größe in €", missing=0.1, parts=("month", "hour"), elapsed_time=True),
)


def raw_values(rows: int) -> dict[str, tf.Tensor]:
    random = np.random.default_rng(0)
    raw: dict[str, tf.Tensor] = {}
    for plan in ALL_ENCODINGS:
        if plan.kind is FeatureKind.NUMERIC:
            raw[plan.name] = tf.constant(random.choice([1.5, -7, 3, np.nan, 1e9], rows), tf.float32)
        elif plan.kind is FeatureKind.CATEGORICAL:
            raw[plan.name] = tf.constant(random.choice(["x", "y", "z", "", "new"], rows))
        else:
            raw[plan.name] = tf.constant(random.choice([0, 10**9, MISSING_TIMESTAMP], rows), tf.int64)
    return raw


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "saved_model"
    write_saved_model(Preprocessing(ALL_ENCODINGS), path, {})
    return path


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_any_batch_size_gives_the_width_that_the_names_say(saved: Path, rows: int):
    module = Preprocessing(ALL_ENCODINGS)
    result = tf.saved_model.load(str(saved)).transform(raw_values(rows))
    assert result["dense"].shape == (rows, len(module.dense))
    assert result["ids"].shape == (rows, len(module.ids))
    assert np.isfinite(result["dense"]).all()


def test_rows_do_not_depend_on_the_batch_they_are_in(saved: Path):
    loaded, raw = tf.saved_model.load(str(saved)), raw_values(5)
    whole = loaded.transform(raw)
    for row in range(5):
        single = loaded.transform({name: values[row : row + 1] for name, values in raw.items()})
        np.testing.assert_array_equal(single["dense"][0], whole["dense"][row])
        np.testing.assert_array_equal(single["ids"][0], whole["ids"][row])


SERVE_IN_A_FRESH_PROCESS = """
import sys
import numpy as np
import tensorflow as tf

path, raw, out = sys.argv[1:]
values = np.load(raw, allow_pickle=True)
serve = tf.saved_model.load(path).signatures["serving_default"]
result = serve(**{name: tf.constant(values[name]) for name in values})
np.savez(out, dense=result["dense"], ids=result["ids"])
"""


@pytest.mark.slow
def test_a_model_that_embeds_the_graph_serves_the_same_in_a_fresh_process(saved: Path, tmp_path: Path):
    """The lookup tables must be saved with whatever module holds the loaded graph."""

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.preprocessing = tf.saved_model.load(str(saved))

        @tf.function
        def serve(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.preprocessing.transform({plan.name: inputs[f"f{i}"] for i, plan in enumerate(ALL_ENCODINGS)})

    raw = raw_values(40)
    inputs = {f"f{index}": raw[plan.name] for index, plan in enumerate(ALL_ENCODINGS)}
    model = Model()
    signature = model.serve.get_concrete_function(
        **{name: tf.TensorSpec([None], value.dtype, name=name) for name, value in inputs.items()}
    )
    tf.saved_model.save(model, str(tmp_path / "model"), signatures={"serving_default": signature})
    # Nothing may be read from where the preprocessing came from.
    saved.rename(saved.with_name("moved"))
    try:
        np.savez(tmp_path / "raw.npz", **{name: value.numpy() for name, value in inputs.items()})
        command = [
            sys.executable,
            "-c",
            SERVE_IN_A_FRESH_PROCESS,
            tmp_path / "model",
            tmp_path / "raw.npz",
            tmp_path / "out.npz",
        ]
        subprocess.run([str(part) for part in command], check=True)
    finally:
        saved.with_name("moved").rename(saved)
    expected, served = Preprocessing(ALL_ENCODINGS).transform(raw), np.load(tmp_path / "out.npz")
    for name in ("dense", "ids"):
        np.testing.assert_array_equal(served[name], expected[name])


def test_a_graph_survives_load_wrap_save_load(saved: Path, tmp_path: Path):
    outer = tf.Module()
    outer.preprocessing = tf.saved_model.load(str(saved))  # type: ignore[attr-defined]
    tf.saved_model.save(outer, str(tmp_path / "outer"), signatures={})
    raw = raw_values(40)
    expected = Preprocessing(ALL_ENCODINGS).transform(raw)
    result = tf.saved_model.load(str(tmp_path / "outer")).preprocessing.transform(raw)
    for name in ("dense", "ids"):
        np.testing.assert_array_equal(result[name], expected[name])


SAVE_IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.serving.saved_model import write_saved_model
from slipway.steps.transform.graph import Preprocessing
from slipway.steps.transform.plan import TransformPlan

write_saved_model(Preprocessing(read_document(TransformPlan, Path(sys.argv[1])).features), Path(sys.argv[2]), {})
"""


@pytest.mark.slow
def test_a_graph_is_traced_once_to_be_saved(tmp_path: Path):
    module = Preprocessing([number("n", "z_score"), category("c", "one_hot", vocabulary=("x", "y"))])
    write_saved_model(module, tmp_path / "graph", {})
    assert module.transform.experimental_get_tracing_count() == 1


def test_equal_plans_give_equal_bytes(tmp_path: Path):
    """Push compares content: an identifier of the export, or of the process, would make every run a new version.

    Each graph is saved by a process of its own, as a step is: TensorFlow numbers what a process makes.
    """
    label = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
    plan = TransformPlan(label=label, label_why="test", features=ALL_ENCODINGS, excluded=(), train_rows=1)
    write_document(plan, tmp_path / "plan.json")
    contents = []
    for name in ("first", "second"):
        root = tmp_path / name
        command = [sys.executable, "-c", SAVE_IN_A_FRESH_PROCESS, str(tmp_path / "plan.json"), str(root)]
        subprocess.run(command, check=True)
        contents.append({path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()})
    assert contents[0] == contents[1]
    assert Path("saved_model.pb") in contents[0]
