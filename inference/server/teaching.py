"""From what callers know of studies, and what the model saw of their films, to the order in which they would teach."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from inference.backend import FINDINGS
from inference.errors import InvalidRequest
from inference.train_status import TeachingCandidate, TeachingPlace
from inference.training.teaching_order import UNLIKE, Candidate, Strategy, rank, undecided

MOST = 5_000
MOST_WANTED = 1_000


def check_candidates(candidates: Sequence[TeachingCandidate], known: Sequence[str], wanted: int) -> None:
    """Raises InvalidRequest: too many, the same study twice, or something is no probability of a finding."""
    if max(len(candidates), len(known)) > MOST or not 1 <= wanted <= MOST_WANTED:
        raise InvalidRequest(f"At most {MOST} candidates can be ordered, and {MOST_WANTED} wanted.")
    if any(count > 1 for count in Counter(one.study for one in candidates).values()):
        raise InvalidRequest("candidates: each study may be there once.")
    for one in candidates:
        if not one.probabilities.keys() <= set(FINDINGS):
            raise InvalidRequest("candidates: probabilities are of the 13 findings.")
        if not all(math.isfinite(p) and 0 <= p <= 1 for p in one.probabilities.values()):
            raise InvalidRequest("candidates: probabilities lie between 0 and 1.")


def places_of(
    candidates: Sequence[TeachingCandidate],
    strategy: Strategy,
    features: Mapping[str, tuple[float, ...]],
    known: Sequence[tuple[float, ...]] = (),
    wanted: int = 50,
    seed: int = 0,
) -> tuple[TeachingPlace, ...]:
    """Best first. How new a study is can only be told where a film of every candidate was seen.

    Args:
        features: By a film's hash.
        known: Of films that were judged already: new is what is unlike them.
    """
    seen = {one.study: _first_seen(one.images, features) for one in candidates}
    has_all = all(seen.values())
    asked = [
        Candidate(one.study, one.patient, one.probabilities, seen[one.study] if has_all else ())
        for one in candidates
    ]
    by_study = {one.study: one for one in asked}
    return tuple(
        TeachingPlace(
            one.study,
            one.place,
            one.reason,
            len(undecided(by_study[one.study])),
            one.novelty is not None and one.novelty >= UNLIKE,
        )
        for one in rank(asked, known if has_all else (), strategy, wanted=wanted, seed=seed)
    )


def _first_seen(images: Sequence[str], features: Mapping[str, tuple[float, ...]]) -> tuple[float, ...]:
    return next((features[image] for image in images if image in features), ())
