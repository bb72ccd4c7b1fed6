"""`Content-Type` and `Content-Disposition`: a value with parameters (RFC 2045, RFC 2231)."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from channels.email.charsets import decode
from channels.email.words import decode_words, unfold

_MAX_PARAMETERS = 100
_PARAMETER = re.compile(
    r"""\s*([^=;\s"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)"[^;]*|([^;]*))(?:;|$)|[^;]*(?:;|$)""",
    re.DOTALL,
)
_VALUE = re.compile(r"""[\s"']*([^\s;="'(]+)(?!\s*=)["']?""")
_UNESCAPE = re.compile(r"\\(.)")
_UNMARKED = re.compile(r"[\w-]{1,40}'[\w-]{0,20}'[^']*%[0-9A-Fa-f]{2}")
"""A value in RFC 2231's form though its name has no asterisk."""
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?$")


@dataclass(frozen=True, slots=True)
class Parametrised:
    """A header's value in lower case, with its decoded parameters by lower-case name."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse_parametrised(raw: bytes) -> Parametrised:
    """Read a header of the form `value; name=value; ...`, as far as it goes. Never raises."""
    text = decode(unfold(raw))
    found = _VALUE.match(text)
    if found is None:
        return Parametrised("", _joined(_pairs(text.lstrip("; "))))
    return Parametrised(found[1].lower(), _joined(_pairs(text[found.end() :].lstrip("; "))))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(text) and len(pairs) < _MAX_PARAMETERS:
        found = _PARAMETER.match(text, position)
        if found is None or found.end() == position:
            break
        position = found.end()
        if found[1]:
            pairs.append((found[1].lower(), _unquoted(found)))
    return pairs


def _unquoted(found: re.Match[str]) -> str:
    if found[2] is not None:
        return _UNESCAPE.sub(r"\1", found[2])
    return found[3].strip().strip("\"'")


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return plain parameters, with RFC 2231's extended and continued forms put in their place."""
    plain: dict[str, str] = {}
    extended: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in pairs:
        form = _CONTINUED.match(name)
        if form is None and _UNMARKED.match(value):
            plain.setdefault(name, _decoded_sections([(0, True, value)]))
        elif form is None:
            plain.setdefault(name, decode_words(value))
        else:
            is_encoded = form[2] is None or form[3] is not None
            extended.setdefault(form[1], []).append((int(form[2] or 0), is_encoded, value))
    for name, sections in extended.items():
        plain[name] = _decoded_sections(sorted(sections, key=lambda section: section[0]))
    return plain


def _decoded_sections(sections: list[tuple[int, bool, str]]) -> str:
    charset = "utf-8"
    data: list[bytes] = []
    for position, (_, is_encoded, value) in enumerate(sections):
        text = value
        if is_encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data.append(unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace"))
    return decode_words(decode(b"".join(data), charset))
