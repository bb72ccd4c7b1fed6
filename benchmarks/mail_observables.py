"""What a message of the API says, under the names by which mail readers are judged."""

from typing import Any

Json = dict[str, Any]


def observables(message: Json) -> Json:
    """Everything that is asked of any kind of case; who judges takes what it needs."""
    new_text = message.get("new_text")
    return {
        **_said(message),
        **_mail(message.get("email") or {}),
        **_machine(message),
        "reply": message["text"] if new_text is None else new_text,
    }


def _said(message: Json) -> Json:
    sender = message["sender"]["address"]
    files = message["attachments"]
    return {
        "from_email": sender,
        "from_name": None,
        "contact_email": sender,
        "subject": message["subject"],
        "body": message["text"],
        "html": message["html"],
        "attachments": [
            {
                "content_type": file["declared_type"],
                **{name: file[name] for name in ("filename", "size", "sha256")},
            }
            for file in files
        ],
    }


def _mail(email: Json) -> Json:
    if not email:
        return {}
    author = email["from"] or {"address": None, "name": None}
    return {
        "from_email": author["address"],
        "from_name": author["name"],
        "message_id": email["message_id"],
        "in_reply_to": email["in_reply_to"],
        "to_emails": email["to"],
        "is_spam": email["spam"],
    }


def _machine(message: Json) -> Json:
    bounce, complaint = message["bounce"], message["complaint"]
    report: Json = bounce or complaint or {}
    recipients: list[Json] = report.get("recipients", [])
    readers = [complaint["address"]] if complaint and complaint["address"] else []
    return {
        "is_bounce": message["bounce"] is not None,
        "is_complaint": message["complaint"] is not None,
        "is_auto_reply": message["automatic_kind"] == "auto_reply",
        "suppress_auto_response": message["automatic"],
        "recipients": readers or [each["address"] for each in recipients],
        "permanent": any(each["permanent"] for each in recipients),
        "status": next((each["status"] for each in recipients if each["status"]), None),
        "reason": next((each["detail"] for each in recipients if each["detail"]), None),
        "original_message_id": report.get("original_message_id"),
    }
