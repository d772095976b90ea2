"""Films and picture rows that the backend holds, within a limit: what was not used longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """A mapping that forgets the least recently used entries beyond a size.

    Args:
        capacity: Sum of sizes that is kept; the newest entry stays even where it alone is larger.
        size: What one entry takes, in the unit of `capacity`.
    """

    def __init__(self, capacity: int, size: Callable[[T], int] = lambda _: 1) -> None:
        self._capacity = capacity
        self._size = size
        self._entries: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str) -> T | None:
        """The entry, which counts as used now."""
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: str, entry: T) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > 1 and self.total > self._capacity:
            self._entries.popitem(last=False)

    def drop(self, key: str) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()

    @property
    def total(self) -> int:
        return sum(self._size(entry) for entry in self._entries.values())

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)
