"""Whatever claims to be a bounce or a complaint is read without an exception, in linear time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import email_channel
from tests.channels.storable import assert_storable

from channels.contract import InboundMessage, Payload
from channels.email.parse import EmailInbound

HEAD = (
    b"From: MAILER-DAEMON@relay.example.net\r\nSubject: Returned mail\r\n"
    b"Authentication-Results: mx.example.org; spf=pass\r\nMessage-ID: <1@relay.example.net>\r\n"
)
REPORT = HEAD + b"Content-Type: multipart/report; boundary=b\r\n\r\n"
STATUS = REPORT + b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"

FRAGMENTS = [
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b";",
    b"<",
    b">",
    b"@",
    b"ann@customer.test",
    b"<ann@customer.test>:",
    b"--b\r\n",
    b"--b--",
    b"Content-Type: message/delivery-status\r\n\r\n",
    b"Content-Type: message/feedback-report\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/rfc822-headers\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Final-Recipient: rfc822;",
    b"Original-Recipient: ",
    b"Action: failed\r\n",
    b"Action: delayed\r\n",
    b"Status: 5.1.1\r\n",
    b"Status: ",
    b"Diagnostic-Code: smtp; 550 5.7.1 no\r\n",
    b"Feedback-Type: abuse\r\n",
    b"Message-ID: <answer-1@example.org>\r\n",
    b"could not be delivered",
    b"--- Below this line is a copy of the message.\r\n",
    b"Received: from x\r\n",
    b"550 5.1.1 user unknown",
    b"mailbox is full",
    b"To: ",
    b"\xff\xfe",
    b"\xc3\xa8",
]


def parse(raw: bytes) -> InboundMessage:
    channel = email_channel(trusted_authserv="mx.example.org")
    return EmailInbound().parse(Payload("message/rfc822", raw, {"mail_from": "<>"}), channel)


@given(
    st.sampled_from([HEAD, HEAD + b"\r\n", REPORT, STATUS]),
    st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=12), max_size=40),
)
def test_nothing_escapes(head: bytes, fragments: list[bytes]) -> None:
    message = parse(head + b"".join(fragments))
    assert_storable(message)
    assert message.automatic
    for report in message.reports:
        assert "\n" not in report.detail
        assert len(report.detail) <= 500
        assert report.recipient == "" or "@" in report.recipient


def repeated(prefix: bytes, unit: bytes) -> Callable[[int], bytes]:
    return lambda size: prefix + unit * (size // len(unit))


NOTICE = HEAD + b"\r\nYour message could not be delivered to:\r\n"
HOSTILE = {
    "addresses": repeated(NOTICE, b"ann@customer.test\r\n"),
    "addresses in one line": repeated(NOTICE, b"ann@customer.test "),
    "letters": repeated(NOTICE, b"a"),
    "at signs": repeated(NOTICE, b"@"),
    "halves of addresses": repeated(NOTICE, b"a@"),
    "dashes": repeated(NOTICE, b"-"),
    "blanks": repeated(NOTICE, b" \r\n"),
    "words": repeated(NOTICE, b"user mailbox account recipient "),
    "codes": repeated(NOTICE, b"550 5.1.1 "),
    "digits": repeated(NOTICE, b"5.1."),
    "labels": repeated(NOTICE, b"recipient: "),
    "fields": repeated(NOTICE, b"Final-Recipient: x\r\n"),
    "groups": repeated(STATUS, b"\r\n\r\nFinal-Recipient: rfc822;a@b.it\r\nAction: failed\r\n"),
    "diagnostics": repeated(STATUS + b"Action: failed\r\n", b"Diagnostic-Code: 550 x\r\n"),
    "long diagnostic": repeated(
        STATUS + b"Final-Recipient: rfc822;a@b.it\r\nDiagnostic-Code: ", b"a@ 550 "
    ),
    "message ids": repeated(NOTICE, b"Message-ID: <"),
    "returned heads": repeated(NOTICE, b"\r\nReceived: from x\r\n"),
    "results": repeated(
        b"From: a@b.it\r\nAuthentication-Results: mx.example.org", b"; spf=pass (("
    ),
    "fields of results": repeated(
        b"From: a@b.it\r\n", b"Authentication-Results: mx.example.org; spf=(\r\n"
    ),
    "subject": repeated(b"From: MAILER-DAEMON@b.it\r\nSubject: ", b"delivery of message "),
}


def seconds(raw: bytes) -> float:
    begin = time.process_time()
    parse(raw)
    return time.process_time() - begin


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_size(make: Callable[[int], bytes]) -> None:
    small = min(seconds(make(25_000)) for _ in range(2))
    large = seconds(make(200_000))
    assert large < 0.1 + 25 * small


def test_a_megabyte_is_read_at_once() -> None:
    for make in HOSTILE.values():
        assert seconds(make(1_000_000)) < 5
