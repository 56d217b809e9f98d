import json

import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from loan_tables import make_loans, make_splits, store_table
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from slipway.contracts.documents import to_plain
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ColumnKind
from slipway.contracts.validations import AnomaliesFolder, SchemaFolder, StatisticsFolder
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Inputs, Outputs, run, write

NO_LABELS = pa.array([None] * 200, pa.string())
CONFIG = ValidateConfig(label="repaid")


def validate(table, config):
    return run(Inputs(examples=table.root), config)


def store(result, root):
    write(result, Outputs(**{name: root / name for name in ("schema", "statistics", "anomalies", "report", "summary")}))


@pytest.fixture(scope="module")
def honest(loans):
    return validate(loans, CONFIG)


@pytest.fixture(scope="module")
def folders(honest, tmp_path_factory):
    root = tmp_path_factory.mktemp("outputs")
    store(honest, root)
    return root


def check(write_table, splits, **settings):
    return validate(write_table(splits), ValidateConfig(label="repaid", **settings)).validation


def with_column(table, name, values):
    return table.set_column(
        table.column_names.index(name), name, values if isinstance(values, pa.Array) else pa.array(values)
    )


def test_honest_data_pass(honest):
    assert honest.validation.verdict.reasons == ()
    assert honest.validation.anomalies == ()
    assert honest.validation.rows == {"train": 800, "eval": 200, "test": 200}


def test_tfdv_reads_every_file(folders, honest):
    schema = tfdv.load_schema_text(str(SchemaFolder(folders / "schema").schema_path))
    assert schema == honest.schema
    for split, rows in honest.validation.rows.items():
        statistics = tfdv.load_stats_binary(str(StatisticsFolder(folders / "statistics").file(split)))
        assert statistics.datasets[0].num_examples == rows
        assert not tfdv.validate_statistics(statistics, schema, environment="TRAINING").anomaly_info
    anomalies = tfdv.load_anomalies_text(str(AnomaliesFolder(folders / "anomalies").anomalies_path))
    assert anomalies == honest.anomalies
    assert AnomaliesFolder(folders / "anomalies").validation() == honest.validation


def test_the_statistics_are_tfdvs_own(loans, honest):
    """The batches and the conversion change nothing: TFDV over a data frame finds the same."""
    frame = pa.concat_tables([pa.parquet.read_table(file) for file in loans.files("train")]).to_pandas()
    expected = tfdv.generate_statistics_from_dataframe(frame[["income", "age", "region"]])
    found = {feature.path.step[0]: feature for feature in honest.statistics["train"].datasets[0].features}
    for feature in expected.datasets[0].features:
        ours = found[feature.path.step[0]]
        for name in ("mean", "std_dev", "min", "max", "median", "num_zeros"):
            assert getattr(ours.num_stats, name) == pytest.approx(getattr(feature.num_stats, name))
        assert ours.num_stats.common_stats.num_missing == feature.num_stats.common_stats.num_missing
        assert ours.string_stats.unique == feature.string_stats.unique
        assert list(ours.string_stats.top_values) == list(feature.string_stats.top_values)


def test_the_schema_tells_transform_and_serving_what_they_need(honest):
    features = {feature.name: feature for feature in honest.schema.feature}
    assert {name: feature.annotation.tag[0] for name, feature in features.items()} == {
        "id": "identifier",
        "income": "numeric",
        "age": "numeric",
        "region": "categorical",
        "owner": "categorical",
        "flag": "categorical",
        "opened": "timestamp",
        "note": "free_text",
        "currency": "constant",
        "repaid": "categorical",
    }
    assert list(honest.schema.default_environment) == ["TRAINING", "SERVING"]
    assert [name for name, feature in features.items() if "SERVING" in feature.not_in_environment] == ["repaid"]
    assert list(features["repaid"].annotation.tag) == ["categorical", "label"]
    assert features["opened"].time_domain.integer_format == schema_pb2.TimeDomain.UNIX_SECONDS
    assert features["flag"].int_domain.is_categorical
    assert [domain.name for domain in honest.schema.string_domain] == ["region", "repaid"]
    assert features["owner"].WhichOneof("domain_info") == "bool_domain"


def test_the_summary_of_a_column_says_what_its_values_are(honest):
    found = {feature.name: feature for feature in honest.validation.features}
    assert found["age"].type == "INT"
    assert sum(bucket.count for bucket in found["age"].histogram) == pytest.approx(800)
    assert found["region"].top_values[0].value == "north"
    assert found["region"].unique == 3
    assert found["id"].top_values == ()
    assert found["income"].missing_fraction == pytest.approx(0.1, abs=0.03)


