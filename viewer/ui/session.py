"""What has been opened so far: folding the events of a scan into plain data. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from viewer.core.language import tr
from viewer.core.scan import FilmFound, ScanEvent, ScanProgress, Skipped
from viewer.core.study import Film, Source, Unreadable


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What became of one file."""

    result: Literal["read", "skipped", "duplicate"]
    source: Source
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """All films and all files that gave none, in order of arrival."""

    films: tuple[Film, ...] = ()
    skipped: tuple[Unreadable, ...] = ()
    duplicates: tuple[Unreadable, ...] = ()  # files that hold a film that was there already
    newest_drop: tuple[Film, ...] = ()  # found by the scan that runs now or ran last, known films included
    done: int = 0
    total: int = 0
    is_scanning: bool = False
    is_paused: bool = False

    @property
    def status(self) -> str:
        """One line for the status bar."""
        found = tr("1 film") if len(self.films) == 1 else tr("{count} films", count=f"{len(self.films):,}")
        if self.skipped:
            found += tr(", {count} skipped", count=f"{len(self.skipped):,}")
        if not self.is_scanning:
            return found
        done, total = f"{self.done:,}", f"{self.total:,}"
        if self.is_paused:
            return tr("Paused: {done} of {total} files done, {found}", done=done, total=total, found=found)
        if not self.total:
            return tr("Looking…")
        return tr("Looking through {total} files: {done} done, {found}", done=done, total=total, found=found)


def begin_scan(session: Session) -> Session:
    """A new drop: its films will be shown first, what was opened before stays."""
    return replace(session, newest_drop=(), done=0, total=0, is_scanning=True, is_paused=False)


def end_scan(session: Session) -> Session:
    return replace(session, is_scanning=False, is_paused=False)


def with_changed(session: Session, change: Callable[[Film], Film]) -> Session:
    """The session with each film exchanged for what `change` makes of it."""
    films, newest = (tuple(map(change, each)) for each in (session.films, session.newest_drop))
    return replace(session, films=films, newest_drop=newest)


def fold(session: Session, events: Iterable[ScanEvent]) -> Session:
    """The session after these events. A film that is already open is not listed twice."""
    known = {film.key: film for film in session.films}
    listed = {str(item.source) for item in (*session.skipped, *session.duplicates)}
    films, skipped, dropped = list(session.films), list(session.skipped), list(session.newest_drop)
    duplicates = list(session.duplicates)
    done, total = session.done, session.total
    for event in events:
        match event:
            case FilmFound(film):
                dropped.append(film)
                first = known.get(film.key)
                if first is None:
                    known[film.key] = film
                    films.append(film)
                elif first.source != film.source and str(film.source) not in listed:
                    listed.add(str(film.source))
                    duplicates.append(Unreadable(film.source, same_file(first.source)))
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
        duplicates=tuple(duplicates),
        newest_drop=tuple(dropped),
        done=done,
        total=total,
    )


def without_films(session: Session, is_out: Callable[[Film], bool]) -> Session:
    """The session without these films, as if they had not been found."""
    return replace(
        session,
        films=tuple(film for film in session.films if not is_out(film)),
        newest_drop=tuple(film for film in session.newest_drop if not is_out(film)),
    )


def without_double(session: Session, film: Film, first: Film) -> Session:
    """The session without a film that shows what `first` shows; its file is told in the report."""
    reason = tr(
        "The same picture as {file} (equal SOP Instance UID and pixels); left out.", file=first.source
    )
    rest = without_films(session, lambda other: other.key == film.key)
    return replace(rest, duplicates=(*session.duplicates, Unreadable(film.source, reason)))


def same_file(first: Source) -> str:
    return tr("The same file as {file}, which is open already.", file=first)


def report_lines(session: Session) -> list[ReportLine]:
    """One line per file: what was read, what was skipped or is there twice, and why."""
    lines = [ReportLine("read", film.source) for film in session.films]
    lines += [ReportLine("duplicate", double.source, double.reason) for double in session.duplicates]
    return [*lines, *(ReportLine("skipped", item.source, item.reason) for item in session.skipped)]


def report_text(lines: Iterable[ReportLine]) -> str:
    """The report for the clipboard, tab-separated. No text of a file can begin a new line or column."""
    return "\n".join(
        "\t".join(_one_cell(cell) for cell in (line.result, str(line.source), line.reason) if cell)
        for line in lines
    )


def _one_cell(text: str) -> str:
    return " ".join(text.split()) if any(mark in text for mark in "\t\r\n") else text
