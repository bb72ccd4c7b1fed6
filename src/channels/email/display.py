"""HTML of strangers, made safe to show beside the product's own pages."""

import re
from collections.abc import Mapping
from html import escape
from itertools import islice
from urllib.parse import unquote

import nh3

from channels.email.markup import UnreadableMarkup, read_markup

MAX_HTML = 500_000
"""How many characters of an HTML body are shown; the text has the rest."""

MAX_ATTRIBUTES = 50
"""How many attributes of an element are read."""

_NAME = re.compile(r"[a-z]{1,20}")
_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_UNSEEN = frozenset({"script", "style", "title", "template", "noscript", "svg", "math", "object"})
_TAGS = nh3.ALLOWED_TAGS | {"font", "tfoot"}
_LAYOUT = frozenset({"align", "valign", "width", "height", "bgcolor", "dir", "lang", "style"})
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": set(_LAYOUT),
    "a": {"href", "title"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "title", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
}
# No property that places an element over others or whose value loads something.
_STYLES = {
    "background-color",
    "border",
    "border-collapse",
    "border-color",
    "border-left",
    "border-style",
    "border-width",
    "color",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "line-height",
    "max-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "vertical-align",
    "white-space",
    "width",
}
_LINKS = ("http://", "https://", "mailto:", "tel:")
_REMOTE = ("http://", "https://")
_CARRIED = (
    "cid:",
    "data:image/png;base64,",
    "data:image/jpeg;base64,",
    "data:image/gif;base64,",
    "data:image/webp;base64,",
)


def displayable(
    markup: str, *, remote_images: bool = False, carried: Mapping[str, str] | None = None
) -> str | None:
    """Return what of an HTML body may be shown: without scripts, forms, frames and style sheets.

    Images that came with the mail stay (`cid:`, RFC 2392; `data:`); others lose their source
    unless `remote_images`, since fetching them tells the sender who reads, when and where. Images
    that `carried` knows by their content id get the URL there. Links open elsewhere.
    None where nothing is left, or where elements nest too deeply to be read.
    """
    balanced = _Balanced()
    try:
        read_markup(markup[:MAX_HTML], balanced)
    except UnreadableMarkup:
        return None
    cleaner = _cleaner(remote_images, carried) if carried else _CLEANERS[remote_images]
    return cleaner.clean("".join(balanced.pieces)).strip() or None


class _Balanced:
    """Writes the markup anew with what nh3 needs to be fast: few attributes, all elements closed.

    nh3 takes quadratic time where formatting elements are left open or nest without end.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._unseen = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._unseen or tag in _UNSEEN:
            self._unseen += 1
        elif tag in _TAGS:
            kept = islice(attributes.items(), MAX_ATTRIBUTES)
            written = "".join(f' {k}="{escape(v)}"' for k, v in kept if _NAME.fullmatch(k))
            self.pieces.append(f"<{tag}{written}>")

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif tag in _TAGS and tag not in _VOID:
            self.pieces.append(f"</{tag}>")

    def data(self, text: str) -> None:
        if not self._unseen:
            self.pieces.append(escape(text, quote=False))


def _cleaner(remote_images: bool, carried: Mapping[str, str]) -> nh3.Cleaner:
    images = _CARRIED + _REMOTE if remote_images else _CARRIED

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute not in {"src", "href"}:
            return value
        if tag != "img":
            return value if value.strip().lower().startswith(_LINKS) else None
        scheme, _, name = value.strip().partition(":")
        if scheme.lower() == "cid" and (url := carried.get(unquote(name))):
            return url
        return value if value.strip().lower().startswith(images) else None

    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


_CLEANERS = {remote_images: _cleaner(remote_images, {}) for remote_images in (False, True)}
