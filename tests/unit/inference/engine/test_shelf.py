"""What was not used longest goes first."""

from inference.engine.shelf import Shelf


def test_the_least_recently_used_entry_is_forgotten_first():
    shelf: Shelf[str] = Shelf(2)
    shelf.put("a", "first")
    shelf.put("b", "second")
    shelf.get("a")
    shelf.put("c", "third")

    assert "b" not in shelf
    assert list(shelf) == ["first", "third"]


def test_the_capacity_counts_sizes_not_entries():
    shelf: Shelf[str] = Shelf(10, size=len)
    for key in "abc":
        shelf.put(key, "xxxx")

    assert "a" not in shelf
    assert shelf.total == 8


def test_an_entry_larger_than_the_shelf_is_kept_alone():
    shelf: Shelf[str] = Shelf(10, size=len)
    shelf.put("small", "x")
    shelf.put("large", "x" * 50)

    assert len(shelf) == 1
    assert shelf.get("large") is not None
