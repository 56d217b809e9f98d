"""The next item is made while this one is used."""

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterator[Item], executor: Executor) -> Iterator[Item]:
    """``items``, none of which is None; ``executor`` fetches the next while the caller works on one, and no more.

    What ``items`` raises is raised in its place.
    """
    coming = executor.submit(next, items, None)
    while (item := coming.result()) is not None:
        coming = executor.submit(next, items, None)
        yield item
