"""What mail written by mail servers says about messages that we sent, as the API shows it."""

from typing import Any

from pydantic import BaseModel

from gateway.database.schema import Message


class BouncedRecipient(BaseModel):
    """`status` is an enhanced status code (RFC 3463); `permanent`: nobody tries any more."""

    address: str
    status: str
    permanent: bool
    detail: str


class Bounce(BaseModel):
    """Whom a message of ours did not reach; `original_message_id` names it, where that is known."""

    recipients: list[BouncedRecipient]
    original_message_id: str | None


class Complaint(BaseModel):
    """Who called a message of ours unwanted; `type` is that of RFC 5965, such as `abuse`."""

    type: str
    address: str | None
    original_message_id: str | None


def bounce_of(message: Message) -> Bounce | None:
    """Return what a bounce says, None for any other message."""
    if message.automatic_kind != "bounce":
        return None
    failed = [report for report in message.reports or [] if "failure" in report]
    return Bounce(
        recipients=[_recipient(report) for report in failed if report.get("recipient")],
        original_message_id=_reference(failed),
    )


def complaint_of(message: Message) -> Complaint | None:
    """Return what a complaint says, None for any other message."""
    if message.automatic_kind != "complaint" or not message.reports:
        return None
    [report, *_] = message.reports
    return Complaint(
        type=report.get("code", "other"),
        address=report.get("recipient"),
        original_message_id=_reference(message.reports),
    )


def _recipient(report: dict[str, Any]) -> BouncedRecipient:
    return BouncedRecipient(
        address=report["recipient"],
        status=report.get("code", ""),
        permanent=report["state"] == "failed",
        detail=report.get("detail", ""),
    )


def _reference(reports: list[dict[str, Any]]) -> str | None:
    return next((report["reference"] for report in reports if report.get("reference")), None)
