"""Which variant is good enough, and which of those is taken; by numbers alone."""

from dataclasses import replace

import pytest

from slipway.compression.choice import Bounds, allowed_loss, choose, deciding_metric, loss
from slipway.contracts.compressions import Variant
from slipway.contracts.documents import parse
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import Label, Problem
from slipway.steps.compress.config import CompressConfig

BINARY = Label(name="income", problem=Problem.BINARY, classes=("low", "high"))
PRICE = Label(name="price", problem=Problem.REGRESSION, mean=200.0, standard_deviation=40.0)


def variant(name: str, size: int, latency: float = 1.0, **metrics: float) -> Variant:
    return Variant(
        name=name,
        file=f"{name}.tflite",
        bytes=size,
        metrics=metrics,
        latency_milliseconds=latency,
        accepted=True,
    )


FLOAT = variant("float", 1000, accuracy=0.9)


def test_the_smallest_accepted_variant_is_chosen_though_another_is_better_and_faster():
    others = [variant("float16", 500, 0.1, accuracy=0.9), variant("dynamic_range", 300, 2.0, accuracy=0.896)]
    found = choose(FLOAT, others, BINARY, Bounds())
    assert (found.chosen, found.verdict.passed, found.metric, found.allowed_loss) == (
        "dynamic_range",
        True,
        "accuracy",
        0.005,
    )


def test_of_equally_small_variants_the_fastest_is_chosen():
    others = [variant("dynamic_range", 300, 2.0, accuracy=0.9), variant("int8", 300, 1.0, accuracy=0.9)]
    assert choose(FLOAT, others, BINARY, Bounds()).chosen == "int8"


@pytest.mark.parametrize(
    ("bounds", "accepted"),
    [
        (Bounds(allowed_loss=0.25), True),
        (Bounds(allowed_loss=0.2499), False),
        (Bounds(allowed_loss=1.0, max_latency_milliseconds=2.0), True),
        (Bounds(allowed_loss=1.0, max_latency_milliseconds=1.99), False),
        (Bounds(allowed_loss=1.0, max_bytes=250), True),
        (Bounds(allowed_loss=1.0, max_bytes=249), False),
    ],
)
def test_what_lies_exactly_at_a_bound_is_accepted(bounds: Bounds, accepted: bool):
    found = choose(variant("float", 1000, accuracy=0.75), [variant("int8", 250, 2.0, accuracy=0.5)], BINARY, bounds)
    assert (found.verdict.passed, found.variants[1].accepted) == (accepted, accepted)


def test_of_equally_small_and_fast_variants_the_first_by_name_is_chosen():
    others = [variant("int8", 300, accuracy=0.9), variant("dynamic_range", 300, accuracy=0.9)]
    assert choose(FLOAT, others, BINARY, Bounds()).chosen == "dynamic_range"


def test_a_variant_of_equal_size_saves_nothing():
    same, smaller = (variant("int8", size, accuracy=0.9) for size in (1000, 999))
    assert len(choose(FLOAT, [same], BINARY, Bounds()).verdict.warnings) == 1
    assert choose(FLOAT, [smaller], BINARY, Bounds()).verdict.warnings == ()


def test_a_variant_that_loses_too_much_is_passed_over():
    others = [variant("int8", 250, accuracy=0.89), variant("float16", 500, accuracy=0.9)]
    found = choose(FLOAT, others, BINARY, Bounds())
    assert found.chosen == "float16"
    assert [(v.name, v.accepted, v.refusals) for v in found.variants] == [
        ("float", True, ()),
        ("int8", False, ("accuracy goes from 0.9 to 0.89, allowed is a loss of 0.005",)),
        ("float16", True, ()),
    ]