def test_every_comparable_feature_is_compared_with_both_splits(honest):
    compared = {(drift.feature, drift.compared_with) for drift in honest.validation.drift}
    features = ("income", "age", "region", "owner", "flag", "repaid")
    assert compared == {(name, split) for name in features for split in ("eval", "test")}


def test_the_same_table_gives_the_same_bytes(loans, honest, folders, tmp_path):
    store(validate(loans, CONFIG), tmp_path)
    for file in sorted(path for path in folders.rglob("*") if path.is_file()):
        assert (tmp_path / file.relative_to(folders)).read_bytes() == file.read_bytes()


def test_a_rare_category_in_the_test_split_only_is_a_warning(write_table):
    splits = make_splits()
    regions = splits["test"].column("region").to_pylist()
    splits["test"] = with_column(splits["test"], "region", ["west", *regions[1:]])
    validation = check(write_table, splits)
    assert validation.verdict.passed
    (anomaly,) = validation.anomalies
    assert (anomaly.feature, anomaly.split, anomaly.severity) == ("region", "test", "WARNING")
    assert "west" in anomaly.description


def test_many_unknown_categories_are_refused(write_table):
    splits = make_splits()
    regions = splits["test"].column("region").to_pylist()
    splits["test"] = with_column(splits["test"], "region", ["west"] * 20 + regions[20:])
    validation = check(write_table, splits)
    assert [(item.split, item.severity) for item in validation.anomalies] == [("test", "ERROR")]
    assert not validation.verdict.passed
    assert check(write_table, splits, warn_only=("schema",)).verdict.passed


def test_a_missing_value_that_training_never_had_is_a_warning_and_many_are_refused(write_table):
    splits = make_splits()
    ages = splits["eval"].column("age").to_pylist()
    splits["eval"] = with_column(splits["eval"], "age", [None, *ages[1:]])
    assert check(write_table, splits).verdict.passed
    splits["eval"] = with_column(splits["eval"], "age", [None] * 50 + ages[50:])
    validation = check(write_table, splits)
    assert ("age", "eval", "ERROR") in {(item.feature, item.split, item.severity) for item in validation.anomalies}


def test_infinite_values_are_refused(write_table):
    splits = make_splits()
    splits["train"] = with_column(splits["train"], "income", [float("inf"), *[1.5, 2.5] * 399, 1.0])
    assert any("Inf" in reason for reason in check(write_table, splits).verdict.reasons)


def test_a_shifted_split_is_refused_as_drift(write_table):
    splits = make_splits()
    ages = np.array(splits["eval"].column("age")) + 30
    splits["eval"] = with_column(splits["eval"], "age", ages)
    validation = check(write_table, splits)
    assert [drift.feature for drift in validation.drift if drift.distance > drift.threshold] == ["age"]
    assert validation.verdict.reasons[0].startswith("age: the Jensen-Shannon divergence between train and eval is 0.")
    assert len(validation.verdict.reasons) == 1
    assert check(write_table, splits, warn_only=("split_drift",)).verdict.passed
    assert check(write_table, splits, max_drift={"age": 1.0}).verdict.passed


def test_one_message_holds_the_anomalies_and_distances_of_all_splits(write_table):
    splits = make_splits()
    for split in ("eval", "test"):
        splits[split] = with_column(splits[split], "region", ["west"] * 200)
    found = validate(write_table(splits), CONFIG).anomalies
    info = found.anomaly_info["region"]
    assert info.severity == anomalies_pb2.AnomalyInfo.ERROR
    assert all(f"{split}: " in info.description for split in ("eval", "test"))
    measured = [record for record in found.drift_skew_info if record.path.step[0] == "region"]
    assert [record.skew_measurements[0].value for record in measured] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "settings", "expected"),
    [
        (lambda splits: splits, {"min_rows": 801}, "split train has 800 rows; at least 801 are required"),
        (lambda splits: {**splits, "test": splits["test"].slice(0, 0)}, {}, "split test has 0 rows; at least 5"),
        (lambda splits: {"train": splits["train"]}, {}, "split eval has 0 rows"),
        (
            lambda splits: {**splits, "eval": with_column(splits["eval"], "repaid", ["yes"] * 200)},
            {},
            "label repaid has one value only in split eval",
        ),
        (
            lambda splits: {
                **splits,
                "test": with_column(splits["test"], "repaid", NO_LABELS),
            },
            {},
            "label repaid is missing in every row of split test",
        ),
        (lambda splits: splits, {"max_missing_fractions": {"income": 0.01}}, "column income is missing in"),
    ],
    ids=["too few rows", "empty split", "no split", "one label value", "no label", "missing values"],
)
def test_the_reason_of_a_refusal_is_named(write_table, change, settings, expected):
    reasons = check(write_table, change(make_splits()), **settings).verdict.reasons
    assert any(reason.startswith(expected) for reason in reasons)


