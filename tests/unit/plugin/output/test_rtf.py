"""The RTF file: ASCII, balanced, and the same words when its escapes are read back."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugin.output.written import DRAFT

from plugin.output.document import Section
from plugin.output.rtf import escaped, rtf_of
from plugin.output.text import text_of


def read_back(rtf: str) -> str:
    """What a reader of RTF makes of escaped text (RTF 1.5, "Unicode RTF")."""
    units = re.sub(r"\\u(-?\d+)\?", lambda found: chr(int(found[1]) & 0xFFFF), rtf)
    plain = re.sub(r"\\([\\{}])", r"\1", units)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@settings(deadline=None)  # the machine may be busy
@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=40))
def test_every_character_comes_back(text):
    assert read_back(escaped(text)) == text


def test_the_file_says_what_the_text_file_says():
    rtf = rtf_of(replace(DRAFT, sections=(Section("findings", ("Äußerst {klein} \\ 김.",)),))).decode("ascii")
    said = read_back(rtf)

    assert rtf.startswith(r"{\rtf1\ansi")
    for line in filter(None, text_of(DRAFT, with_identity=True).splitlines()):
        if line not in {
            "FINDINGS:",
            "IMPRESSION:",
            "The heart is large.",
            "1. Cardiomegaly.",
            "2. No effusion.",
        }:
            assert line in said
    assert "Äußerst {klein} \\ 김." in said
    assert said.count("AI DRAFT – NOT REVIEWED") == 2


def test_its_groups_are_balanced_whatever_is_written():
    rtf = rtf_of(replace(DRAFT, sections=(Section("findings", ("}}}{\\par\x07",)),))).decode("ascii")
    bare = re.sub(r"\\[\\{}]", "", rtf)

    assert bare.count("{") == bare.count("}")
    assert "\x07" not in rtf
