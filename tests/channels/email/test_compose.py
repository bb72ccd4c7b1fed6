"""Answers as mails, read back with the standard library as any receiver would."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from tests.channels.builders import answer, email_channel, parse_mail

from channels.contract import Attachment, OutboundMessage
from channels.email.compose import compose
from channels.errors import Failure, SendFailed

NOW = datetime(2026, 6, 2, 8, 30, tzinfo=UTC)


def composed(message: OutboundMessage) -> tuple[bytes, EmailMessage]:
    raw = compose(message, email_channel(), NOW).as_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return raw, mail


def test_headers_and_text() -> None:
    headers = {"in_reply_to": "q@example.com", "reply_to": "desk@example.org"}
    _, mail = composed(answer(headers=headers, references=("root@example.com", "q@example.com")))
    assert mail["From"] == "Grace of Support <support@example.org>"
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Re: Where is it?"
    assert mail["Message-ID"] == "<answer-1@example.org>"
    assert mail["In-Reply-To"] == "<q@example.com>"
    assert mail["References"] == "<root@example.com> <q@example.com>"
    assert mail["Reply-To"] == "desk@example.org"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] is None
    assert mail.get_content().replace("\r\n", "\n") == "Good day,\nit is on its way.\n"


def test_the_same_answer_is_the_same_bytes() -> None:
    files = (Attachment("a.txt", "text/plain", b"x"),)
    assert composed(answer(attachments=files))[0] == composed(answer(attachments=files))[0]


def test_only_a_safe_link_is_for_one_click() -> None:
    url = f"https://help.test/unsubscribe/ch_1/{'x' * 90}"
    raw, mail = composed(replace(answer(), unsubscribe_url=url))
    assert mail["List-Unsubscribe"] == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"=?" not in raw
    _, mail = composed(replace(answer(), unsubscribe_url="http://localhost/unsubscribe/1"))
    assert mail["List-Unsubscribe"] == "<http://localhost/unsubscribe/1>"
    assert mail["List-Unsubscribe-Post"] is None
    assert composed(answer())[1]["List-Unsubscribe"] is None


def test_attachments_survive() -> None:
    files = (
        Attachment("Caffè.pdf", "application/pdf", b"\0\xff"),
        Attachment("dot.png", "image/png", b"png", inline=True, content_id="dot@example"),
        Attachment("evil\r\nBcc: x", "text/plain\r\nX: y", b"x"),
        Attachment("forwarded.eml", "message/rfc822", b"From: a@example.com\r\n\r\nx"),
    )
    raw, mail = composed(answer(attachments=files))
    found = list(mail.iter_attachments())
    assert [part.get_filename() for part in found] == [
        "Caffè.pdf",
        "dot.png",
        "evil Bcc: x",
        "forwarded.eml",
    ]
    assert found[0].get_content() == b"\0\xff"
    assert found[1]["Content-ID"] == "<dot@example>"
    assert found[1].get_content_disposition() == "inline"
    assert found[2].get_content_type() == "application/octet-stream"
    assert found[3].get_content() == files[3].content
    again = parse_mail(raw)
    assert [each.content for each in again.attachments] == [each.content for each in files]


def structure(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def test_html_goes_beside_the_text_with_its_images_and_before_the_files() -> None:
    dot = Attachment("dot.png", "image/png", b"png", inline=True, content_id="dot@example")
    lost = Attachment("lost.png", "image/png", b"lost", inline=True, content_id="lost@example")
    pdf = Attachment("a.pdf", "application/pdf", b"%PDF")
    html = '<p>Ciò {0} è <img src="cid:dot@example"></p>'
    raw, mail = composed(answer(text="Ciò", html=html, attachments=(pdf, dot, lost)))
    assert structure(mail) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "image/png",
    ]
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().strip() == "Ciò"
    assert html in page.get_content()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    again = parse_mail(raw)
    assert (again.text.strip(), html in (again.html or "")) == ("Ciò", True)
    assert {each.filename: each.content_id for each in again.attachments} == {
        "dot.png": "dot@example",
        "a.pdf": None,
        "lost.png": "lost@example",
    }
    assert composed(answer(text="Ciò", html=html, attachments=(pdf, dot, lost)))[0] == raw


def test_what_nobody_wrote_says_so() -> None:
    raw, mail = composed(replace(answer(), automatic=True))
    assert mail["Auto-Submitted"] == "auto-replied"
    assert parse_mail(raw).automatic


def test_html_alone_needs_no_envelope_of_files() -> None:
    _, mail = composed(answer(html="<p>Good day</p>"))
    assert structure(mail) == ["multipart/alternative", "text/plain", "text/html"]


BREAKOUT = "x\r\nBcc: victim@example.com\r\n\r\nbody\u2028\0"


@pytest.mark.parametrize(
    "message",
    [
        answer(subject=BREAKOUT),
        answer(sender_name=BREAKOUT),
        answer(sender_name='"<evil@example.com>" ,'),
        answer(headers={"message_id": BREAKOUT}),
        answer(headers={"in_reply_to": BREAKOUT}),
        answer(references=(BREAKOUT, "good@example.com")),
    ],
)
def test_no_value_breaks_out_of_its_header(message: OutboundMessage) -> None:
    raw, mail = composed(message)
    assert mail["Bcc"] is None
    assert b"\r\nBcc" not in raw
    assert [each.addr_spec for each in mail["From"].addresses] == ["support@example.org"]


def test_long_identifiers_are_folded_and_never_encoded() -> None:
    references = tuple(f"{'r' * 280}{n}@example.com" for n in range(50))
    raw, _ = composed(answer(references=references))
    again = parse_mail(raw).email
    assert again is not None
    assert again.references == references
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_long_subjects_and_texts_keep_to_the_line_limits() -> None:
    raw, mail = composed(answer(subject="è" * 500, text="ß" * 5000 + "\n.\nend"))
    assert mail["Subject"] == "è" * 500
    assert mail.get_content().replace("\r\n", "\n") == "ß" * 5000 + "\n.\nend\n"
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    raw.decode("ascii")


def test_international_domains_go_out_in_ascii() -> None:
    _, mail = composed(answer(recipient="info@bücher.example"))
    assert mail["To"] == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "recipient", ["", "nobody", "a@b", "a@example.com\r\nBcc: x", "é@example.com"]
)
def test_bad_recipient(recipient: str) -> None:
    with pytest.raises(SendFailed) as caught:
        compose(answer(recipient=recipient), email_channel(), NOW)
    assert caught.value.failure is Failure.BAD_RECIPIENT


@pytest.mark.parametrize(
    ("pattern", "agent", "name"),
    [
        ("", "Grace", "Grace"),
        ("Acme Support", "Grace", "Acme Support"),
        ("{agent} of Acme", "Grace", "Grace of Acme"),
        ("{agent} of {0.__class__}", "G", "G of {0.__class__}"),
        ("{agent}", None, ""),
        (BREAKOUT, "Grace", "x Bcc: victim@example.com body \ufffd"),
    ],
)
def test_the_channel_says_who_writes(pattern: str, agent: str | None, name: str) -> None:
    channel = email_channel(sender_name=pattern)
    raw = compose(answer(sender_name=agent), channel, NOW).as_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    [author] = mail["From"].addresses
    assert author.addr_spec == "support@example.org"
    assert author.display_name == name
