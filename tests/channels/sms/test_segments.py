"""Segments, at the borders that 3GPP TS 23.038 and TS 23.040 draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import BASIC, EXTENSION, segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "number"),
    [
        ("", "gsm-7", 0, 1),
        ("a" * 160, "gsm-7", 160, 1),
        ("a" * 161, "gsm-7", 161, 2),
        ("a" * 306, "gsm-7", 306, 2),
        ("a" * 307, "gsm-7", 307, 3),
        ("è" * 160, "gsm-7", 160, 1),
        ("€" * 80, "gsm-7", 160, 1),
        ("€" * 81, "gsm-7", 162, 2),
        ("a" + "€" * 80, "gsm-7", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm-7", 306, 3),
        ("ç" * 70, "ucs-2", 70, 1),
        ("ç" * 71, "ucs-2", 71, 2),
        ("ç" * 134, "ucs-2", 134, 2),
        ("ç" * 135, "ucs-2", 135, 3),
        ("📦" * 35, "ucs-2", 70, 1),
        ("📦" * 36, "ucs-2", 72, 2),
        ("📦" * 67, "ucs-2", 134, 3),
        ("a" * 159 + "“", "ucs-2", 160, 3),
    ],
)
def test_borders(text: str, encoding: str, units: int, number: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.number) == (encoding, units, number)


def test_the_alphabet_is_whole() -> None:
    """128 septets, less the escape; ten more characters behind it."""
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@given(st.text(max_size=2_000))
def test_segments_hold_all_units(text: str) -> None:
    found = segments(text)
    alone, joined, lost = (160, 153, 1) if found.encoding == "gsm-7" else (70, 67, 1)
    if found.number == 1:
        assert found.units <= alone
    else:
        assert found.units > alone
        assert found.units <= found.number * joined
        assert found.units > (found.number - 1) * (joined - lost)
