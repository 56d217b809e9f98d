"""The next item is made while this one is used."""

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterator[Item], executor: Executor) -> Iterator[Item]:
    """``items``, the next of which ``executor`` fetches while the caller works on one; never more than one ahead.

    What ``items`` raises is raised in its place.
    """
    end = object()
    coming = executor.submit(next, items, end)
    while (item := coming.result()) is not end:
        coming = executor.submit(next, items, end)
        yield item