def test_a_copy_of_the_label_is_a_warning_and_refused_on_request(write_table):
    splits = make_splits()
    splits = {
        split: rows.append_column("settled", pa.array(np.where(np.array(rows.column("repaid")) == "yes", "S", "O")))
        for split, rows in splits.items()
    }
    expected = "column settled alone predicts repaid (area under the ROC curve 1.0000); it may hold the label"
    verdict = check(write_table, splits).verdict
    assert verdict.passed
    assert expected in verdict.warnings
    assert check(write_table, splits, fail_on_leakage=True).verdict.reasons == (expected,)


def test_rows_of_the_training_split_in_another_one_are_a_warning_whatever_their_identifier(write_table):
    splits = make_splits()
    copies = with_column(splits["train"].slice(0, 200), "id", [f"copy-{index}" for index in range(200)])
    splits["test"] = copies
    assert "100.0% of the rows of split test also stand in split train" in check(write_table, splits).verdict.warnings


def test_columns_that_are_no_features_are_named(honest):
    warnings = honest.validation.verdict.warnings
    assert "constant columns do not become features: currency (one value in the training split)" in warnings
    assert any(warning.startswith("identifier columns do not become features: id (100%") for warning in warnings)


def test_a_table_without_features_is_refused(write_table):
    splits = {split: rows.select(["id", "currency", "repaid"]) for split, rows in make_splits().items()}
    assert check(write_table, splits).verdict.reasons == (
        "no column becomes a feature; name the kind of some in kinds",
    )


def test_a_given_schema_means_what_it_says(write_table, honest, tmp_path):
    schema = schema_pb2.Schema()
    schema.CopyFrom(honest.schema)
    age = next(feature for feature in schema.feature if feature.name == "age")
    age.int_domain.max = 40
    tfdv.write_schema_text(schema, str(tmp_path / "schema.pbtxt"))
    for uri in (str(tmp_path), str(tmp_path / "schema.pbtxt"), (tmp_path / "schema.pbtxt").as_uri()):
        validation = check(write_table, make_splits(), schema_uri=uri)
        assert {(item.feature, item.severity) for item in validation.anomalies} == {("age", "ERROR")}


def test_a_plain_schema_of_tfdv_gets_what_transform_needs(loans, honest, tmp_path):
    tfdv.write_schema_text(tfdv.infer_schema(honest.statistics["train"]), str(tmp_path / "schema.pbtxt"))
    schema = validate(loans, ValidateConfig(label="repaid", schema_uri=str(tmp_path), warn_only=("schema",))).schema
    tags = {feature.name: list(feature.annotation.tag) for feature in schema.feature}
    assert tags["repaid"] == ["categorical", "label"]
    assert tags["id"] == ["identifier"]
    assert list(schema.default_environment) == ["TRAINING", "SERVING"]


def test_new_and_dropped_columns_are_anomalies_of_a_given_schema(write_table, folders):
    splits = {
        split: rows.drop(["age"]).append_column("extra", rows.column("age")) for split, rows in make_splits().items()
    }
    validation = check(write_table, splits, schema_uri=str(folders / "schema"))
    found = {(item.feature, item.short_description) for item in validation.anomalies}
    assert found == {("age", "Column dropped"), ("extra", "New column")}


def test_an_earlier_run_on_equal_data_shows_no_drift(loans, folders):
    for uri in (folders, folders / "statistics", folders / "statistics" / "train.pb"):
        validation = validate(loans, ValidateConfig(label="repaid", previous_statistics_uri=str(uri))).validation
        previous = [drift for drift in validation.drift if drift.compared_with == "previous"]
        assert {drift.feature for drift in previous} == {"income", "age", "region", "owner", "flag", "repaid"}
        assert max(drift.distance for drift in previous) < 1e-9


def test_the_latest_version_of_a_model_that_was_never_pushed_is_nothing_to_compare_with(loans, tmp_path):
    """WHY: a recurring run names its predecessor the same way every time, the first time too."""
    config = ValidateConfig(label="repaid", previous_statistics_uri=str(tmp_path / "loans" / "latest"))
    assert {drift.compared_with for drift in validate(loans, config).validation.drift} == {"eval", "test"}


def test_an_earlier_run_on_other_data_is_refused_as_drift(write_table, folders):
    splits = {
        split: with_column(rows, "age", np.array(rows.column("age")) + 30) for split, rows in make_splits().items()
    }
    validation = check(write_table, splits, previous_statistics_uri=str(folders))
    assert [reason for reason in validation.verdict.reasons if "train and the previous run" in reason]
    assert len(validation.verdict.reasons) == 1
    lenient = check(write_table, splits, previous_statistics_uri=str(folders), warn_only=("previous_drift",))
    assert lenient.verdict.passed


