"""Texts with variables: read whole or refused with every mistake, never an exception besides."""

from contextlib import suppress
from html import escape
from html.parser import HTMLParser
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.display import displayable
from gateway.macros.template import MOST_PLACEHOLDERS, InvalidTemplate, read_template

KNOWN = frozenset({"contact.name", "queue.name"})
PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        "{",
        "}",
        "|",
        "contact.name",
        "queue.name",
        " ",
        "<b>",
        "</b>",
        '<a href="',
        '"',
        "'",
    ]
)
SOURCES = st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join)
VALUES = st.fixed_dictionaries(
    {}, optional={name: st.none() | st.text(max_size=20) for name in sorted(KNOWN)}
)


def mistakes_in(source: str, *, is_html: bool = False) -> list[tuple[int, str]]:
    with pytest.raises(InvalidTemplate) as caught:
        read_template(source, KNOWN, is_html=is_html)
    return caught.value.mistakes


def said(source: str, **values: str | None) -> str:
    named = {name.replace("_", "."): value for name, value in values.items()}
    return read_template(source, KNOWN).render(named).text


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("Dear {{contact.name}}!", {"contact_name": "Ann"}, "Dear Ann!"),
        ("Dear {{ contact.name | friend }}!", {}, "Dear friend!"),
        ("Dear {{contact.name|friend}}!", {"contact_name": ""}, "Dear friend!"),
        ("Dear {{contact.name|}}!", {}, "Dear !"),
        ("{{contact.name}}{{queue.name}}", {"contact_name": "{{queue.name}}"}, "{{queue.name}}"),
        ("no { variable } here}}", {}, "no { variable } here}}"),
    ],
)
def test_values_stand_where_they_are_named(
    source: str, values: dict[str, str | None], text: str
) -> None:
    assert said(source, **values) == text


def test_what_nothing_stands_for_is_told() -> None:
    template = read_template("{{contact.name}} {{queue.name|General}}", KNOWN)
    assert template.render({}).missing == {"contact.name"}
    assert template.names == KNOWN


def test_every_mistake_is_told_with_its_place() -> None:
    found = mistakes_in("{{contact.nme}} {{queue.name {{contact.name}}")
    assert [where for where, _ in found] == [0, 16]
    assert "'contact.nme'; known are: contact.name, queue.name" in found[0][1]
    assert "{{name|fallback}}" in found[1][1]
    [(where, what)] = mistakes_in("{{queue.name}}" * (MOST_PLACEHOLDERS + 1))
    assert (where, what) == (0, f"has more than {MOST_PLACEHOLDERS} variables")


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://x.test/{{contact.name}}">x</a>',
        '<p title=">{{contact.name}}">x</p>',
        "<b {{contact.name}}>x</b>",
        "<p>{{contact.name|<b>you</b>}}</p>",
    ],
)
def test_no_variable_stands_in_a_tag(html: str) -> None:
    assert mistakes_in(html, is_html=True)


def test_values_are_no_markup() -> None:
    template = read_template("<p>{{contact.name|a &amp; b}}</p>", KNOWN, is_html=True)
    hostile = "<img src=x onerror=\"alert('1')\">&amp;"
    assert template.render({"contact.name": hostile}).text == f"<p>{escape(hostile)}</p>"
    assert template.render({}).text == "<p>a &amp; b</p>"


class Tags(HTMLParser):
    """The tags of a document, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@given(SOURCES, VALUES)
def test_html_has_the_same_tags_whatever_the_values(
    source: str, values: dict[str, str | None]
) -> None:
    html = displayable(source, remote_images=True) or ""
    try:
        template = read_template(html, KNOWN, is_html=True)
    except InvalidTemplate:
        return
    empty = template.render(dict.fromkeys(KNOWN, "x")).text
    assert Tags(template.render(values).text).found == Tags(empty).found


@given(SOURCES, VALUES, st.booleans())
def test_a_text_is_refused_at_a_place_in_it_or_keeps_its_words(
    source: str, values: dict[str, str | None], is_html: bool
) -> None:
    mistakes: list[tuple[int, str]] = []
    try:
        template = read_template(source, KNOWN, is_html=is_html)
    except InvalidTemplate as error:
        mistakes = error.mistakes
    if mistakes:
        assert mistakes == sorted(mistakes)
        assert all(0 <= where <= len(source) and what for where, what in mistakes)
        return
    rendered = template.render(values)
    words = "".join(part for part in template.parts if isinstance(part, str))
    assert _is_contained(words, rendered.text)
    assert rendered.missing <= template.names <= KNOWN


def _is_contained(words: str, text: str) -> bool:
    """Whether all of the words stand in the text, in their order."""
    rest = iter(text)
    return all(sign in rest for sign in words)


@pytest.mark.parametrize("is_html", [False, True])
@pytest.mark.parametrize("piece", ["{", "{{", "{{|", "{{a", "}}", "<", "<'", '<"', "<'\"", "<a'{{"])
def test_linear_time(piece: str, is_html: bool) -> None:
    def seconds(length: int) -> float:
        hostile = piece * (length // len(piece))
        best = []
        for _ in range(3):
            began = process_time()
            with suppress(InvalidTemplate):
                read_template(hostile, KNOWN, is_html=is_html)
            best.append(process_time() - began)
        return min(best)

    assert seconds(80_000) < 8 * seconds(20_000) + 0.05
