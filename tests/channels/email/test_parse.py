"""What a mail says, and what of it is recognised when it comes again."""

from datetime import UTC, datetime

import pytest
from tests.channels.builders import email_channel, mail, parse_mail
from tests.channels.storable import assert_storable

from channels.contract import Mailbox
from channels.email.parse import EmailInbound
from channels.errors import Unparseable

PLAIN = (
    "From: Ada Lovelace <Ada@Example.com>",
    "To: Support <support@example.org>, second@example.org",
    "Cc: Boss <boss@example.com>",
    "Reply-To: elsewhere@example.com",
    "Subject: The engine",
    "Date: Tue, 02 Jun 2026 10:30:00 +0200",
    "Message-ID: <first@example.com>",
    "In-Reply-To: <parent@example.org>",
    "References: <root@example.org> <parent@example.org>",
    "",
    "It does not start.",
)


def test_plain_mail() -> None:
    message = parse_mail(*PLAIN)
    assert message.sender.address == "ada@example.com"
    assert message.sender.name == "Ada Lovelace"
    assert message.recipient == "support@example.org"
    assert message.subject == "The engine"
    assert message.text == "It does not start."
    assert message.html is None
    assert message.sent_at == datetime(2026, 6, 2, 8, 30, tzinfo=UTC)
    assert not message.automatic
    assert message.email is not None
    assert message.email.message_id == "first@example.com"
    assert message.email.in_reply_to == "parent@example.org"
    assert message.email.references == ("root@example.org", "parent@example.org")
    assert message.email.reply_to == "elsewhere@example.com"
    assert message.email.to == ("support@example.org", "second@example.org")
    assert message.email.cc == ("boss@example.com",)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("=?utf-8?B?Q2lhw7I=?=", "Ciaò"),
        ("=?iso-8859-1?Q?caff=E8_nero?=", "caffè nero"),
        ("=?utf-8?B?w?= =?utf-8?B?6g==?=", "ê"),
        ("=?UTF-8?Q?a?=\r\n =?UTF-8?Q?b?= c", "ab c"),
        ("=?utf-8*en?Q?x?=", "x"),
        ("=?no-such-charset?Q?caff=C3=A8?=", "caffè"),
        ("=?utf-8?B?Q2lhw7I?=", "Ciaò"),
        ("Caffè", "Caffè"),
        (b"Caff\xe8", "Caffè"),
        (b"=?iso-8859-1?Q?Caff\xe8?=", "Caffè"),
        ("=??Q?caff=C3=A8?=", "caffè"),
        ("=?utf-8?X?what?=", "=?utf-8?X?what?="),
        ("=?utf-8?Q?a=00b?=", "a\ufffdb"),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("", None),
    ],
)
def test_subject(header: str | bytes, subject: str | None) -> None:
    raw = header if isinstance(header, bytes) else header.encode()
    assert parse_mail("From: a@example.com", b"Subject: " + raw, "", "x").subject == subject


def test_raw_header_text_is_in_the_charset_of_the_mail() -> None:
    message = parse_mail(
        b"From: " + "Анна".encode("koi8-r") + b" <a@example.com>",
        b"Subject: " + "Привет".encode("koi8-r"),
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "Content-Type: text/plain; charset=koi8-r",
        "",
        "Где".encode("koi8-r"),
        "--b",
        b'Content-Type: image/png; name="' + "Фото.png".encode("koi8-r") + b'"',
        "",
        "x",
        "--b--",
    )
    assert message.subject == "Привет"
    assert message.sender.name == "Анна"
    assert message.text == "Где"
    assert [each.filename for each in message.attachments] == ["Фото.png"]


def test_a_report_that_names_nobody_is_from_the_mail_system() -> None:
    message = parse_mail("From: <>", "", "x", mail_from="")
    assert message.sender.address == "mailer-daemon"


