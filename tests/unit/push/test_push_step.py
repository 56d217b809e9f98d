"""What push refuses, and what it publishes where."""

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.published_models import PushFolder
from slipway.contracts.verdicts import Verdict
from slipway.steps.push.config import PushConfig
from slipway.steps.push.core import Inputs, Outputs, Result, run, write
from slipway.storage.object_store import open_store


def push(model: Inputs, destination: str, **config: object) -> Result:
    return run(model, parse(PushConfig, config, destination=destination, model_name="income"))


def test_nothing_is_written_when_a_verdict_refused(make_model, destination):
    model = make_model(evaluation=Verdict(reasons=("auc 0.6 is below 0.8",)), compression=Verdict(reasons=("too big",)))
    with pytest.raises(InputError) as caught:
        push(model, destination)
    assert str(caught.value) == (
        "nothing was pushed: evaluation refused: auc 0.6 is below 0.8 | compression refused: too big"
    )
    assert open_store(f"{destination}/income").names("") == []


def test_a_missing_compressed_model_is_the_callers_fault(make_model, destination):
    model = make_model()
    (model.compressed_model / "model.tflite").unlink()
    with pytest.raises(InputError, match=r"model\.tflite is missing"):
        push(model, destination)
    assert open_store(f"{destination}/income").names("") == []


def test_copies_lie_under_the_number_of_the_version_they_copy(make_model, destination, tmp_path):
    also = [{"target": "copy", "settings": {"destination": str(tmp_path / name)}} for name in ("b", "c")]
    push(make_model("x"), destination)
    result = push(make_model("y"), destination, also=also)
    assert result.pushed.version == 2
    assert result.pushed.also == (str(tmp_path / "b" / "income" / "2"), str(tmp_path / "c" / "income" / "2"))
    first = open_store(result.pushed.uri)
    for uri in result.pushed.also:
        copied = open_store(uri)
        for name in ("saved_model.pb", "fingerprint.pb", "assets.extra/manifest.json", "assets.extra/model.tflite"):
            assert copied.read(name) == first.read(name)


def test_a_push_that_is_repeated_makes_up_for_a_copy_that_is_missing(make_model, destination, tmp_path):
    push(make_model("x"), destination)
    also = [{"target": "copy", "settings": {"destination": str(tmp_path / "b")}}]
    again = [push(make_model("x"), destination, also=also).pushed for _ in range(2)]
    assert [(pushed.version, pushed.pushed, pushed.also) for pushed in again] == [
        (1, False, (str(tmp_path / "b" / "income" / "1"),))
    ] * 2


def test_the_outputs_say_where_the_model_lies(make_model, tmp_path):
    also = [{"target": "copy", "settings": {"destination": str(tmp_path / "b")}}]
    result = push(make_model("x"), str(tmp_path / "a"), also=also)
    outputs = Outputs(pushed=tmp_path / "out" / "pushed", summary=tmp_path / "out" / "summary")
    write(result, outputs)
    assert PushFolder(outputs.pushed).pushed() == result.pushed
    assert str(tmp_path / "b" / "income" / "1") in outputs.summary.read_text()
    assert result.metrics == {"version": 1, "pushed": 1.0, "bytes": result.bytes}
    assert result.facts["also"] == str(tmp_path / "b" / "income" / "1")
