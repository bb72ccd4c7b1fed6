"""Bounces as servers write them: made up here after the form of each, none copied."""

import pytest
from tests.channels.builders import parse_mail

from channels.contract import DeliveryReport, InboundMessage
from channels.errors import Failure

RETURNED = (
    "Received: from support.example.org by relay.example.net; Mon, 1 Jun 2026 10:00:00 +0000",
    "Message-ID: <answer-1@example.org>",
    "From: support@example.org",
    "To: ann@customer.test",
    "Subject: Re: Parcel",
)


def failures(message: InboundMessage) -> list[DeliveryReport]:
    return [report for report in message.reports if report.failure]


def standard(*groups: str, returned: str = "message/rfc822") -> InboundMessage:
    """A report by RFC 3464 with these groups of fields."""
    return parse_mail(
        "From: Mail Delivery System <MAILER-DAEMON@relay.example.net>",
        "To: support@example.org",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "",
        "I could not deliver your message to somebody.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; relay.example.net",
        *(line for group in groups for line in ("", *group.split("\n"))),
        "",
        "--b",
        f"Content-Type: {returned}",
        "",
        *RETURNED,
        "",
        "--b--",
    )


def test_a_report_names_recipient_status_and_mail() -> None:
    message = standard(
        "Original-Recipient: rfc822;Ann@customer.test\n"
        "Final-Recipient: rfc822;ann.b@elsewhere.test\n"
        "Action: failed\n"
        "Status: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <ann@customer.test>:\n  Recipient address rejected"
    )
    assert message.automatic_kind == "bounce"
    assert message.reports == (
        DeliveryReport(
            reference="answer-1@example.org",
            recipient="ann@customer.test",
            state="failed",
            failure=Failure.BAD_RECIPIENT,
            code="5.1.1",
            detail="550 5.1.1 <ann@customer.test>: Recipient address rejected",
        ),
    )
    assert message.email is not None
    assert message.email.references == ("answer-1@example.org",)


def test_each_recipient_has_its_own_report() -> None:
    message = standard(
        "Final-Recipient: rfc822; a@customer.test\nAction: failed\nStatus: 5.2.2",
        "Final-Recipient: rfc822; b@customer.test\nAction: delayed\nStatus: 4.4.1",
        "Final-Recipient: rfc822; c@customer.test\nAction: delivered\nStatus: 2.0.0",
        "Final-Recipient: rfc822; a@customer.test\nAction: failed\nStatus: 5.2.2",
        returned="text/rfc822-headers",
    )
    told = [(each.recipient, each.state, each.failure, each.code) for each in message.reports]
    assert told == [
        ("a@customer.test", "failed", Failure.REJECTED, "5.2.2"),
        ("b@customer.test", "sent", Failure.UNAVAILABLE, "4.4.1"),
        ("c@customer.test", "delivered", None, "2.0.0"),
    ]
    assert {report.reference for report in message.reports} == {"answer-1@example.org"}


def test_a_report_of_success_is_a_receipt() -> None:
    message = standard("Final-Recipient: rfc822; a@customer.test\nAction: relayed\nStatus: 2.0.0")
    assert message.automatic_kind == "receipt"
    assert [(each.state, each.failure) for each in message.reports] == [("sent", None)]


@pytest.mark.parametrize(
    ("status", "diagnostic", "code"),
    [
        ("5.0.0", "550 5.7.26 unauthenticated mail is prohibited", "5.7.26"),
        ("5.0.0", "550 user unknown", "5.1.1"),
        ("5.0.0 (permanent failure)", "", "5.0.0"),
        ("4.4.7", "450 4.7.1 come back later", "4.7.1"),
        ("5.1.1", "550 no reason at 5.1.2.3 or v5.2.1", "5.1.1"),
        ("", "552 mailbox over quota", "5.2.2"),
    ],
)
def test_the_refusing_server_is_more_exact(status: str, diagnostic: str, code: str) -> None:
    message = standard(
        "Final-Recipient: rfc822; a@customer.test\nAction: failed\n"
        f"Status: {status}\nDiagnostic-Code: smtp; {diagnostic}"
    )
    assert [each.code for each in message.reports] == [code]


