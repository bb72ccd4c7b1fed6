"""An article's Markdown (CommonMark, with tables) as HTML that may stand on our own pages."""

from typing import Final

import nh3
from markdown_it import MarkdownIt

_MARKDOWN: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_TAGS: Final = nh3.ALLOWED_TAGS - {"img", "map", "area"}
_LINKS: Final = {"https", "http", "mailto", "tel"}
_LEVELS: Final = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}
"""The page's own heading is the article's title."""


def to_html(body: str) -> str:
    """HTML in it is allowed as far as nothing runs or is loaded from elsewhere."""
    tokens = _MARKDOWN.parse(body)
    for token in tokens:
        token.tag = _LEVELS.get(token.tag, token.tag)
    markup = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(markup, tags=_TAGS, url_schemes=_LINKS, link_rel="noopener noreferrer")


def to_text(body: str) -> str:
    """What is written, without its marks, on one line."""
    return " ".join(nh3.clean(_MARKDOWN.render(body), tags=set()).split())
