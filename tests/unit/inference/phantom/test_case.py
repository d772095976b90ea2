"""Cases are drawn as asked, and follow-ups change as told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.backend import FINDINGS
from inference.phantom import follow_up, sample_case

labels = st.frozensets(st.sampled_from(FINDINGS))
seeds = st.integers(0, 2**31 - 1)


@given(seed=seeds, findings=labels)
@settings(max_examples=60)
def test_a_case_has_exactly_the_findings_asked_for(seed, findings):
    case = sample_case(seed, findings=findings)

    assert case.findings == findings
    assert {label for label, state in case.states().items() if state} == findings
    assert tuple(case.states()) == FINDINGS


@given(seed=seeds, findings=labels)
@settings(max_examples=30)
def test_the_same_seed_gives_the_same_case(seed, findings):
    assert sample_case(seed, findings=findings) == sample_case(seed, findings=findings)


def test_cases_differ_and_about_a_quarter_has_no_finding():
    cases = [sample_case(seed) for seed in range(400)]

    assert len({case.thorax for case in cases}) == 400
    assert 0.15 < sum(not case.findings for case in cases) / 400 < 0.45
    for label in FINDINGS:
        assert sum(label in case.findings for case in cases) >= 8, label


def test_consolidation_leaves_open_whether_a_reader_says_opacity():
    states = sample_case(1, findings=frozenset({"consolidation"})).states()

    assert states["consolidation"] is True
    assert states["lung opacity"] is None
    assert states["pneumothorax"] is False


def test_an_unknown_finding_is_refused_by_name():
    with pytest.raises(ValueError, match="gallstone"):
        sample_case(1, findings=frozenset({"gallstone"}))


@given(seed=seeds, findings=labels)
@settings(max_examples=80)
def test_a_follow_up_does_to_each_lesion_what_its_change_says(seed, findings):
    before = sample_case(seed, findings=findings)
    after, changes = follow_up(before, seed + 1)

    was = {(lesion.kind, lesion.seed): lesion.severity for lesion in before.lesions}
    now = {(lesion.kind, lesion.seed): lesion.severity for lesion in after.lesions}
    told = {(change.lesion.kind, change.lesion.seed): change.kind for change in changes}
    assert set(told) == set(was) | set(now)
    for key, kind in told.items():
        match kind:
            case "new":
                assert key not in was
            case "resolved":
                assert key not in now
            case "larger":
                assert now[key] > was[key]
            case "smaller":
                assert now[key] < was[key]
            case "unchanged":
                assert now[key] == was[key]
