"""The document as plain text and as HTML: clipboard and text file. Pure."""

from __future__ import annotations

from html import escape

from plugin.output.blocks import Block, blocks
from plugin.output.document import ReportDocument


def text_of(document: ReportDocument, *, with_identity: bool) -> str:
    """Plain text, blocks apart by an empty line."""
    return "\n\n".join(_plain(block) for block in blocks(document, with_identity=with_identity)) + "\n"


def html_of(document: ReportDocument, *, with_identity: bool) -> str:
    """The same words for programs that take formatted text. Nothing of the text is taken for markup."""
    return "".join(_html(block) for block in blocks(document, with_identity=with_identity))


def _plain(block: Block) -> str:
    title = f"{block.title}:\n" if block.title else ""
    return title + "\n".join(block.lines)


def _html(block: Block) -> str:
    lines = "<br>".join(escape(line) for line in block.lines)
    match block.kind:
        case "mark":
            return f"<p><b>{lines}</b></p>"
        case "small":
            return f"<p><small>{lines}</small></p>"
    title = f"<b>{escape(block.title)}</b><br>" if block.title else ""
    return f"<p>{title}{lines}</p>"