def test_the_author_is_kept_as_the_mail_names_it() -> None:
    message = parse_mail("From: Ada <ada>", "", "x", mail_from="real@example.com")
    assert message.sender.address == "real@example.com"
    assert message.email is not None
    assert message.email.author == Mailbox("ada", "Ada")


@pytest.mark.parametrize(
    ("field", "spam"),
    [
        ("X-Spam-Flag: YES", True),
        ("X-Spam-Status: Yes, score=9", True),
        ("X-Spam-Status: No, score=1", False),
        ("Subject: x", False),
    ],
)
def test_what_a_filter_says_is_kept(field: str, spam: bool) -> None:
    email = parse_mail("From: root", field, "", "x", mail_from="root@example.com").email
    assert email is not None
    assert email.spam is spam
    assert email.author == Mailbox("root")


def test_a_capitalised_word_is_a_name() -> None:
    email = parse_mail("From: Ada", "", "x", mail_from="ada@example.com").email
    assert email is not None
    assert email.author == Mailbox("", "Ada")


@pytest.mark.parametrize(
    ("header", "address", "name"),
    [
        ("ada@example.com", "ada@example.com", None),
        ("<ada@example.com>", "ada@example.com", None),
        ("ada@example.com (Ada L.)", "ada@example.com", "Ada L."),
        ('"Lovelace, Ada" <ada@example.com>', "ada@example.com", "Lovelace, Ada"),
        (r'"Ada \"the\" L" <ada@example.com>', "ada@example.com", 'Ada "the" L'),
        ("=?utf-8?Q?=C3=80da,_L?= <ada@example.com>", "ada@example.com", "Àda, L"),
        ('"=?utf-8?Q?=C3=80da?=" <ada@example.com>', "ada@example.com", "Àda"),
        ("Ada <ada@example.com>, Bob <bob@example.com>", "ada@example.com", "Ada"),
        ("Team: ada@example.com;", "ada@example.com", None),
        ('"Ada <ada@example.com>', "ada@example.com", None),
        ("Ada <ada@example.com", "ada@example.com", "Ada"),
        ("Ada (an (odd) one <ada@example.com>", "envelope@example.com", "Ada"),
        ("Ada Lovelace", "envelope@example.com", "Ada Lovelace"),
        ("root", "envelope@example.com", "root"),
        ("", "envelope@example.com", None),
    ],
)
def test_sender(header: str, address: str, name: str | None) -> None:
    message = parse_mail(f"From: {header}", "", "x", mail_from="<envelope@example.com>")
    assert (message.sender.address, message.sender.name) == (address, name)


def test_sender_header_stands_in_for_a_from_without_address() -> None:
    message = parse_mail("From: Ada", "Sender: office@example.com", "", "x")
    assert message.sender.address == "office@example.com"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<a@x> <b@x> <a@x>", ("a@x", "b@x")),
        ("<a@x><b@x>", ("a@x", "b@x")),
        ("<a@x>\r\n\t<b@x>", ("a@x", "b@x")),
        ("a@x, b@x", ("a@x", "b@x")),
        ("<a b@x>", ("ab@x",)),
        ("none of them", ()),
        ("".join(f"<{n}@x>" for n in range(60)), tuple(f"{n}@x" for n in range(10, 60))),
    ],
)
def test_references(header: str, expected: tuple[str, ...]) -> None:
    email = parse_mail("From: a@example.com", f"References: {header}", "", "x").email
    assert email is not None
    assert email.references == expected


