from plugin.settings import PanelSettings, settings_from


def test_nothing_is_read_by_itself_unless_asked_for():
    assert settings_from({}) == PanelSettings(None, False, None, "auto")


def test_the_environment_can_switch_on_what_the_demo_needs():
    settings = settings_from(
        {"SIDELIGHT_AUTO_READ": "1", "SIDELIGHT_ALLOW_SYNTHETIC": "1", "SIDELIGHT_PACK": "m4cxr"}
    )

    assert settings == PanelSettings(True, True, "m4cxr", "auto")


def test_only_a_plain_1_permits_synthetic_films():
    assert not settings_from({"SIDELIGHT_ALLOW_SYNTHETIC": "yes please"}).allow_synthetic


def test_films_are_looked_at_before_anybody_asks_only_where_the_site_wants_it():
    assert not settings_from({}).prefetch
    assert settings_from({"SIDELIGHT_PREFETCH": "1"}).prefetch
