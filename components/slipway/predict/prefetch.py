"""Reading ahead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetched(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; a thread makes the next one while the caller works on this one.

    At most one item waits. An error comes to the caller when its item would; a caller that stops early ends the thread.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read") as executor:
        coming = executor.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = executor.submit(next, items, None)
            yield item
