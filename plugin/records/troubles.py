"""What the reader must know about the keeping itself: what is not saved, open elsewhere, or to be had. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.records import wording
from plugin.records.draft_keeping import Offer


@dataclass(frozen=True, slots=True)
class StripView:
    """What the panel says of it. All empty: nothing."""

    troubles: tuple[str, ...] = ()  # text is not being saved
    notices: tuple[str, ...] = ()
    offer: str = ""  # another draft; the reader takes it or not


@dataclass(slots=True)
class StudyTroubles:
    """What is known of one study's drafts."""

    is_elsewhere: bool = False
    offers: tuple[Offer, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class Troubles:
    """What is known of one window's keeping. Empty reasons: all is well."""

    not_saved: str = ""
    not_logged: str = ""
    of_file: str = ""
    studies: dict[str, StudyTroubles] = field(default_factory=dict)

    def of(self, key: str) -> StudyTroubles:
        return self.studies.setdefault(key, StudyTroubles())

    def view(self, key: str) -> StripView:
        """What to say while this study is on screen."""
        study = self.of(key)
        troubles = (
            wording.not_saved(self.not_saved) if self.not_saved else "",
            wording.not_logged(self.not_logged) if self.not_logged else "",
        )
        notices = (wording.ELSEWHERE if study.is_elsewhere else "", study.problem, self.of_file)
        offer = study.offers[0].copy if study.offers else None
        return StripView(
            tuple(filter(None, troubles)),
            tuple(filter(None, notices)),
            wording.offered(offer.draft.at, offer.why) if offer else "",
        )
