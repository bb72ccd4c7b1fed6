"""HTML bodies as text: one iterative walk, in time and memory linear to the markup.

Not by inscriptis: it lays tables and lists out with padding, by which a small hostile mail grows
to gigabytes, and takes twenty times as long.
"""

import html
import re
from collections.abc import Callable

import lxml.etree
import lxml.html

from channels.email.quote_marks import marks

MAX_HTML = 1_000_000
"""How many characters of an HTML body are turned into text."""

_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table"}
)
_LINES = frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "form"}
)
_LINE = "\v"
_PARAGRAPH = "\f"
_BREAKS = dict.fromkeys(_LINES, _LINE) | dict.fromkeys(_PARAGRAPHS, _PARAGRAPH)
_OPENINGS = _BREAKS | {"br": "\n", "hr": _LINE, "li": f"{_LINE}- "}
_CLOSINGS = _BREAKS | {"td": " ", "th": " "}
_HIDDEN = re.compile(r"display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_GAP = re.compile(r"(?: {2}|[\n\f\v])[ \n\f\v]*")
_PREFORMATTED = str.maketrans({" ": "\u00a0", "\t": "\u00a0", "\f": "\n", "\v": "\n"})
_TAG = re.compile(r"<[^<>]*>")
_NBSP = "\u00a0"


def html_to_text(markup: str, *, is_marked: bool = False) -> str:
    """Return what an HTML body says, blocks as lines, without styles, scripts and hidden parts.

    Never raises: what cannot be read as a tree is returned without its tags. `is_marked` adds lines
    that say what is quoted, see `channels.email.quote_lines`.
    """
    markup = markup[:MAX_HTML]
    try:
        text = _rendered(markup, _quote_lines if is_marked else _no_lines)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        text = html.unescape(_TAG.sub(" ", markup))
    tidy = _GAP.sub(_gap, text).replace(_NBSP, " ")
    return "\n".join(line.rstrip() for line in tidy.split("\n")).strip("\n")


def _gap(run: re.Match[str]) -> str:
    """Return what a run of blanks and breaks comes to: a space, a new line or an empty line."""
    gap = run[0]
    if _PARAGRAPH in gap or gap.count("\n") > 1:
        return "\n\n"
    return "\n" if _LINE in gap or "\n" in gap else " "


def _quote_lines(element: lxml.html.HtmlElement) -> tuple[str, str]:
    start, end = marks(element)
    return start and f"{_LINE}{start}{_LINE}", end and f"{_LINE}{end}{_LINE}"


def _no_lines(_: lxml.html.HtmlElement) -> tuple[str, str]:
    return "", ""


def _rendered(markup: str, quotes: Callable[[lxml.html.HtmlElement], tuple[str, str]]) -> str:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    tree = lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    if any("depth" in entry.message for entry in parser.error_log):
        raise ValueError("nested too deeply: the parser has left the rest out")
    pieces: list[str] = []
    preformatted = 0
    walk = lxml.etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            preformatted += tag == "pre"
            pieces += _OPENINGS.get(tag, ""), quotes(element)[0]
            if _is_hidden(element):
                walk.skip_subtree()
            else:
                pieces.append(_words(element.text, is_kept=preformatted > 0))
        else:
            preformatted -= tag == "pre"
            pieces += quotes(element)[1], _CLOSINGS.get(tag, "")
            pieces.append(_words(element.tail, is_kept=preformatted > 0))
    return "".join(pieces)


def _is_hidden(element: lxml.html.HtmlElement) -> bool:
    return element.tag in _SKIPPED or _HIDDEN.search(element.get("style", "")) is not None


def _words(text: str | None, *, is_kept: bool) -> str:
    """Return text with blanks collapsed, or kept as no-break spaces where it is preformatted."""
    if not text:
        return ""
    if is_kept:
        return text.translate(_PREFORMATTED)
    return _BLANKS.sub(" ", text)