def notice(*lines: str, subject: str, sender: str, head: tuple[str, ...] = ()) -> InboundMessage:
    return parse_mail(
        f"From: {sender}", "To: support@example.org", f"Subject: {subject}", *head, "", *lines
    )


NOTICES = {
    "an address leads the line, a reply below": notice(
        "Hi. This is the program at relay.example.net.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "",
        "<ann@customer.test>:",
        "192.0.2.1 does not like recipient.",
        "Remote host said: 550 5.1.1 <ann@customer.test>... User unknown",
        "",
        "--- Below this line is a copy of the message.",
        "",
        *RETURNED,
        sender="MAILER-DAEMON@relay.example.net",
        subject="failure notice",
    ),
    "the head names the recipient": notice(
        "This message was created automatically by mail delivery software.",
        "The following address(es) failed:",
        "",
        "  ann@customer.test",
        "    host mx.customer.test [192.0.2.9]: 550 no such user here",
        "",
        "------ This is a copy of the message, including all the headers. ------",
        "",
        *RETURNED,
        head=("X-Failed-Recipients: ann@customer.test",),
        sender="Mail Delivery System <Mailer-Daemon@relay.example.net>",
        subject="Mail delivery failed: returning message to sender",
    ),
    "a label before the address": notice(
        "Unable to deliver message to: <ann@customer.test>",
        "Reason: User unknown",
        "Original message follows.",
        "",
        *RETURNED,
        sender="Postmaster <postmaster@customer.test>",
        subject="Undeliverable Mail",
    ),
    "German words": notice(
        "Ihre Nachricht an den folgenden Empfänger konnte nicht zugestellt werden:",
        "",
        "ann@customer.test",
        "550 5.1.1 Unbekannter Benutzer",
        "",
        *RETURNED,
        sender="Mail Delivery System <mailer-daemon@relay.example.net>",
        subject="Unzustellbar: Re: Parcel",
    ),
    "Italian words": notice(
        "Recapito non riuscito per i seguenti destinatari o gruppi:",
        "",
        "ann@customer.test (ann@customer.test)",
        "Indirizzo inesistente.",
        "",
        *RETURNED,
        sender="postmaster@customer.test",
        subject="Non recapitabile: Re: Parcel",
    ),
    "frames of strokes": notice(
        "|------------------------- Failed addresses follow: ---------------------|",
        " <ann@customer.test> ... unknown user",
        "|------------------------- Message text follows: ------------------------|",
        *RETURNED,
        sender="<MAILER-DAEMON@customer.test>",
        subject="mail failed, returning to sender",
    ),
    "a transcript": notice(
        "   ----- Transcript of session follows -----",
        ">>> RCPT To:<ann@customer.test>",
        "<<< 550 Unknown user",
        "   ----- Unsent message follows -----",
        *RETURNED,
        sender="Mail Delivery Subsystem <MAILER-DAEMON@relay.example.net>",
        subject="Returned mail: User unknown",
    ),
    "fields in plain text": notice(
        "An error occurred while trying to deliver the mail:",
        "",
        "Reporting-MTA: dns; relay.example.net",
        "",
        "Final-Recipient: rfc822; ann@customer.test",
        "Action: failed",
        "Status: 5.1.1",
        "",
        *RETURNED,
        sender="MAILER-DAEMON@relay.example.net",
        subject="Delivery Status Notification (Failure)",
    ),
    "only the returned mail names the recipient": notice(
        "Message could not be delivered. Error: unknown user",
        "",
        "Original Message:",
        "",
        *RETURNED,
        sender="System Administrator <sysadmin@relay.example.net>",
        subject="Undeliverable Message",
    ),
}


@pytest.mark.parametrize("message", NOTICES.values(), ids=NOTICES.keys())
def test_notices_in_words(message: InboundMessage) -> None:
    assert message.automatic_kind == "bounce"
    [report] = message.reports
    assert report.recipient == "ann@customer.test"
    assert (report.state, report.failure) == ("failed", Failure.BAD_RECIPIENT)
    assert report.code == "5.1.1"
    assert report.reference == "answer-1@example.org"


