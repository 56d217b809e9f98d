"""The next item is made while this one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterator[Item], thread: str = "read") -> Generator[Item]:
    """Yield the same items in the same order; a thread makes the next while the caller works on this one, and no more.

    An error comes to the caller when its item would; a caller that closes the iterator early ends the thread.

    Args:
        items: each is made when it is taken.
        thread: name of the thread.
    """
    end = object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=thread) as executor:
        coming = executor.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = executor.submit(next, items, end)
            yield item  # type: ignore[misc]
