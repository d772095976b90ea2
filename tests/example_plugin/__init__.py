"""The smallest plugin that uses the whole door: the mean grey of each current film, and a frame around its middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QLabel

from viewer.api import Action, Hanging, Host, Mark, Undo
from viewer.core.study import Film


def activate(host: Host) -> Undo:
    """Called once, after the window is on screen. The viewer takes back what was registered."""
    label = QLabel("No film yet")
    is_framed = host.settings.get("is_framed", False) is True

    def draw() -> None:
        films = host.hanging().current_films if is_framed else ()
        host.set_marks("example", tuple(_middle(film) for film in films))

    def toggle_frame() -> None:
        nonlocal is_framed
        is_framed = not is_framed
        host.settings.set("is_framed", is_framed)
        draw()

    def measure(films: tuple[Film, ...]) -> Callable[[Callable[[], bool]], Iterator[str]]:
        def work(is_stopped: Callable[[], bool]) -> Iterator[str]:  # in a thread: no widget is touched here
            for film in films:
                if is_stopped():
                    return
                yield f"{film.header.view_position}: mean {host.read_pixels(film).stored.mean():.0f}"

        return work

    def hung(hanging: Hanging) -> None:
        draw()
        host.run_in_background(
            measure(hanging.current_films),
            label.setText,  # in the GUI thread, one call per item
            lambda error: host.show_message(f"Example: {error}") if error else None,
        )

    host.add_panel("example", "Example", label)
    host.add_action(
        Action("example.frame", "Frame the middle of the film", toggle_frame, "Ctrl+Alt+M", "Example")
    )
    host.on_hanging_changed(hung)
    hung(host.hanging())
    return lambda: None


def _middle(film: Film) -> Mark:
    """The middle half of a film, in stored pixels."""
    rows, columns = film.header.pixels.rows, film.header.pixels.columns
    box = (columns / 4, rows / 4, columns * 3 / 4, rows * 3 / 4)
    return Mark(f"middle of {film.key}", film.key, box, "Middle", color="#56b4e9", style="dotted")