def test_a_notice_may_name_several() -> None:
    message = notice(
        "The following addresses had errors:",
        "",
        "a@customer.test: 550 5.2.2 mailbox full",
        "b@customer.test: 550 5.1.1 user unknown",
        sender="Mailer Daemon <MAILER-DAEMON@relay.example.net>",
        subject="Delivery status notification: error",
    )
    assert [(each.recipient, each.code) for each in message.reports] == [
        ("a@customer.test", "5.2.2"),
        ("b@customer.test", "5.1.1"),
    ]


def test_an_address_is_read_whole() -> None:
    message = notice(
        "<o'neil+parcel=1@customer.test>:",
        "Sorry, no mailbox here by that name. (#5.1.1)",
        sender="MAILER-DAEMON@customer.test",
        subject="failure notice",
    )
    assert [each.recipient for each in message.reports] == ["o'neil+parcel=1@customer.test"]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Warning: could not send message for past 4 hours", "THIS IS A WARNING MESSAGE ONLY"),
        ("Delivery Status Notification (Delay)", "Delivery to the following has been delayed:"),
        ("Warning: message 1abc-2 delayed 24 hours", "The address not yet been delivered to is:"),
    ],
)
def test_a_delay_is_no_failure(subject: str, words: str) -> None:
    message = notice(
        words,
        "",
        "  ann@customer.test",
        "",
        "Message will be retried for 2 more days",
        sender="Mail Delivery System <mailer-daemon@relay.example.net>",
        subject=subject,
    )
    assert message.automatic_kind == "bounce"
    [report] = message.reports
    assert (report.state, report.failure) == ("sent", Failure.UNAVAILABLE)
    assert report.code == "4.0.0"


ORDINARY = {
    "a parcel that was not delivered": notice(
        "My parcel could not be delivered, the driver wrote to bob@depot.test.",
        "What is the delivery status? It said: delivery failed, address unknown.",
        sender="ann@customer.test",
        subject="Delivery failed",
    ),
    "a forwarded bounce": notice(
        "What does this mean?",
        "> <ann@customer.test>: 550 5.1.1 User unknown",
        sender="Bob <bob@customer.test>",
        subject="Fwd: Undelivered Mail Returned to Sender",
    ),
    "an answer to a postmaster's answer": notice(
        "The mailbox of ann@customer.test works again.",
        sender="Postmaster <postmaster@customer.test>",
        subject="Re: failure notice",
    ),
    "an absence notice": notice(
        "I am out of the office. Urgent mail to bob@customer.test, or it will not be delivered.",
        head=("Auto-Submitted: auto-replied", "Return-Path: <>"),
        sender="ann@customer.test",
        subject="Automatic reply: Re: Parcel",
    ),
    "a postmaster's digest": notice(
        "3 messages were held for you: from bob@depot.test, eve@depot.test and ivy@depot.test.",
        sender="postmaster@customer.test",
        subject="Your quarantine",
    ),
    "a carrier's mail that nobody reads": notice(
        "Your parcel could not be delivered to ann@customer.test, order 550 1234.",
        sender="no-reply@depot.test",
        subject="Delivery failed",
    ),
    "a report of success": notice(
        "Your message was delivered to ann@customer.test.",
        sender="MAILER-DAEMON@relay.example.net",
        subject="Delivery Status Notification (Success)",
    ),
    "a shop's mail that nobody reads": notice(
        "Your order 550 was shipped to ann@customer.test.",
        sender="no-reply@shop.test",
        subject="Delivery notification",
    ),
}


@pytest.mark.parametrize("message", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_mail_is_no_bounce(message: InboundMessage) -> None:
    assert message.reports == ()
    assert message.automatic_kind != "bounce"


def test_an_attached_report_of_a_person_is_no_bounce() -> None:
    message = parse_mail(
        "From: Ann <ann@customer.test>",
        "Subject: What is this?",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        "",
        "I got the file below.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; relay.example.net",
        "",
        "Final-Recipient: rfc822; bob@customer.test",
        "Action: failed",
        "Status: 5.1.1",
        "--b--",
        mail_from="ann@customer.test",
    )
    assert message.automatic_kind is None
    assert message.reports == ()