def test_long_identifiers_are_replaced_by_a_digest() -> None:
    email = parse_mail("From: a@example.com", f"References: <{'r' * 301}@x>", "", "x").email
    assert email is not None
    (reference,) = email.references
    assert reference.startswith("sha256:")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 02 Jun 2026 10:30:00 +0200 (CEST)", datetime(2026, 6, 2, 8, 30, tzinfo=UTC)),
        ("2 Jun 2026 10:30 GMT", datetime(2026, 6, 2, 10, 30, tzinfo=UTC)),
        ("Tue, 02 Jun 2026 10:30:00 -0000", datetime(2026, 6, 2, 10, 30, tzinfo=UTC)),
        ("Tue, 42 Jun 2026 10:30:00 +0000", None),
        ("Tue, 02 Jun 99999 10:30:00 +0000", None),
        ("31 Dec 9999 23:59:59 -1400", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_date(date: str, expected: datetime | None) -> None:
    assert parse_mail("From: a@example.com", f"Date: {date}", "", "x").sent_at == expected


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: AUTO-GENERATED; why=test",
        "Precedence: bulk",
        "Precedence: junk",
        "Precedence: list",
        "List-Id: Friends <friends.example.com>",
        "X-Auto-Response-Suppress: All",
        "Return-Path: <>",
        'Content-Type: multipart/report; boundary="b"',
    ],
)
def test_automatic(header: str) -> None:
    assert parse_mail("From: a@example.com", header, "", "x").automatic


@pytest.mark.parametrize("sender", ["", "<>"])
def test_null_envelope_sender_is_automatic(sender: str) -> None:
    assert parse_mail("From: a@example.com", "", "x", mail_from=sender).automatic


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: no", "Precedence: normal", "X-Auto-Response-Suppress: None", "X-Other: 1"],
)
def test_not_automatic(header: str) -> None:
    message = parse_mail("From: a@example.com", header, "", "x", mail_from="a@example.com")
    assert not message.automatic


def test_the_same_mail_in_two_mailboxes_has_one_key() -> None:
    first = parse_mail(
        "Return-Path: <one@example.com>", "Delivered-To: one@example.org", "Received: a", *PLAIN
    )
    second = parse_mail("Received: from elsewhere", "Received: b", *PLAIN)
    assert first.receipt == second.receipt
    assert first.receipt.space == "email"
    assert first.receipt.key.startswith("first@example.com:")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It does not start.", "Now it does."),
        ("10:30:00", "10:31:00"),
        ("<Ada@Example.com>", "<bob@example.com>"),
        ("<first@example.com>", "<other@example.com>"),
    ],
)
def test_a_reused_identifier_does_not_hide_another_mail(old: str, new: str) -> None:
    changed = tuple(line.replace(old, new) for line in PLAIN)
    assert parse_mail(*PLAIN).receipt != parse_mail(*changed).receipt


def test_without_identifier_the_raw_bytes_count() -> None:
    lines = ("From: a@example.com", "", "x")
    assert parse_mail(*lines).receipt == parse_mail(*lines).receipt
    assert parse_mail(*lines).receipt != parse_mail("Received: x", *lines).receipt


def test_keys_are_bounded() -> None:
    message = parse_mail("From: a@example.com", f"Message-ID: <{'m' * 5000}@x>", "", "x")
    assert_storable(message)


@pytest.mark.parametrize(
    ("lines", "code"),
    [((), "empty"), (("", " ", ""), "empty"), (("Subject: x", "", "text"), "no_sender")],
)
def test_unparseable(lines: tuple[str, ...], code: str) -> None:
    with pytest.raises(Unparseable) as caught:
        EmailInbound().parse(mail(*lines), email_channel())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ({"rcpt_to": "Help+7@Example.org"}, "help+7@example.org"),
        ({"rcpt_to": "nonsense"}, "support@example.org"),
        ({}, "support@example.org"),
    ],
)
def test_recipient(envelope: dict[str, str], expected: str) -> None:
    assert parse_mail("From: a@example.com", "", "x", **envelope).recipient == expected


def test_nothing_is_refused_by_signature() -> None:
    EmailInbound().verify(mail(*PLAIN), email_channel())


def test_addresses_and_header_fields_are_bounded() -> None:
    many = "To: " + ",".join(f"{n}@example.com" for n in range(600))
    fields = [f"X-{n}: 1" for n in range(2_100)]
    email = parse_mail("From: a@example.com", many, *fields, "Cc: late@example.com", "", "x").email
    assert email is not None
    assert len(email.to) == 500
    assert email.cc == ()
