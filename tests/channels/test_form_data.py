"""Forms that providers post: divided, decoded, bounded."""

import time
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import BOUNDARY, FORM, multipart

from channels.contract import Payload
from channels.errors import Unparseable
from channels.form_data import MAX_FIELDS, FormData, read_form

MULTIPART = f'multipart/form-data; boundary="{BOUNDARY}"'
FIELDS = {"plain": "a", "sign&=+%": "b&c=d+e f%", "lines": "a\r\nb", "": "no name", "empty": ""}


@pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=UTF-8", MULTIPART])
def test_every_byte_comes_back(content_type: str) -> None:
    bodies = {FORM: urlencode(FIELDS).encode(), MULTIPART: multipart(FIELDS)}
    form = read_form(Payload(content_type, bodies[content_type.partition("; ch")[0]]))
    assert {name: form.text(name) for name in FIELDS} == FIELDS | {"lines": "a\nb"}
    assert form.raw("lines") == b"a\r\nb"
    assert form.raw("missing") is None
    assert form.text("missing") is None


def test_what_cannot_be_stored_is_replaced() -> None:
    form = read_form(Payload(FORM, b"a=%00&b=%FF"))
    assert (form.text("a"), form.text("b"), form.raw("b")) == ("\ufffd", "\ufffd", b"\xff")


def test_the_first_of_two_values_counts() -> None:
    assert read_form(Payload(FORM, b"a=1&a=2")).text("a") == "1"


def test_what_proves_something_is_short() -> None:
    form = read_form(Payload(FORM, b"token=%41&long=" + b"%41" * 400))
    assert [form.short(name) for name in ("token", "long", "missing")] == ["A", "", ""]
    assert form.text("long") == "A" * 400


@pytest.mark.parametrize(
    "head",
    [
        'Content-Type: message/rfc822\r\nCONTENT-DISPOSITION:form-data; name="a"',
        'Content-Disposition: form-data; filename="name=b"; name="a"',
        "Content-Disposition: form-data; name=a; filename=b",
    ],
)
def test_heads_of_parts(head: str) -> None:
    body = f"--{BOUNDARY}\r\n{head}\r\n\r\nx\r\n--{BOUNDARY}--".encode()
    assert read_form(Payload(MULTIPART, b"preamble\r\n" + body)).text("a") == "x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"a=1"),
        (FORM, b"a=1&" * (MAX_FIELDS + 1)),
        (FORM, b"a=1&" + b"%41" * 400 + b"=1"),
        ("multipart/form-data", multipart({"a": "1"})),
        (MULTIPART, b""),
        (MULTIPART, multipart({"a": "1"})[:-10]),
        (MULTIPART, multipart({"a": "1"}).replace(b"name=", b"nome=")),
        (MULTIPART, multipart({"a" * 5_000: "1"})),
        (MULTIPART, multipart({str(number): "1" for number in range(MAX_FIELDS + 1)})),
    ],
)
def test_no_form(content_type: str, body: bytes) -> None:
    with pytest.raises(Unparseable) as caught:
        read_form(Payload(content_type, body))
    assert caught.value.code == "not_a_form"


def read_all(form: FormData) -> None:
    for name in form.fields:
        form.text(name.decode("latin-1"))


PIECES = st.sampled_from(
    [
        *(b"\r\n", b"--", b"&", b"=", b"%", b"%4", b"+", b"a", b"\xff", b"\0", b'"', b"; name="),
        b"--" + BOUNDARY.encode(),
        b'Content-Disposition: form-data; name="',
    ]
)


@given(st.sampled_from([FORM, MULTIPART]) | st.text(), st.lists(PIECES, max_size=40))
def test_only_unparseable_escapes(content_type: str, pieces: list[bytes]) -> None:
    with suppress(Unparseable):
        read_all(read_form(Payload(content_type, b"".join(pieces))))


HOSTILE = {
    "escapes": (FORM, b"a=", b"%41"),
    "blanks": (FORM, b"a=", b"+"),
    "dashes": (MULTIPART, f"--{BOUNDARY}\r\n".encode(), b"\r\n--"),
    "names": (MULTIPART, f"--{BOUNDARY}\r\n".encode(), b'; name="'),
    "dispositions": (MULTIPART, f"--{BOUNDARY}\r\n".encode(), b"content-disposition: form-data "),
}


def seconds(content_type: str, body: bytes) -> float:
    begin = time.process_time()
    with suppress(Unparseable):
        read_all(read_form(Payload(content_type, body)))
    return time.process_time() - begin


@pytest.mark.parametrize(("content_type", "prefix", "unit"), HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_size(content_type: str, prefix: bytes, unit: bytes) -> None:
    small = min(seconds(content_type, prefix + unit * (125_000 // len(unit))) for _ in range(3))
    large = seconds(content_type, prefix + unit * (1_000_000 // len(unit)))
    assert large < 0.1 + 25 * small
