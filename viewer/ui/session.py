"""What has been opened so far: folding the events of a scan into plain data. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from viewer.core.scan import FilmFound, ScanEvent, ScanProgress, Skipped
from viewer.core.study import Film, Unreadable


@dataclass(frozen=True, slots=True)
class Session:
    """All films and all files that gave none, in order of arrival."""

    films: tuple[Film, ...] = ()
    skipped: tuple[Unreadable, ...] = ()
    newest_drop: tuple[Film, ...] = ()  # found by the scan that runs now or ran last, known films included
    done: int = 0
    total: int = 0
    is_scanning: bool = False

    @property
    def status(self) -> str:
        """One line for the status bar."""
        found = f"{len(self.films):,} film{'' if len(self.films) == 1 else 's'}"
        if self.skipped:
            found += f", {len(self.skipped):,} skipped"
        if not self.is_scanning:
            return found
        return (
            f"Looking through {self.total:,} files: {self.done:,} done, {found}" if self.total else "Looking…"
        )


def begin_scan(session: Session) -> Session:
    """A new drop: its films will be shown first, what was opened before stays."""
    return replace(session, newest_drop=(), done=0, total=0, is_scanning=True)


def end_scan(session: Session) -> Session:
    return replace(session, is_scanning=False)


def fold(session: Session, events: Iterable[ScanEvent]) -> Session:
    """The session after these events. A film that is already open is not listed twice."""
    known = {film.key for film in session.films}
    listed = {str(unreadable.source) for unreadable in session.skipped}
    films, skipped, dropped = list(session.films), list(session.skipped), list(session.newest_drop)
    done, total = session.done, session.total
    for event in events:
        match event:
            case FilmFound(film):
                dropped.append(film)
                if film.key not in known:
                    known.add(film.key)
                    films.append(film)
            case Skipped(unreadable):
                if str(unreadable.source) not in listed:
                    listed.add(str(unreadable.source))
                    skipped.append(unreadable)
            case ScanProgress(done, total):
                pass
    return replace(
        session,
        films=tuple(films),
        skipped=tuple(skipped),
        newest_drop=tuple(dropped),
        done=done,
        total=total,
    )


def import_report(session: Session) -> str:
    """One line per file, for the clipboard: what was read, what was skipped and why."""
    read = [f"read\t{film.source}" for film in session.films]
    return "\n".join([*read, *(f"skipped\t{item.source}\t{item.reason}" for item in session.skipped)])
