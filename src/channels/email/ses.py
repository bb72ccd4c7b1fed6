"""Amazon SES: mail that a receipt rule's SNS action publishes, content and all.

Sources: docs.aws.amazon.com/ses/latest/dg: Contents of notifications for Amazon SES email
receiving; Publish to Amazon SNS topic action.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from channels.contract import ChannelConfig, InboundMessage, Payload
from channels.documents import part
from channels.email.sns import read_notification, verify_sns
from channels.email.wrapped import parse_wrapped, strings
from channels.errors import Unparseable
from channels.text import clean, one_line

_VERDICTS = {"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror"}


class SesInbound:
    """The inbound half: setting `topic_arn`, one topic or several with blanks between."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None:
        """Check that Amazon SNS signed it for the channel's topic.

        Raises:
            InvalidSignature: it did not.
        """
        verify_sns(payload, channel)

    def parse(self, payload: Payload, channel: ChannelConfig) -> InboundMessage:
        """Read the mail in `content`.

        Raises:
            Unparseable: `not_json`, `not_a_notification`, `not_received_mail`,
                `mail_lies_elsewhere` (in S3), `broken_content`, or as any mail.
        """
        notification = read_notification(payload)
        if notification.get("notificationType") != "Received":
            detail = "this topic reports on sent mail: subscribe it to the channel's /status"
            raise Unparseable("not_received_mail", detail)
        mail = part(notification, "mail")
        receipt = part(notification, "receipt")
        source = mail.get("source")
        return parse_wrapped(
            _content(notification, part(receipt, "action")),
            channel,
            mail_from=clean(source) if isinstance(source, str) else None,
            recipients=[clean(each) for each in strings(receipt.get("recipients"))],
            verdicts={
                method: _VERDICTS.get(str(part(receipt, f"{method}Verdict").get("status")))
                for method in ("spf", "dkim", "dmarc")
            },
        )


def _content(notification: Mapping[str, Any], action: Mapping[str, Any]) -> bytes:
    content = notification.get("content")
    if not isinstance(content, str):
        place = "/".join(str(action.get(name, "?")) for name in ("bucketName", "objectKey"))
        detail = f"the mail lies in S3 ({place}): give the receipt rule an SNS action"
        raise Unparseable("mail_lies_elsewhere", one_line(detail, 300))
    if not _is_base64(content, action.get("encoding")):
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unparseable("broken_content", "content is no base64") from error


def _is_base64(content: str, encoding: object) -> bool:
    """By what SES says; where it says nothing, no mail's head is without a colon."""
    if isinstance(encoding, str):
        return encoding.lower() == "base64"
    return ":" not in content