def test_it_is_refused_with_every_reason_when_no_variant_is_good_enough():
    others = [variant("int8", 250, 3.0, accuracy=0.8), variant("float16", 500, 1.0, accuracy=0.9)]
    config = Bounds(max_bytes=400, max_latency_milliseconds=2.0)
    found = choose(FLOAT, others, BINARY, config)
    assert found.chosen == ""
    assert found.verdict.reasons == (
        "int8: accuracy goes from 0.9 to 0.8, allowed is a loss of 0.005",
        "int8: a prediction takes 3 ms, allowed are 2 ms",
        "float16: it has 500 bytes, allowed are 400",
    )


def test_a_metric_that_compression_makes_undefined_is_a_loss():
    before = variant("float", 1000, precision=0.7, accuracy=0.9)
    found = choose(before, [variant("int8", 250, accuracy=0.9)], BINARY, Bounds(metric="precision"))
    assert found.verdict.reasons == ("int8: precision is undefined on the test examples, 0.7 without compression",)


def test_a_metric_that_was_undefined_before_cannot_decide():
    with pytest.raises(DataError, match="precision of the network is undefined"):
        choose(FLOAT, [variant("int8", 250, accuracy=0.9)], BINARY, Bounds(metric="precision"))


def test_a_chosen_variant_that_saves_nothing_is_pointed_out():
    found = choose(FLOAT, [variant("int8", 1200, accuracy=0.9)], BINARY, Bounds())
    assert found.chosen == "int8"
    assert found.verdict.warnings == ("int8 has 1200 bytes and saves nothing: without compression it is 1000",)


@pytest.mark.parametrize(("after", "accepted"), [(20.4, True), (20.41, False), (15.0, True)])
def test_an_error_may_grow_by_one_hundredth_of_the_labels_spread(after: float, accepted: bool):
    found = choose(variant("float", 1000, rmse=20.0), [variant("int8", 250, rmse=after)], PRICE, Bounds())
    assert (found.metric, found.allowed_loss, found.verdict.passed) == ("rmse", 0.4, accepted)


@pytest.mark.parametrize(("metric", "allowed"), [("rmse", 0.4), ("mae", 0.4), ("mse", 16.0), ("r2", 0.005)])
def test_what_is_allowed_by_default_is_in_the_metrics_own_unit(metric: str, allowed: float):
    assert allowed_loss(Bounds(metric=metric), PRICE, metric) == allowed
    assert allowed_loss(Bounds(metric=metric, allowed_loss=0.0), PRICE, metric) == 0.0


def test_losing_means_less_of_what_is_good_and_more_of_what_is_bad():
    assert loss("accuracy", 0.75, 0.5) == 0.25
    assert loss("loss", 0.25, 0.75) == 0.5
    assert loss("loss", 0.75, 0.25) == -0.5


@pytest.mark.parametrize("metric", ["rmse", "calibration", "acuracy"])
def test_only_a_metric_with_a_better_and_a_worse_side_can_decide(metric: str):
    with pytest.raises(InputError, match=f"metric should be one of loss, accuracy, auc.*got '{metric}'"):
        deciding_metric(Bounds(metric=metric), BINARY)


def test_comparing_keeps_what_was_measured():
    measured = replace(variant("int8", 250, accuracy=0.9), largest_difference=0.25)
    assert choose(FLOAT, [measured], BINARY, Bounds()).variants[1] == measured


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"allowed_loss": -0.1}, "allowed_loss must be at least 0, got -0.1"),
        ({"allowed_loss": float("nan")}, "allowed_loss must be at least 0"),
        ({"variants": []}, "variants should be some of"),
        ({"variants": ["int8", "int8"]}, "each once"),
        ({"variants": ["int4"]}, r"got \['int4'\]"),
        (
            {"variants": ["float"]},
            "some of bfloat16_weights, dynamic_range, float16, int8, each",
        ),
        ({"calibration_examples": 0}, "calibration_examples must be at least 1"),
        ({"latency_runs": 9}, "latency_runs must be at least 10"),
        ({"max_latency_milliseconds": 0}, "max_latency_milliseconds must be above 0"),
        ({"max_bytes": 0}, "max_bytes must be at least 1"),
    ],
)
def test_nonsense_is_refused(values: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        parse(CompressConfig, values)
