"""Base subjects, in the languages of many programs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.subjects import Subject, parse_subject


@pytest.mark.parametrize(
    ("written", "base", "is_reply"),
    [
        ("Parcel", "parcel", False),
        ("Re: Parcel", "parcel", True),
        ("RE:RE: re: Parcel  42", "parcel 42", True),
        ("Re[3]: Parcel", "parcel", True),
        ("Re (2): Parcel", "parcel", True),
        ("AW: WG: Paket", "paket", True),
        ("R: Pacco", "pacco", True),
        ("SV: Paket", "paket", True),
        ("Odp: Paczka", "paczka", True),
        ("回复\uff1a包裹", "包裹", True),
        ("[shop] Re: Parcel", "parcel", True),
        ("Re: [shop] Parcel", "parcel", True),
        ("Fwd: Re: Parcel", "parcel", False),
        ("Order: Parcel", "order: parcel", False),
        ("Re:", "", True),
        ("[shop]", "[shop]", False),
        ("", "", False),
    ],
)
def test_markers_are_taken_off(written: str, base: str, is_reply: bool) -> None:
    assert parse_subject(written) == Subject(base, is_reply)


@given(st.text())
def test_any_subject_has_a_base_that_has_itself(subject: str) -> None:
    base = parse_subject(subject).base
    assert parse_subject(f"Re: {base}").base == parse_subject(base).base


@pytest.mark.parametrize("piece", ["Re: ", "[", "Re [1", " ", "Re", "[a]"])
def test_hostile_subjects_cost_linear_time(piece: str) -> None:
    def cost(times: int) -> float:
        began = time.process_time()
        parse_subject(piece * times)
        return time.process_time() - began

    cost(1_000)
    assert cost(40_000) < 20 * max(cost(10_000), 0.002)
