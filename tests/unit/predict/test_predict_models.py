"""Which model predicts: an artifact, a pushed version, or the newest one; here or in a store."""

from pathlib import Path

import fsspec
import pytest

from slipway.contracts.errors import InputError
from slipway.steps.predict.core import chosen_model


def test_a_trainings_output_and_a_pushed_version_are_told_apart(make_model, make_version):
    version = make_version()
    with chosen_model(make_model().root, "") as trained:
        assert trained.saved_model == make_model().saved_model
    for given in ((version, ""), (None, str(version))):
        with chosen_model(*given) as pushed:
            assert (pushed.saved_model, pushed.spec, pushed.uri) == (version, trained.spec, str(version))


def test_latest_is_the_newest_whole_version(make_version, tmp_path):
    newest = [make_version(number) for number in (1, 2, 10)][-1]
    (tmp_path / "models" / "customers" / "11").mkdir()
    with chosen_model(None, f"{tmp_path}/models/customers/latest") as model:
        assert (model.uri, model.saved_model) == (str(newest), newest)


def test_a_version_in_a_store_is_copied_and_the_copy_goes_again(make_version):
    fsspec.filesystem("memory").put(str(make_version()), "/batch/customers/1", recursive=True)
    with chosen_model(None, "memory://batch/customers/latest") as model:
        assert model.uri == "memory://batch/customers/1"
        assert (model.saved_model / "saved_model.pb").is_file()
    assert not model.saved_model.exists()


@pytest.mark.parametrize(
    ("model", "uri", "told"), [(Path("m"), "u", "both are given"), (None, " ", "neither is given")]
)
def test_one_of_artifact_and_address_says_which_model(model, uri, told):
    with (
        pytest.raises(InputError, match=f"one of model and model_uri says which model predicts; {told}"),
        chosen_model(model, uri),
    ):
        pass


def refusal(uri):
    with pytest.raises(InputError) as raised, chosen_model(None, str(uri)):
        pass
    return str(raised.value)


def test_a_model_that_is_not_there_is_named_with_what_would_be_right(make_version, tmp_path):
    assert refusal(tmp_path / "none") == f"{tmp_path}/none: there is no such folder"
    assert refusal(tmp_path / "none" / "latest") == f"model_uri {tmp_path}/none/latest: nothing is published there yet"
    models = make_version(3).parent
    wanted = f"{models} should be a pushed version's folder, with saved_model.pb and assets.extra/model.json"
    assert refusal(models) == f"{wanted}; it holds versions: give {models}/3 or {models}/latest"
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").endswith("with saved_model.pb and assets.extra/model.json")
