"""How often a run on a cluster is looked at, and when the watch is given up; with a clock that only pauses move."""

from types import SimpleNamespace

import pytest

from slipway.contracts.errors import TransientError
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.clusters.service.service_records import ServiceRun
from slipway.runs.clusters.submit import Submitted, Watch, follow

SUBMITTED = Submitted(run_id="r", link="https://kfp/#/runs/details/r", uploaded=True)


class Clock:
    """Time goes by in pauses alone."""

    def __init__(self):
        self.now, self.pauses = 1000.0, []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def watch(self, **values):
        return Watch(sleep=self.sleep, clock=lambda: self.now, **values)


class Service:
    """Gives one answer after the other, the last one for ever; an answer may be an error."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def run(self, run_id):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return ServiceRun(run_id=run_id, name="r", state=answer)


@pytest.fixture(scope="module")
def plan():
    ir = compiled_pipeline("batch_prediction")
    return SimpleNamespace(package=SimpleNamespace(ir=ir), pipeline="batch-prediction", parameters={})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watcher():
    return SimpleNamespace(running=lambda names: None, finished=lambda step: None)


def test_each_pause_is_half_as_long_again_until_the_longest(plan, clock, watcher):
    """WHY: a run of hours that is looked at ever more rarely would end unseen for hours."""
    service = Service(*["RUNNING"] * 10, "SUCCEEDED")
    follow(plan, SUBMITTED, service, watcher, clock.watch(first_pause_seconds=1.0, longest_pause_seconds=4.0))
    assert clock.pauses == [1.0, 1.5, 2.25, 3.375, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]


def test_nothing_but_the_users_own_limit_ends_a_run_that_goes_on(plan, clock, watcher):
    summary = follow(plan, SUBMITTED, Service(*["RUNNING"] * 5000, "SUCCEEDED"), watcher, clock.watch())
    assert summary.outcome == "succeeded"
    assert max(clock.pauses) == 5.0


def test_the_users_limit_is_kept_to_a_pause(plan, clock, watcher):
    with pytest.raises(TransientError, match="not done after 60 s; the run goes on: https://kfp/"):
        follow(plan, SUBMITTED, Service("RUNNING"), watcher, clock.watch(timeout_seconds=60.0))
    assert 60.0 < sum(clock.pauses) <= 65.0


def test_a_service_that_is_silent_for_a_while_is_waited_for(plan, clock, watcher):
    service = Service("RUNNING", *[TransientError("no answer")] * 50, "RUNNING", "SUCCEEDED")
    assert follow(plan, SUBMITTED, service, watcher, clock.watch()).outcome == "succeeded"


def test_a_service_that_stays_silent_is_given_up(plan, clock, watcher):
    service = Service("RUNNING", TransientError("no answer"))
    with pytest.raises(TransientError, match="lost sight of the run, which goes on"):
        follow(plan, SUBMITTED, service, watcher, clock.watch(silence_seconds=100.0))
    assert 100.0 < sum(clock.pauses) <= 105.0
