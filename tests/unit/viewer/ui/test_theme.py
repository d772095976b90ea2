"""The theme can be read in a dark room, by everybody: contrast (WCAG 2.1, 1.4.3) and colour-blind-safe marks."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from viewer.api import Mark
from viewer.ui import theme

LEAST_CONTRAST = 4.5
OKABE_ITO = {
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
}
SEEN_BY = {
    "everybody": np.eye(3),
    # Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
    "protanopes": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopes": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopes": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(color: str) -> np.ndarray:
    levels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1: 1 for the same colour, 21 for black and white."""
    dark, bright = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (bright + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb.clip(
        0, 1
    )
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def rules_with_both_colors() -> list[tuple[str, str, str]]:
    """Every rule of the style sheet that sets text and ground: its selector and the two colours."""
    found = []
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", theme.STYLE):
        said = dict(re.findall(r"(?<![-\w])(color|background):\s*(#[0-9a-fA-F]{6})", body))
        if len(said) == 2 and ":disabled" not in selector:
            found.append((selector.strip(), said["color"], said["background"]))
    return found


@pytest.mark.parametrize(("selector", "text", "ground"), rules_with_both_colors())
def test_every_rule_that_sets_text_and_ground_can_be_read(selector, text, ground):
    assert contrast(text, ground) >= LEAST_CONTRAST, selector


@pytest.mark.parametrize(("text", "ground"), theme.TEXT_ON)
def test_every_pair_that_meets_on_the_screen_can_be_read(text, ground):
    assert contrast(text, ground) >= LEAST_CONTRAST


def test_marked_text_can_be_read_too(qapp):
    palette = theme.dark_palette()
    pair = (palette.highlightedText().color().name(), palette.highlight().color().name())
    assert contrast(*pair) >= LEAST_CONTRAST


def test_the_contrast_of_black_and_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_marks_have_colours_of_okabe_and_ito():
    assert set(theme.MARK_COLORS) <= OKABE_ITO
    assert Mark("a", "film", (0, 0, 1, 1)).color in theme.MARK_COLORS


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_nobody_takes_one_mark_for_another(eyes):
    seen = [lab(SEEN_BY[eyes] @ linear(color)) for color in theme.MARK_COLORS]
    apart = [float(np.linalg.norm(one - other)) for one, other in itertools.combinations(seen, 2)]
    assert min(apart) > 15  # a difference of 2 is just seen side by side


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_nobody_takes_the_prior_for_the_current_film(eyes):
    current, prior = (lab(SEEN_BY[eyes] @ linear(color)) for color in (theme.ACCENT, theme.PRIOR))
    assert np.linalg.norm(current - prior) > 12


@pytest.mark.parametrize("color", theme.MARK_COLORS)
def test_marks_are_seen_on_a_black_film(color):
    assert contrast(color, "#000000") >= 4.5


def test_what_is_selected_can_be_read():
    """A ground for what is selected without a text for it takes the palette's, which is made for another ground."""
    found = re.findall(r"[^{}]+\{([^{}]*selection-background-color[^{}]*)\}", theme.STYLE)
    assert found
    for body in found:
        said = dict(re.findall(r"(selection-(?:background-)?color):\s*(#[0-9a-fA-F]{6})", body))
        assert contrast(said["selection-color"], said["selection-background-color"]) >= LEAST_CONTRAST
