"""The next item is made while the caller works on this one."""

import threading

import pytest

from slipway.tables.prefetch import prefetch


def test_items_come_in_order_and_all_of_them():
    assert list(prefetch(iter(range(1000)))) == list(range(1000))
    assert list(prefetch(iter(()))) == []


def test_the_next_item_is_made_meanwhile_and_no_more_than_one():
    """The caller holds the first item until the second is made; the third must wait for the caller."""
    made: list[int] = []
    second_is_made = threading.Event()

    def items():
        for number in range(3):
            made.append(number)
            if number == 1:
                second_is_made.set()
            yield number

    for item in prefetch(items()):
        if item == 0:
            assert second_is_made.wait(timeout=30)
            assert made == [0, 1]
    assert made == [0, 1, 2]


def test_an_error_comes_when_its_item_would():
    def items():
        yield 1
        raise ValueError("the second")

    ahead = prefetch(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="the second"):
        next(ahead)


def test_a_caller_that_stops_early_leaves_no_thread():
    before = threading.active_count()
    items = prefetch(iter(range(10)))
    assert next(items) == 0
    items.close()
    assert threading.active_count() == before
