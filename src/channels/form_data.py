"""Forms as HTTP posts them: url-encoded (WHATWG URL, section 5) or multipart/form-data (RFC 7578).

Fields are divided at once but decoded when asked for, so that a signature among them is checked
before the large ones cost anything.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from channels.contract import Payload
from channels.email.parameters import parse_parametrised
from channels.errors import Unparseable
from channels.text import clean

MAX_FIELDS = 500
"""A form of more fields is none."""

MAX_SHORT = 1_000
"""Bytes as sent of a field's name, and of what proves whose the form is."""

_MAX_HEAD = 4_096
_NAME = re.compile(
    rb"""^content-disposition:[ ]*form-data\b[^\r\n]*?[; ]name="?([^"\r\n;]*)""",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class FormData:
    """A posted form. Of a name that is given twice the first value counts."""

    fields: Mapping[bytes, bytes] = field(repr=False)
    decode: Callable[[bytes], bytes]

    def raw(self, name: str) -> bytes | None:
        """Return a field's bytes, None where the form has no such field."""
        value = self.fields.get(name.encode())
        return None if value is None else self.decode(value)

    def text(self, name: str) -> str | None:
        """Return a field as text that can be stored (UTF-8, what is none replaced)."""
        value = self.raw(name)
        return None if value is None else clean(value.decode("utf-8", "replace"))

    def short(self, name: str) -> str:
        """Return a field as text, "" where it is missing or too long to prove anything."""
        is_short = len(self.fields.get(name.encode(), b"")) <= MAX_SHORT
        return self.text(name) or "" if is_short else ""


def read_form(payload: Payload) -> FormData:
    """Divide a form into its fields, in time linear to its size.

    Raises:
        Unparseable: `not_a_form`, by its type or its shape.
    """
    content_type = parse_parametrised(payload.content_type.encode())
    match content_type.value:
        case "application/x-www-form-urlencoded":
            return FormData(_first(_encoded(payload.body)), _unquoted)
        case "multipart/form-data":
            boundary = content_type.parameters.get("boundary", "").encode()
            return FormData(_first(_parts(payload.body, boundary)), bytes)
        case _:
            raise Unparseable("not_a_form", "the content type is no form's")


def _first(pairs: Iterator[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def _encoded(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    for pair in _divided(body, b"&"):
        name, _, value = pair.partition(b"=")
        if len(name) > MAX_SHORT:
            raise Unparseable("not_a_form", "a field's name is too long")
        yield _unquoted(name), value


def _unquoted(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not boundary:
        raise Unparseable("not_a_form", "the content type has no boundary")
    for part in _divided(b"\r\n" + body, b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return
        head, _, content = part.partition(b"\r\n\r\n")
        named = _NAME.search(head) if len(head) <= _MAX_HEAD else None
        if named is None:
            raise Unparseable("not_a_form", "a part of the form has no name")
        yield named[1], content
    raise Unparseable("not_a_form", "the form has no end")


def _divided(body: bytes, delimiter: bytes) -> list[bytes]:
    pieces = body.split(delimiter, MAX_FIELDS)
    if len(pieces) > MAX_FIELDS:
        raise Unparseable("not_a_form", f"the form has more than {MAX_FIELDS} fields")
    return pieces
