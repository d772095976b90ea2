"""The header names the adapter on a line of its own, where a long title can't cut it off."""

from __future__ import annotations

from inference.backend import PackInfo
from plugin.header import Header
from plugin.view import PanelView

BASE = "0.4.0"


def shown(version: str) -> PanelView:
    return PanelView(pack=PackInfo("starter", version, "f" * 64, "Starter", "MIT", True, ""))


def test_the_adapter_stands_on_its_own_line_and_goes_with_it(qtbot):
    header = Header()
    qtbot.addWidget(header)

    header.show_view(shown(f"{BASE} + site adapter bd6eec1a57"))
    assert header.adapter_label.text() == "With site adapter bd6eec1a57"
    assert not header.adapter_label.isHidden()

    header.show_view(shown(BASE))
    assert header.adapter_label.isHidden()
