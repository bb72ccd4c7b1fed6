import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.text import clean, name_or_none, one_line


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff\0", "\ufffd\ufffd"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("caff\u00e8 \U0001f600", "caff\u00e8 \U0001f600"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


def test_clean_returns_sound_text_itself() -> None:
    text = "nothing to do \u2713"
    assert clean(text) is text


@given(st.text(st.characters(exclude_categories=[])))
def test_cleaned_text_is_storable_and_stays_so(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert "\r" not in cleaned
    assert clean(cleaned) == cleaned


def test_one_line_has_no_way_out_of_its_line() -> None:
    assert one_line(" a\r\n\tb\x0b\x85\u2028c \0", 20) == "a b c \ufffd"
    assert one_line("abcdef", 3) == "abc"


@pytest.mark.parametrize(("raw", "name"), [(None, None), ("", None), (" \t", None), (" A ", "A")])
def test_name_or_none(raw: str | None, name: str | None) -> None:
    assert name_or_none(raw) == name
