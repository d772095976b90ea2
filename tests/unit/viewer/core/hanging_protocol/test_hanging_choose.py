"""Which protocol hangs a study, and which film each viewport gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.factories_ui import film
from viewer.core.hanging_protocol.choose import ONE_FILM, choose_protocol
from viewer.core.hanging_protocol.files import bundled_protocols
from viewer.core.hanging_protocol.protocol import FORMAT, Fits, HangingProtocol, HangingRules, ViewportRule
from viewer.core.library import group
from viewer.ui.hanging_choice import HangingChoice, hang

OLDER = film("older", study_date=date(2022, 3, 1))
OLD = film("old", study_date=date(2023, 3, 1))
OLD_SIDE = film("oldside", study_date=date(2023, 3, 1), study_instance_uid="1.old", view_position="LL")
NEW = film("new")
SIDE = film("side", study_instance_uid="1.new", view_position="LL")
BUNDLED = HangingRules(bundled_protocols())


def own(*viewports, **changes):
    return HangingProtocol(FORMAT, "own", "Own", viewports, **changes)


def hung(*films, rules=BUNDLED, **choice):
    return hang(group(films), films, HangingChoice(**choice), rules)


def names(result):
    return [slot.film.source.path.stem for slot in result.slots]


def with_own(*viewports, **changes):
    return HangingRules((own(*viewports, **changes), *bundled_protocols()))


def test_four_viewports_show_frontal_above_lateral_and_leave_out_what_is_not_there():
    result = hung(OLD, OLD_SIDE, NEW, SIDE, viewports=4)
    assert names(result) == ["old", "new", "oldside", "side"]
    assert (result.columns, result.leading) == (2, 1)
    assert names(hung(OLD, NEW, SIDE, viewports=4)) == ["old", "new", "side"]


def test_laterals_follow_laterals_and_never_frontals():
    groups = [slot.sync_group for slot in hung(OLD, OLD_SIDE, NEW, SIDE, viewports=4).slots]
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_two_priors_hang_in_order_of_time_and_plugins_hear_of_the_nearest():
    result = hung(OLDER, OLD, NEW, protocol="chest-3-priors")
    assert names(result) == ["older", "old", "new"]
    assert [slot.days_before for slot in result.slots] == [731, 366, None]
    assert result.hanging.prior_films == (OLD,)


def test_a_site_with_the_current_film_at_the_left_gets_every_row_mirrored():
    left = replace(BUNDLED, current_side="left")
    assert names(hung(OLD, NEW, rules=left)) == ["new", "old"]
    four = hung(OLD, OLD_SIDE, NEW, SIDE, rules=left, viewports=4)
    assert names(four) == ["new", "old", "side", "oldside"]
    assert four.slots[four.leading].film == NEW
    fixed = replace(left, protocols=tuple(replace(p, follows_current_side=False) for p in left.protocols))
    assert names(hung(OLD, NEW, rules=fixed)) == ["old", "new"]


def test_a_sites_automatic_protocol_comes_first_where_it_fits():
    rules = with_own(ViewportRule("current"), ViewportRule("prior"), fits=Fits(priors_at_least=1))
    assert names(hung(OLD, NEW, rules=rules)) == ["new", "old"]
    assert hung(NEW, rules=rules).protocol.id == "chest-2"


def test_fits_ask_for_modality_body_part_and_views():
    (patient,) = group((NEW,))
    (study,) = patient.studies

    def chosen(**fits):
        rules = with_own(ViewportRule("current"), fits=Fits(**fits))
        return choose_protocol(rules, "own", study, 0).id

    assert chosen(modalities=("dx",)) == chosen(body_parts=("Chest",)) == chosen(views=("frontal",)) == "own"
    assert (
        chosen(modalities=("MG",)) == chosen(body_parts=("HAND",)) == chosen(views=("lateral",)) == "chest-2"
    )


def test_without_any_protocol_that_fits_the_film_hangs_alone():
    (patient,) = group((NEW,))
    assert choose_protocol(HangingRules(()), "", patient.studies[0], 0) == ONE_FILM
    assert names(hung(NEW, rules=HangingRules(()))) == ["new"]


def test_the_film_that_was_opened_hangs_whatever_the_protocol_wants():
    assert names(hung(SIDE, rules=with_own(ViewportRule("current", "frontal")), protocol="own")) == ["side"]
    only_second_prior = with_own(ViewportRule("prior", prior_number=2))
    assert names(hung(OLD, NEW, rules=only_second_prior, protocol="own")) == ["new"]


def test_a_viewport_keeps_its_screen_its_preset_and_stays_alone_without_a_group():
    rules = with_own(ViewportRule("current", sync_group="", screen=2, preset_key=0))
    (slot,) = hung(NEW, rules=rules, protocol="own").slots
    assert (slot.sync_group, slot.screen, slot.preset_key) == ("", 2, 0)


def test_a_hand_is_compared_with_a_hand_and_never_with_a_chest():
    hand = film("hand", body_part="HAND", view_position="")
    old_hand = film("oldhand", body_part="HAND", view_position="", study_date=date(2021, 1, 1))
    assert names(hung(hand, old_hand, OLD, study_uid="1.hand")) == ["oldhand", "hand"]
    assert names(hung(hand, OLD, study_uid="1.hand")) == ["hand"]
    assert names(hung(NEW, old_hand, study_uid="1.new")) == ["new"]


def test_a_third_person_behind_a_chosen_prior_is_never_shown():
    other = film("other", patient_id="P2", patient_name="Else", study_date=date(2020, 1, 1))
    result = hung(OLDER, OLD, NEW, other, protocol="chest-3-priors", study_uid="1.new", prior_uid="1.other")
    assert names(result) == ["other", "new"]
    assert result.warning
    assert result.hanging.prior_films == ()
