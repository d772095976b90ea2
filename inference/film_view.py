"""What a film shows, by its pixels: PA, AP, lateral or no chest; how it is turned; inverted; mirrored.

The gate decides what is read (`inference.gate`); this only says how a film hangs. It knows the view of films whose tag
is missing, tells the reader of a film that hangs wrongly, and looks at each synthetic film whether it is of the view
that was asked for. PA and AP can't always be told from pixels alone: the manifest of the network says how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.gate import fit, network_input
from inference.small_network import read_network

SeenView = Literal["PA", "AP", "lateral", "no chest"]
SEEN_VIEWS: tuple[SeenView, ...] = ("PA", "AP", "lateral", "no chest")
FOLDER = Path(__file__).parent / "view_network"
SIDE = 112
_NAMES = ("view", "turns", "inverted", "mirrored")


@dataclass(frozen=True, slots=True)
class Sure:
    """Probabilities from which on the network's word is taken; set on held-out films by the recipe."""

    turned: float = 0.9
    inverted: float = 0.9
    mirrored: float = 0.95
    projection: float = 0.8  # PA or AP, one against the other


DEFAULT_SURE = Sure()


@dataclass(frozen=True, slots=True)
class ViewSeen:
    """What the network sees in one picture. How it hangs means nothing where `view` is “no chest”."""

    view: SeenView  # the likeliest
    quarter_turns: int = 0  # clockwise, by which the film is turned from upright: 0 to 3
    is_inverted: bool = False  # air is bright
    is_mirrored: bool = False  # a frontal film whose left is right; False where the network is not sure
    is_sure_of_projection: bool = True  # PA or AP is more than the likelier of two
    scores: Mapping[str, float] = field(
        default_factory=dict
    )  # by view, "turned 0" to 3, "inverted", "mirrored"

    @property
    def is_frontal(self) -> bool:
        return self.view in ("PA", "AP")

    @property
    def hangs_right(self) -> bool:
        return self.quarter_turns == 0 and not self.is_inverted and not self.is_mirrored

    def is_of(self, view: str) -> bool:
        """True if this may be a film of `view`: PA and AP count as one where the network can't tell."""
        if self.is_frontal and view in ("PA", "AP"):
            return self.view == view or not self.is_sure_of_projection
        return self.view == view


class FilmLook:
    """The view network. Made by `load_film_look`; may be used from several threads."""

    def __init__(self, session: Any, sure: Sure) -> None:
        self._session = session  # onnxruntime.InferenceSession
        self.sure = sure

    def look(self, picture: NDArray[np.uint8]) -> ViewSeen:
        """Look at one picture.

        Args:
            picture: (rows, columns) uint8, as it would be shown (see `inference.film_picture`).

        Raises:
            ValueError: It is no grey 8-bit picture.
        """
        if picture.ndim != 2 or picture.dtype != np.uint8 or not picture.size:
            raise ValueError(f"a grey 8-bit picture is needed, not {picture.dtype} of shape {picture.shape}")
        batch = network_input(fit(np.ascontiguousarray(picture), SIDE))[None, None]
        found = dict(zip(_NAMES, self._session.run(list(_NAMES), {"picture": batch}), strict=True))
        return seen(
            found["view"][0], found["turns"][0], found["inverted"][0], found["mirrored"][0], self.sure
        )


def seen(
    view: NDArray[Any], turns: NDArray[Any], inverted: float, mirrored: float, sure: Sure = DEFAULT_SURE
) -> ViewSeen:
    """From the network's probabilities to what is said. Pure."""
    scores: dict[str, float] = {str(name): float(p) for name, p in zip(SEEN_VIEWS, view, strict=True)}
    scores |= {f"turned {number}": float(p) for number, p in enumerate(turns)}
    scores |= {"inverted": float(inverted), "mirrored": float(mirrored)}
    frontal = scores["PA"] + scores["AP"]
    likelier: SeenView = "PA" if scores["PA"] >= scores["AP"] else "AP"
    other: SeenView = "lateral" if scores["lateral"] >= scores["no chest"] else "no chest"
    said = likelier if frontal >= scores[other] else other
    most = int(np.argmax(turns))
    is_frontal = said in ("PA", "AP")
    return ViewSeen(
        view=said,
        quarter_turns=most if float(turns[most]) >= sure.turned else 0,
        is_inverted=float(inverted) >= sure.inverted,
        is_mirrored=is_frontal and float(mirrored) >= sure.mirrored,
        is_sure_of_projection=is_frontal and scores[likelier] >= sure.projection * max(frontal, 1e-9),
        scores=scores,
    )


def look_at_view(picture: NDArray[np.uint8]) -> ViewSeen:
    """`FilmLook.look` of the bundled network, which is loaded once.

    Raises:
        PackRefused: The network's files are missing or not what their manifest says.
        ValueError: The picture is no grey 8-bit picture.
    """
    return _bundled().look(picture)


@cache
def _bundled() -> FilmLook:
    return load_film_look()


def load_film_look(folder: Path = FOLDER) -> FilmLook:
    """Load the network.

    Raises:
        PackRefused: Files are missing or not what the manifest says.
    """
    import onnxruntime

    manifest, weights = read_network(folder, "view.onnx", "The view network")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a few milliseconds; more threads only wake up
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    return FilmLook(session, Sure(**manifest["sure"]))


LIKELY = 0.9
"""Probability of another view from which on the reader of a frontal film is told."""


def words_for_reader(seen: ViewSeen) -> str:
    """What a reader should know about a film that is read as a frontal one; empty where nothing is odd about it."""
    if seen.view == "no chest":
        return "The film may show no chest." if seen.scores.get("no chest", 0) >= LIKELY else ""
    if seen.view == "lateral":
        is_likely = seen.scores.get("lateral", 0) >= LIKELY
        return "The film looks like a lateral view; only frontal films are read." if is_likely else ""
    if seen.hangs_right:
        return ""
    turned = ("", "turned a quarter to the right", "upside down", "turned a quarter to the left")
    said = [turned[seen.quarter_turns]] if seen.quarter_turns else []
    said += ["inverted (air is bright)"] if seen.is_inverted else []
    said += ["mirrored (or the heart lies on the right)"] if seen.is_mirrored else []
    return f"The film looks {' and '.join(said)}; findings may name the wrong side or place."
