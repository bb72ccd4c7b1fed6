"""What of a stranger's HTML is shown: nothing that runs, nothing that tells on the reader."""

import time

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.display import displayable

DANGEROUS = {"script", "style", "iframe", "form", "input", "base", "meta", "svg", "object"}
PIECES = [
    "<p>",
    "</p>",
    "<b",
    "<img src=",
    "<a href=",
    "<svg>",
    "<math><mtext>",
    "<table>",
    "<style>",
    "<script>",
    "</script>",
    "<textarea>",
    "<title>",
    "<noscript>",
    "<template>",
    "<select>",
    "<!--",
    "-->",
    "<![CDATA[",
    "javascript:alert(1)",
    "http://spy.example/x.gif",
    " onerror=x()",
    " style=background:url(http://spy.example)",
    "&lt;script&gt;",
    '"',
    "'",
    ">",
    "\0",
    "\ud800",
]


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("plain", "plain"),
        ("<p>a<br>b", "<p>a<br>b</p>"),
        ("<p onclick=x()>a<script>x()</script>", "<p>a</p>"),
        (
            '<p style="color:red;position:fixed;background:url(http://x)">a',
            '<p style="color:red">a</p>',
        ),
        ("<form action=//x><input name=a>b</form>", "b"),
        ("<style>p{}</style><title>t</title>a", "a"),
        ("<iframe src=//x></iframe><base href=//x>a", "a"),
        ("<svg><script>x()</script><a xlink:href='javascript:x()'>a</a></svg>b", "b"),
        ("&lt;script&gt;x()&lt;/script&gt;", "&lt;script&gt;x()&lt;/script&gt;"),
        ("<textarea><script>x()</script></textarea>", "&lt;script&gt;x()&lt;/script&gt;"),
        ('<img src="cid:a@b" alt=x>', '<img src="cid:a@b" alt="x">'),
        ("<img src=data:image/png;base64,AAAA>", '<img src="data:image/png;base64,AAAA">'),
        ("<img src=data:image/svg+xml;base64,AAAA>", "<img>"),
        ("<img src=http://spy.example/x.gif srcset='//spy.example 2x'>", "<img>"),
        ("<img src=//spy.example/x.gif>", "<img>"),
        ("<table background=http://spy.example>", None),
    ],
)
def test_displayable(markup: str, shown: str | None) -> None:
    found = displayable(markup)
    assert found is None or "<table>" in found if shown is None else found == shown


@pytest.mark.parametrize("link", ["javascript:x()", " JaVa\tscript:x()", "data:text/html,x", "//x"])
def test_links_lead_nowhere_that_runs(link: str) -> None:
    assert "href" not in (displayable(f'<a href="{link}">a</a>') or "")


def test_links_open_elsewhere_and_tell_nothing() -> None:
    link = displayable("<a href=https://example.com target=_self>a</a>")
    assert link is not None
    for part in ('href="https://example.com"', 'target="_blank"', "noreferrer", "noopener"):
        assert part in link


def test_remote_images_are_shown_where_asked_for() -> None:
    image = displayable('<img src="https://example.com/a.png">', remote_images=True)
    assert image == '<img src="https://example.com/a.png">'
    assert displayable("<img src=javascript:x()>", remote_images=True) == "<img>"


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30))
def test_nothing_dangerous_is_left(pieces: list[str]) -> None:
    shown = lxml.html.fromstring(f"<div>{displayable(''.join(pieces)) or ''}</div>")
    for element in shown.iter():
        assert element.tag not in DANGEROUS
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.get("src", "cid:").startswith(("cid:", "data:image/"))
        assert element.get("href", "http:").strip().startswith(("http", "mailto:", "tel:"))
        assert "url" not in element.get("style", "")


HOSTILE = {
    "nested": "<div>",
    "left open": "<b><p>",
    "closed across": "<i></p>",
    "unknown": "<x></y>",
    "tables": "<table>x</table>",
    "attributes": None,
    "fonts": "<font color=a><p></font>",
    "bare": "<",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_size(name: str) -> None:
    def seconds(size: int) -> float:
        unit = HOSTILE[name]
        repeated = " ".join(f"a{n}=1" for n in range(size // 8))
        markup = unit * (size // len(unit)) if unit else f"<p {repeated}>"
        begin = time.process_time()
        displayable(markup)
        return time.process_time() - begin

    assert seconds(400_000) < 0.2 + 25 * min(seconds(50_000) for _ in range(2))
