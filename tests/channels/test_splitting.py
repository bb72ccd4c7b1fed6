"""Long texts in parts: nothing lost, nothing too long, cut where one would pause."""

import re
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.splitting import split

LIMIT = 100


def parts(text: str, limit: int = LIMIT) -> list[str]:
    return [text[span.start : span.end] for span in split(text, limit)]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("text", ["", "Good day.", "a" * LIMIT, "📦" * 50, " padded "])
def test_what_fits_stays_whole(text: str) -> None:
    assert parts(text) == [text]


@pytest.mark.parametrize(
    ("first", "border", "second"),
    [
        ("a b. c\nd " * 7 + "e", "\n\n", "f " * 30 + "f"),
        ("a b. c d " * 7 + "e", "\n", "f " * 30 + "f"),
        ("a b c d " * 7 + "e.", " ", "f " * 30 + "f"),
        ("好的" * 30 + "。", "", "是" * 60),
        ("word " * 18 + "word", " ", "parcels"),
        ("x" * LIMIT, "", "x" * 20),
    ],
    ids=["paragraph", "line", "sentence", "sentence without blanks", "word", "nowhere"],
)
def test_borders(first: str, border: str, second: str) -> None:
    assert parts(first + border + second) == [first, second]


def test_an_early_pause_does_not_make_parts_short() -> None:
    assert parts("No.\n\n" + "word " * 40)[0].startswith("No.\n\nword word")


@pytest.mark.parametrize("sign", ["e\u0301", "👍🏽", "👩\u200d👩\u200d👧", "❤\ufe0f"])
def test_signs_stay_whole(sign: str) -> None:
    for part in parts(sign * 200):
        assert len(part) % len(sign) == 0
        assert part == sign * (len(part) // len(sign))


@given(
    st.text(alphabet=st.sampled_from("ab \n.!📦。e\u0301\u200d"), max_size=2_000)
    | st.text(max_size=1_000),
    st.integers(LIMIT, 300),
)
def test_nothing_is_lost_but_blanks_and_nothing_is_too_long(text: str, limit: int) -> None:
    spans = split(text, limit)
    assert spans
    assert all(units(text[span.start : span.end]) <= limit for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    if len(spans) > 1 and text.strip():
        joined = "".join(parts(text, limit))
        assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("text", ["a", "\n", " ", ". ", "\u0301", "📦", "a\n \t"])
def test_linear_time(text: str) -> None:
    def seconds(length: int) -> float:
        hostile = "x" + text * (length // len(text))
        best = []
        for _ in range(3):
            began = process_time()
            split(hostile, 1_600)
            best.append(process_time() - began)
        return min(best)

    assert seconds(800_000) < 8 * seconds(200_000) + 0.05
