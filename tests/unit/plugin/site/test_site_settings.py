"""What a site chose survives, and nothing strange in the file does harm."""

from __future__ import annotations

import pytest

from plugin.settings import PanelSettings, settings_from
from plugin.site.settings import (
    LONGEST_WAIT_S,
    NAME,
    SiteSettings,
    changed_names,
    fixed_names,
    keep,
    settings_from_values,
    site_settings,
    values_of,
)

FULL = SiteSettings("triage", 30, True, "Dr. Kim", "St. Mary", True, "/site/texts.json")


class Kept:
    def __init__(self) -> None:
        self.values: dict = {}

    def get(self, name, default=None):
        return self.values.get(name, default)

    def set(self, name, value):
        self.values[name] = value


def test_a_site_that_chose_nothing_reads_second_and_keeps_nothing():
    chosen = settings_from_values(None)

    assert (chosen.mode, chosen.reveal_after_s, chosen.keeps_corrections) == ("second reader", 0, False)


def test_what_was_chosen_comes_back():
    assert settings_from_values(values_of(FULL)) == FULL


def test_each_strange_value_falls_back_alone():
    told = {
        **values_of(FULL),
        "mode": "always",
        "reveal_after_s": "soon",
        "keeps_corrections": 1,
        "colour": "red",
    }

    assert settings_from_values(told) == SiteSettings(
        "second reader", 0, True, "Dr. Kim", "St. Mary", False, "/site/texts.json"
    )


@pytest.mark.parametrize("made_in", [None, "one", 0, -3, True, 99])
def test_a_strange_format_number_does_no_harm(made_in):
    assert settings_from_values({**values_of(FULL), "format": made_in}) == FULL


def test_names_are_trimmed_and_the_wait_has_bounds():
    chosen = settings_from_values({"reader_name": " Dr. Kim ", "reveal_after_s": 10**9})

    assert (chosen.reader_name, chosen.reveal_after_s) == ("Dr. Kim", LONGEST_WAIT_S)
    assert settings_from_values({"reveal_after_s": -5}).reveal_after_s == 0


def test_the_environment_goes_before_the_site():
    kept = Kept()
    keep(kept, FULL)

    told = site_settings(kept, settings_from({"SIDELIGHT_MODE": "concurrent", "SIDELIGHT_AUTO_READ": "0"}))

    assert (told.mode, told.reads_by_itself, told.reader_name) == ("concurrent", False, "Dr. Kim")
    assert kept.values[NAME]["format"] == 1


def test_without_the_environment_the_site_decides():
    kept = Kept()
    keep(kept, FULL)

    assert site_settings(kept, PanelSettings()) == FULL


def test_a_change_is_told_by_name_only():
    assert changed_names(SiteSettings(), SiteSettings(reader_name="Dr. Kim", mode="triage")) == (
        "mode",
        "reader_name",
    )
    assert changed_names(FULL, FULL) == ()


def test_an_older_format_is_brought_up_to_date_step_by_step(monkeypatch):
    def name_the_reader(told):
        return {**told, "reader_name": told["doctor"]}

    monkeypatch.setattr("plugin.site.settings._NEWER", (name_the_reader,))

    assert settings_from_values({"format": 1, "doctor": "Dr. Kim"}).reader_name == "Dr. Kim"
    assert settings_from_values({"format": 2, "doctor": "Dr. Kim"}).reader_name == ""


def test_what_the_environment_decides_is_known_by_name():
    assert fixed_names(PanelSettings()) == frozenset()
    assert fixed_names(PanelSettings(mode="triage", auto_read=False)) == {"mode", "reads_by_itself"}
