"""Nothing but Unparseable escapes the parser, and nothing takes it more than linear time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import email_channel
from tests.channels.storable import assert_storable

from channels.contract import Payload
from channels.email.parse import EmailInbound
from channels.errors import Unparseable

HEAD = b"From: a@example.com\r\nMessage-ID: <1@example.com>\r\n"

FRAGMENTS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b";",
    b'"',
    b"\\",
    b"(",
    b"<",
    b">",
    b"From: ",
    b"Subject: ",
    b"Date: ",
    b"Message-ID: ",
    b"References: ",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n",
    b"Content-Type: text/html; charset=",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: attachment; filename",
    b"*0*=",
    b"utf-7",
    b"utf-16",
    b"iso-2022-jp",
    b"hz",
    b"--b\r\n",
    b"--b--",
    b"=?utf-8?B?",
    b"=?utf-7?Q?",
    b"?=",
    b"a@example.com",
    b"<p>",
    b"<!--",
    b"&#55296;",
    b"+AGE-",
    b"\xff\xfe",
    b"\xc3\xa8",
    b"Tue, 02 Jun 2026 10:30:00 +9999",
    b"begin 644 a.txt\r\n",
    b"#86)C\r\n",
    b"end\r\n",
    b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n",
    b"Content-Type: application/ms-tnef\r\n\r\n",
    b"\x78\x9f\x3e\x22\x01\x00",
    b"\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00",
    b"\x02\x0f\x80\x06\x00\x03\x00\x00\x00abc\x00\x00",
    b"\x1b$B",
    b"\xf0\xd2\xc9\xd7\xc5\xd4" * 8,
    b"charset=koi8-r",
    b"<blockquote type=cite>",
]


def parse(raw: bytes) -> None:
    try:
        message = EmailInbound().parse(
            Payload("message/rfc822", raw, {"mail_from": "e@example.com"}), email_channel()
        )
    except Unparseable:
        return
    assert_storable(message)


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=12), max_size=40))
def test_only_unparseable_escapes(fragments: list[bytes]) -> None:
    parse(b"".join(fragments))


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=12), max_size=40))
def test_only_unparseable_escapes_behind_a_sound_head(fragments: list[bytes]) -> None:
    parse(HEAD + b"".join(fragments))


def repeated(prefix: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: prefix + unit * (size // len(unit))


def deep(size: int) -> bytes:
    levels = range(size // 60)
    return HEAD + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in levels
    )


def wide_table(size: int) -> bytes:
    row = b"<tr><td>a</td><td>b</td></tr>"
    html = b"<table><tr><td>" + b"x" * (size // 2) + b"</td></tr>" + row * (size // 2 // len(row))
    return HEAD + b"Content-Type: text/html\r\n\r\n" + html


HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
TNEF = HEAD + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HOSTILE = {
    "nested multiparts": deep,
    "one boundary": repeated(HEAD, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"),
    "empty parts": repeated(MIXED, b"--b\r\n"),
    "half delimiters": repeated(MIXED, b"--b "),
    "header fields": repeated(HEAD, b"X: y\r\n"),
    "folded lines": repeated(HEAD + b"Subject: a\r\n", b" b\r\n"),
    "subject of blanks": repeated(HEAD + b"Subject: a", b" \t"),
    "open words": repeated(HEAD + b"Subject: ", b"=?a?q?"),
    "quotes in From": repeated(b"From: a@example.com ", b'"\\'),
    "brackets in From": repeated(b"From: ", b"<"),
    "comments in From": repeated(b"From: a@example.com", b"("),
    "letters in From": repeated(b"From: ", b"a"),
    "letters in References": repeated(HEAD + b"References: ", b"a"),
    "parameters": repeated(HEAD + b"Content-Type: text/plain", b'; a="b'),
    "backslashes": repeated(HEAD + b'Content-Type: text/plain; a="', b"\\"),
    "padding": repeated(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n", b"AA="),
    "blank body": repeated(HEAD + b"\r\n", b" \r\n"),
    "open tags": repeated(HTML, b"<"),
    "bold": repeated(HTML, b"<b>"),
    "paragraphs": repeated(HTML, b"<p>x"),
    "spaces": repeated(HTML, b"&nbsp; "),
    "tables": repeated(HTML, b"<table><tr><td>x"),
    "lists": repeated(HTML + b"<ul>" * 200, b"<li>x"),
    "attributes": lambda size: HTML + b"<p " + b" ".join(b"a%d" % n for n in range(size // 8)),
    "closed across": repeated(HTML, b"<i></p>"),
    "unknown elements": repeated(HTML, b"<x></y>"),
    "begins": repeated(HEAD + b"\r\n", b"begin 644 a\r\n"),
    "encoded lines": repeated(HEAD + b"\r\nbegin 644 a\r\n", b"#86)C\r\n"),
    "soft breaks": repeated(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"a \r\n"),
    "soft quotes": repeated(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"> \r\n"),
    "envelopes": repeated(TNEF, b"\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00"),
    "names in envelopes": repeated(TNEF, b"\x02\x05\x90\x06\x00\x0a\x00\x00\x00" + b"\x1f" * 12),
    "raw Cyrillic": repeated(HEAD + b"\r\n", b"\xf0\xd2\xc9\xd7\xc5\xd4 "),
    "no charset fits": repeated(HEAD + b"\r\n", bytes(range(128, 256))),
    "padded styles": repeated(HTML, b'<p style="padding-left:99999em">x'),
    "wide table": wide_table,
}


def seconds(raw: bytes) -> float:
    begin = time.process_time()
    parse(raw)
    return time.process_time() - begin


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_size(make: Callable[[int], bytes]) -> None:
    """Twice the size at most about twice the time: 8 times the size, up to 1 MB, 20 times it."""
    small = min(seconds(make(125_000)) for _ in range(2))
    large = seconds(make(1_000_000))
    assert large < 0.1 + 20 * small


def test_text_is_never_much_larger_than_the_mail() -> None:
    for make in HOSTILE.values():
        raw = make(40_000)
        message = EmailInbound().parse(
            Payload("", raw, {"mail_from": "e@example.com"}), email_channel()
        )
        assert len(message.text) <= 2 * len(raw)
