"""Stamps: ours, for this form, of today."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.stamps import InvalidStamp, age_of, make_stamp

KEY = b"k" * 32
NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_the_age_of_a_stamp() -> None:
    stamp = make_stamp(KEY, "ch_1", NOW)
    assert age_of(stamp, KEY, "ch_1", NOW + timedelta(seconds=3)) == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("key", "subject", "later"),
    [
        (b"x" * 32, "ch_1", timedelta()),
        (KEY, "ch_2", timedelta()),
        (KEY, "ch_1", timedelta(days=1, seconds=1)),
    ],
)
def test_refused(key: bytes, subject: str, later: timedelta) -> None:
    with pytest.raises(InvalidStamp):
        age_of(make_stamp(KEY, "ch_1", NOW), key, subject, NOW + later)


@given(st.text())
def test_only_invalid_stamp_escapes(text: str) -> None:
    with pytest.raises(InvalidStamp):
        age_of(text, KEY, "ch_1", NOW)
