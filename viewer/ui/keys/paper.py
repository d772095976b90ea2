"""The keys on paper: one page to hang beside the screen."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from viewer.core.language import tr
from viewer.ui.keys.words import Group


def as_html(title: str, groups: Sequence[Group]) -> str:
    """A page in two columns, black on white, that any browser prints."""
    left, right = _halved(groups)
    cells = "".join(f"<td width='50%' valign='top'>{_tables(half)}</td>" for half in (left, right))
    return (
        "<!doctype html><html><head><meta charset='utf-8'>"
        f"<title>{escape(title)}</title></head><body style='font-family: sans-serif; font-size: 8pt'>"
        f"<h2>{escape(title)}</h2><table width='100%' cellspacing='8'><tr>{cells}</tr></table>"
        f"<p>{escape(tr('Research use only. Not a medical device.'))}</p></body></html>"
    )


def as_text(title: str, groups: Sequence[Group]) -> str:
    """The same as lines of plain text."""
    lines = [title, ""]
    for heading, rows in groups:
        lines += [heading, *(f"  {keys:<28}{what}" for keys, what in rows), ""]
    return "\n".join(lines)


def write_page(file: Path, title: str, groups: Sequence[Group]) -> None:
    """Write a PDF, or HTML or text where the name says so.

    Raises:
        OSError: The file can't be written.
    """
    if file.suffix.lower() in (".html", ".htm"):
        file.write_text(as_html(title, groups), "utf-8")
    elif file.suffix.lower() == ".txt":
        file.write_text(as_text(title, groups), "utf-8")
    else:
        _write_pdf(file, title, groups)


def _write_pdf(file: Path, title: str, groups: Sequence[Group]) -> None:
    file.write_bytes(b"")  # raises where nothing can be written; QPdfWriter would only be silent
    writer = QPdfWriter(str(file))
    writer.setTitle(title)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(12, 12, 12, 12), QPageLayout.Unit.Millimeter)
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    document.setHtml(as_html(title, groups))
    document.setPageSize(QSizeF(writer.width(), writer.height()))
    document.print_(writer)


def _tables(groups: Sequence[Group]) -> str:
    return "".join(
        f"<h4 style='margin-bottom:2px'>{escape(heading)}</h4><table cellspacing='0'>"
        + "".join(
            f"<tr><td style='padding:1px 12px 1px 0; white-space:nowrap'><b>{escape(keys)}</b></td>"
            f"<td style='padding:1px 0'>{escape(what)}</td></tr>"
            for keys, what in rows
        )
        + "</table>"
        for heading, rows in groups
    )


def _halved(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    half, height = sum(len(rows) + 2 for _, rows in groups) / 2, 0
    left: list[Group] = []
    for group in groups:
        if left and height + (len(group[1]) + 2) / 2 > half:
            break
        left.append(group)
        height += len(group[1]) + 2
    return left, list(groups[len(left) :])
