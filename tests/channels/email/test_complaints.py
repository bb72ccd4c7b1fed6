"""Complaints by RFC 5965, and those that some providers send in its place."""

import pytest
from tests.channels.builders import parse_mail

from channels.contract import DeliveryReport, InboundMessage


def feedback(*fields: str) -> InboundMessage:
    return parse_mail(
        "From: <abuse-desk@provider.test>",
        "Subject: FW: Parcel",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "",
        "This is an email abuse report.",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        *fields,
        "User-Agent: Provider/1.0",
        "Version: 1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        "Message-ID: <answer-1@example.org>",
        "To: Ann <ann@customer.test>",
        "",
        "x",
        "--b--",
    )


def test_a_complaint_names_reader_and_mail() -> None:
    message = feedback("Feedback-Type: abuse", "Original-Rcpt-To: <Ann@customer.test>")
    assert message.automatic_kind == "complaint"
    assert message.reports == (
        DeliveryReport(
            "answer-1@example.org",
            "ann@customer.test",
            "delivered",
            code="abuse",
            detail="Provider/1.0",
        ),
    )
    assert message.email is not None
    assert message.email.references == ("answer-1@example.org",)


def test_the_reader_is_the_mail_s_recipient_where_it_is_not_told() -> None:
    [report] = feedback("Feedback-Type: fraud").reports
    assert (report.recipient, report.code) == ("ann@customer.test", "fraud")


def test_not_spam_is_no_complaint() -> None:
    message = feedback("Feedback-Type: not-spam")
    assert (message.automatic_kind, message.reports) == ("other", ())


@pytest.mark.parametrize(
    ("head", "body", "recipient", "code"),
    [
        (
            'Content-Type: multipart/mixed; boundary="b"',
            "\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: ann@customer.test\n",
            "ann@customer.test",
            "abuse",
        ),
        ("X-Apple-Unsubscribe: true", "\nunsubscribe", "reader@customer.test", "opt-out"),
    ],
)
def test_complaints_of_other_forms(head: str, body: str, recipient: str, code: str) -> None:
    message = parse_mail("From: reader@customer.test", head, *body.split("\n"))
    assert message.automatic_kind == "complaint"
    assert [(each.recipient, each.code) for each in message.reports] == [(recipient, code)]
