"""Names as they are written in Korea, Japan, China and Europe; declared rightly, wrongly, or not at all (LD-14)."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.character_sets import decode_text

HANGUL = "김^민수".encode("euc_kr")
ESC = b"\x1b$)C"
KOREAN = ["", "ISO 2022 IR 149"]


def korean(text: str) -> bytes:
    return ESC + text.encode("euc_kr")


@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        (
            b"Hong^Gildong="
            + korean("洪")
            + b"^"
            + korean("吉洞")
            + b"="
            + korean("홍")
            + b"^"
            + korean("길동"),
            KOREAN,
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (HANGUL, ["ISO 2022 IR 149"], "김^민수"),
        (korean("흉부 후전방"), KOREAN, "흉부 후전방"),
        (
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            ["", "ISO 2022 IR 87"],
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            ["ISO 2022 IR 13", "ISO 2022 IR 87"],
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        (
            b"Zhang^XiaoDong=\x1b$)A" + "张".encode("gb2312") + b"^\x1b$)A" + "小东".encode("gb2312"),
            ["", "ISO 2022 IR 58"],
            "Zhang^XiaoDong=张^小东",
        ),
        ("Wang^XiaoDong=王^小东".encode("gb18030"), ["GB18030"], "Wang^XiaoDong=王^小东"),
        ("Wang^XiaoDong=王^小东".encode("gbk"), ["GBK"], "Wang^XiaoDong=王^小东"),
        ("Kim=金^민수 Müller قباني".encode(), ["ISO_IR 192"], "Kim=金^민수 Müller قباني"),
        ("Müller^Jörg".encode("latin-1"), ["ISO_IR 100"], "Müller^Jörg"),
        ("CRÉÉE^ÀÉ".encode("latin-1"), ["ISO_IR 100"], "CRÉÉE^ÀÉ"),
        ("Люксембург".encode("iso8859_5"), ["ISO_IR 144"], "Люксембург"),
    ],
)
def test_text_is_read_as_it_is_declared(raw, declared, text):
    assert decode_text(raw, declared) == (text, True)


@pytest.mark.parametrize(
    ("raw", "declared", "text"),
    [
        (HANGUL, [""], "김^민수"),
        (HANGUL, [], "김^민수"),
        (HANGUL, ["ISO_IR 6"], "김^민수"),
        (HANGUL, ["ISO_IR 100"], "김^민수"),
        (HANGUL, ["ISO_IR 149"], "김^민수"),
        (HANGUL, KOREAN, "김^민수"),
        (b"Kim=" + ESC + HANGUL, KOREAN, "Kim=김^민수"),  # one escape for both components
        ("뷁^샾".encode("cp949"), KOREAN, "뷁^샾"),  # syllables that only the larger code page has
        ("김^민수".encode(), KOREAN, "김^민수"),
        ("김^민수".encode(), ["ISO_IR 100"], "김^민수"),
        ("Müller".encode(), ["ISO_IR 100"], "Müller"),
        ("Müller".encode(), [""], "Müller"),
        ("Müller^Jörg".encode("latin-1"), ["ISO_IR 192"], "Müller^Jörg"),
        ("Müller^Jörg".encode("latin-1"), [""], "Müller^Jörg"),
        ("Müller".encode("latin-1"), ["ISO_IR 999"], "Müller"),
        ("Müller^Jörg".encode("latin-1"), KOREAN, "Müller^Jörg"),
    ],
)
def test_a_wrong_declaration_is_readable_and_told(raw, declared, text):
    assert decode_text(raw, declared) == (text, False)


def test_unfinished_and_unknown_escapes_are_told_and_harm_nothing():
    for raw in (b"Kim\x1b", b"Kim\x1b$", b"Kim\x1b$Zab", b"Kim\x1b$)C\xb1", b"\x1b$B;3E"):
        text, is_sure = decode_text(raw, ["", "ISO 2022 IR 149", "ISO 2022 IR 87"])
        assert not is_sure or "Kim" not in text


@given(
    raw=st.binary(max_size=80),
    declared=st.lists(
        st.sampled_from(
            [
                "",
                "ISO_IR 100",
                "ISO_IR 192",
                "ISO 2022 IR 149",
                "ISO 2022 IR 87",
                "ISO 2022 IR 58",
                "GB18030",
                "X",
            ]
        ),
        max_size=3,
    ),
)
def test_no_bytes_and_no_declaration_raise(raw, declared):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text, _ = decode_text(raw, declared)
    assert isinstance(text, str)


@given(
    st.lists(
        st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3).filter(
            lambda syllable: len(syllable.encode("euc_kr")) == 2  # one of the 2,350 of KS X 1001
        ),
        min_size=1,
        max_size=20,
    ).map("".join)
)
def test_every_korean_name_with_its_escape_is_read_surely(name):
    assert decode_text(korean(name), KOREAN) == (name, True)