def test_columns_that_went_and_values_that_went_missing_since_the_previous_run_are_refused(write_table, folders):
    splits = {}
    for split, rows in make_splits().items():
        income = [None if index % 2 else value for index, value in enumerate(rows.column("income").to_pylist())]
        splits[split] = with_column(rows.drop(["region"]), "income", income)
    reasons = check(write_table, splits, previous_statistics_uri=str(folders)).verdict.reasons
    assert "column region of the previous run is gone" in reasons
    assert any(reason.startswith("missing values of column income went from") for reason in reasons)


def test_statistics_that_plain_tfdv_wrote_can_be_compared(loans, tmp_path):
    frame = pa.concat_tables([pa.parquet.read_table(file) for file in loans.files("train")]).to_pandas()
    statistics = tfdv.generate_statistics_from_dataframe(frame[["income", "age", "region"]])
    (tmp_path / "train.pb").write_bytes(statistics.SerializeToString())
    validation = validate(loans, ValidateConfig(label="repaid", previous_statistics_uri=str(tmp_path))).validation
    previous = {drift.feature: drift.distance for drift in validation.drift if drift.compared_with == "previous"}
    assert set(previous) == {"income", "age", "region"}
    assert max(previous.values()) < 0.01
    assert "column flag was not in the previous run" in validation.verdict.warnings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": "target"}, "label 'target' is not in the table; it has id, income"),
        ({"label": "repaid", "kinds": {"ages": ColumnKind.NUMERIC}}, "column 'ages' is not in the table"),
        (
            {"label": "repaid", "schema_uri": "{root}/nowhere"},
            "holds none of schema.pbtxt, schema/schema.pbtxt, assets.extra/schema.pbtxt",
        ),
        ({"label": "repaid", "schema_uri": "{root}/broken.pbtxt"}, "is no tensorflow.metadata.v0.Schema in text form"),
        ({"label": "repaid", "schema_uri": "{root}/empty.pbtxt"}, "is a schema without features"),
        (
            {"label": "repaid", "previous_statistics_uri": "{root}"},
            "holds none of train.pb, statistics/train.pb, assets.extra/statistics/train.pb",
        ),
        (
            {"label": "repaid", "previous_statistics_uri": "{root}/broken.pb"},
            "is no binary DatasetFeatureStatisticsList",
        ),
        ({"label": "repaid", "previous_statistics_uri": "{root}/none.pb"}, "there is no such file"),
    ],
)
def test_what_the_caller_should_fix_is_an_input_error(loans, tmp_path, settings, message):
    (tmp_path / "broken.pbtxt").write_text("feature { nothing like this }")
    (tmp_path / "empty.pbtxt").write_text("")
    (tmp_path / "broken.pb").write_bytes(b"\xff\xff\xff nothing")
    settings = {name: value.format(root=tmp_path) if "uri" in name else value for name, value in settings.items()}
    with pytest.raises(InputError, match=message) as error:
        validate(loans, ValidateConfig(**settings))
    assert not isinstance(error.value, DataError)


def test_a_table_without_training_rows_is_a_data_error(write_table):
    with pytest.raises(DataError, match="split 'train' has no rows"):
        check(write_table, {"train": make_loans(10, 0).slice(0, 0), "eval": make_loans(10, 1)})


def test_an_unfinished_table_is_an_input_error(tmp_path):
    from slipway.contracts.tables import TableFolder

    with pytest.raises(InputError, match=r"manifest\.json is missing"):
        validate(TableFolder(tmp_path), CONFIG)


def test_files_that_are_not_those_of_the_manifest_are_a_data_error(tmp_path):
    table = store_table(tmp_path, make_splits(train=100, other=20))
    manifest = json.loads(table.manifest_path.read_text())
    manifest["splits"]["eval"][0]["rows"] = 21
    table.manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="split 'eval' hold 20 rows, the manifest says 21"):
        validate(table, CONFIG)
    manifest["columns"][0]["name"] = "key"
    table.manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="the manifest says key, income"):
        validate(table, CONFIG)
    pa.parquet.write_table(make_loans(21, 5).drop(["age"]), tmp_path / "eval" / "part-00000.parquet")
    manifest["columns"][0]["name"] = "id"
    table.manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="a file of split 'eval' has the columns"):
        validate(table, CONFIG)


def test_the_document_holds_no_value_that_json_lacks(honest):
    json.dumps(to_plain(honest.validation), allow_nan=False)
