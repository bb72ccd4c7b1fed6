"""What every inbound message must be, whatever it was made of."""

from channels.contract import InboundMessage

MAX_KEY = 300


def texts(message: InboundMessage) -> list[str]:
    """Return every text of a message that ends in the database."""
    found = [message.text, message.recipient, message.sender.address, message.receipt.key]
    found += [
        text
        for text in (message.new_text, message.html, message.subject, message.sender.name)
        if text
    ]
    found += [each for pair in message.attributes.items() for each in pair]
    for attachment in message.attachments:
        found += [attachment.filename, attachment.content_type, attachment.content_id or ""]
    for file in message.files:
        found += [file.url, file.content_type, file.filename or ""]
    if message.email:
        headers = message.email
        found += [*headers.references, *headers.to, *headers.cc]
        found += [headers.message_id or "", headers.in_reply_to or "", headers.reply_to or ""]
    for report in message.reports:
        found += [report.reference, report.recipient, report.code, report.detail]
    return [*found, *message.authentication.values()]


def assert_texts(*found: str) -> None:
    for text in found:
        assert "\0" not in text
        text.encode()


def assert_storable(message: InboundMessage) -> None:
    assert_texts(*texts(message))
    assert 0 < len(message.receipt.key) <= MAX_KEY
    assert message.sender.address
    if message.sent_at is not None:
        assert message.sent_at.tzinfo is not None
