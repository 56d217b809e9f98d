"""From the command line to the values of a pipeline's parameters."""

import pytest

from slipway.contracts.errors import InputError
from slipway.runs.arguments import (
    absolute_uri,
    merge_settings,
    model_name_of,
    parse_assignments,
    pipeline_arguments,
    read_overrides,
)

IR = {
    "pipelineInfo": {"name": "p"},
    "root": {
        "dag": {"tasks": {}},
        "inputDefinitions": {
            "parameters": {
                "label": {"parameterType": "STRING"},
                "trials": {"parameterType": "NUMBER_INTEGER"},
                "push_config": {"parameterType": "STRUCT"},
                "ingest_config": {
                    "parameterType": "STRUCT",
                    "defaultValue": {"only_split": "test", "column_types": {"id": "string"}},
                },
            }
        },
    },
}


def test_a_steps_mapping_becomes_its_config_parameter():
    arguments = pipeline_arguments(IR, {"label": "y", "trials": 3, "push": {"keep_versions": 2}})
    assert arguments == {"label": "y", "trials": 3, "push_config": {"keep_versions": 2}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ingest": {"delimiter": ";"}}, {"only_split": "test", "column_types": {"id": "string"}, "delimiter": ";"}),
        (
            {"ingest": {"only_split": None, "column_types": {"zip": "string"}}},
            {"only_split": None, "column_types": {"id": "string", "zip": "string"}},
        ),
        ({"ingest_config": {"delimiter": ";"}}, {"delimiter": ";"}),
    ],
)
def test_a_steps_settings_are_laid_over_what_the_pipeline_sets_and_the_parameter_itself_replaces_it(given, expected):
    """WHY: who sets the delimiter does not mean to undo what makes the pipeline what it is."""
    assert pipeline_arguments(IR, given) == {"ingest_config": expected}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lable": "y"}, "pipeline p has no input 'lable'; did you mean 'label'"),
        ({"trials": "many"}, "trials should be int, got 'many'"),
        ({"push": {"keep_version": 2}}, "push has no 'keep_version'; did you mean 'keep_versions'"),
        ({"push": 3}, "pipeline p has no input 'push'"),
    ],
)
def test_a_setting_that_nothing_knows_is_refused_before_anything_runs(settings, message):
    with pytest.raises(InputError, match=message):
        pipeline_arguments(IR, settings)


def test_assignments_are_read_as_yaml_and_nest_by_dots():
    assignments = ["train-distributed.patience=3", "ingest.exclude_columns=[a, b]", "trials=0"]
    assert parse_assignments(assignments) == {
        "train_distributed": {"patience": 3},
        "ingest": {"exclude_columns": ["a", "b"]},
        "trials": 0,
    }


def test_an_assignment_without_a_value_is_refused():
    with pytest.raises(InputError, match="'trials' should be STEP.KEY=VALUE or PARAMETER=VALUE"):
        parse_assignments(["trials"])


def test_later_settings_win_key_by_key():
    assert merge_settings({"a": {"x": 1, "y": 1}}, {"a": {"y": 2}}, {"b": 3}) == {"a": {"x": 1, "y": 2}, "b": 3}


def test_overrides_must_be_a_mapping(tmp_path):
    file = tmp_path / "o.yaml"
    file.write_text("- a\n")
    with pytest.raises(InputError, match="should hold a mapping of steps to settings"):
        read_overrides(file)
    file.write_text("")
    assert read_overrides(file) == {}


def test_a_missing_file_is_named_with_the_closest_one(tmp_path):
    (tmp_path / "adult.csv").touch()
    with pytest.raises(InputError, match=r"no file '.*aduld.csv'; did you mean .*adult.csv\?"):
        absolute_uri(str(tmp_path / "aduld.csv"))


def test_uris_and_wildcards_are_left_to_the_step_that_reads_them(tmp_path):
    assert absolute_uri("s3://bucket/rows.csv") == "s3://bucket/rows.csv"
    assert absolute_uri(str(tmp_path / "*.csv")) == str(tmp_path / "*.csv")


@pytest.mark.parametrize(
    ("uri", "name"),
    [("/data/adult.csv", "adult"), ("s3://b/my rows.csv.gz", "my-rows"), ("/data/*.parquet", "model"), ("x/y/", "y")],
)
def test_the_model_is_named_after_the_data(uri, name):
    assert model_name_of(uri) == name
