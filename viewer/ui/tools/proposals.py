"""Measurements that plugins propose, until the reader takes them over or away. No widgets."""

from __future__ import annotations

import math

from viewer.api import MeasurementProposal, ReaderMark
from viewer.core.measure.annotation import POINTS, Annotation, Kind
from viewer.core.measure.spacing import Spacing
from viewer.ui.tools.shown import ShownMark


class Proposals:
    """Owner to what it proposes."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[MeasurementProposal, ...]] = {}

    def replace(self, owner: str, proposals: tuple[MeasurementProposal, ...]) -> set[str]:
        """Exchange all of an owner's proposals; returns the films on which something changed.

        Raises:
            ValueError: A proposal can't be drawn; nothing has changed then.
        """
        for proposal in proposals:
            _check(proposal)
        films = {proposal.film_key for proposal in (*self._of.get(owner, ()), *proposals)}
        self._of[owner] = proposals
        return films

    def on(self, film_key: str, spacing: Spacing) -> tuple[Annotation, ...]:
        """What is proposed on one film, as marks that are measured with `spacing`."""
        return tuple(
            Annotation(
                f"{owner}:{proposal.id}",
                Kind(proposal.kind),
                proposal.points,
                spacing,
                text=proposal.text,
                owner=owner,
                proposal_note=proposal.note,
            )
            for owner, proposals in self._of.items()
            for proposal in proposals
            if proposal.film_key == film_key
        )


def as_reader_mark(film_key: str, shown: ShownMark) -> ReaderMark:
    """A mark as plugins are told of it."""
    mark = shown.mark
    return ReaderMark(
        id=mark.id,
        film_key=film_key,
        kind=mark.kind.value,
        points=mark.points,
        lines=shown.lines,
        proposed_by=mark.owner,
        proposal_id=mark.id.removeprefix(f"{mark.owner}:") if mark.owner else "",
    )


def _check(proposal: MeasurementProposal) -> None:
    needed = POINTS[Kind(proposal.kind)]
    if len(proposal.points) != needed:
        raise ValueError(
            f"A proposal of kind {proposal.kind} has {needed} points, not {len(proposal.points)}."
        )
    if not all(math.isfinite(side) for point in proposal.points for side in point):
        raise ValueError("A proposal's points must be finite.")
    if not proposal.note:
        raise ValueError("A proposal says that it is one: its note is empty.")
