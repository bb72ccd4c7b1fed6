"""The doors as OpenAPI describes them: they are no FastAPI routes, so they say it themselves."""

from typing import Any

from gateway.api.problems import documented


def _body(schema: dict[str, Any], *media_types: str) -> dict[str, Any]:
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {"required": True, "content": content}


KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "The channel's public key",
    "schema": {"type": "string"},
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repeated submission one message",
    "schema": {"type": "string", "maxLength": 200},
}
DELIVERY = {
    "name": "delivery",
    "in": "query",
    "description": "The delivery that is meant; part of the URL that the provider is given",
    "schema": {"type": "string", "format": "uuid"},
}
STORED = {
    "type": "object",
    "required": ["message", "duplicate"],
    "properties": {
        "message": {"type": ["string", "null"], "format": "uuid"},
        "duplicate": {"type": "boolean"},
        "acknowledged": {"type": "boolean", "description": "An automatic answer is on its way"},
        "quarantine": {"type": "string", "format": "uuid"},
    },
}
SUBMISSION = {
    "type": "object",
    "required": ["email", "message"],
    "properties": {
        "email": {"type": "string", "format": "email"},
        "message": {"type": "string", "minLength": 1, "maxLength": 100_000},
        "name": {"type": "string"},
        "subject": {"type": "string"},
        "submission_id": {"type": "string", "maxLength": 200},
    },
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    "example": {
        "email": "ann@example.com",
        "subject": "Parcel",
        "message": "Where is my parcel?",
        "order": "A-1001",
    },
}
TWILIO = {
    "type": "object",
    "required": ["AccountSid", "MessageSid", "From", "To"],
    "properties": {
        name: {"type": "string"} for name in ("AccountSid", "MessageSid", "From", "To", "Body")
    },
}

TWILIO_STATUS = {
    "type": "object",
    "required": ["AccountSid", "MessageSid", "MessageStatus"],
    "properties": {
        name: {"type": "string"}
        for name in ("AccountSid", "MessageSid", "MessageStatus", "To", "ErrorCode", "ErrorMessage")
    },
}


MAILGUN = {
    "type": "object",
    "required": ["timestamp", "token", "signature", "body-mime"],
    "properties": {
        name: {"type": "string"}
        for name in ("timestamp", "token", "signature", "sender", "recipient", "body-mime")
    },
}
SENDGRID = {
    "type": "object",
    "required": ["email", "envelope"],
    "properties": {name: {"type": "string"} for name in ("email", "envelope", "from", "to")},
}
POSTMARK = {
    "type": "object",
    "required": ["RawEmail"],
    "properties": {name: {"type": "string"} for name in ("RawEmail", "OriginalRecipient")},
}
SNS = {
    "type": "object",
    "required": ["Type", "TopicArn", "Message", "Signature", "SigningCertURL"],
    "properties": {
        name: {"type": "string"}
        for name in ("Type", "TopicArn", "Message", "Signature", "SigningCertURL", "SubscribeURL")
    },
}
VONAGE = {
    "type": "object",
    "required": ["message_uuid", "channel", "from", "to"],
    "properties": {
        name: {"type": "string"}
        for name in ("message_uuid", "channel", "from", "to", "message_type", "text", "timestamp")
    },
}
VONAGE_STATUS = {
    "type": "object",
    "required": ["message_uuid", "status"],
    "properties": {
        **{
            name: {"type": "string"}
            for name in ("message_uuid", "status", "client_ref", "to", "timestamp")
        },
        "error": {"type": "object"},
    },
}
FORM = ("application/x-www-form-urlencoded", "multipart/form-data")
EVENT = {"type": "object"}
EVENTS = {"type": "array", "items": EVENT}
MAIL_PROVIDERS = (
    ("Mailgun", "mailgun", "/mime", _body(MAILGUN, *FORM), EVENT, "Signed by Mailgun."),
    ("SendGrid", "sendgrid", "", _body(SENDGRID, FORM[1]), EVENTS, "Signed by SendGrid."),
    ("Postmark", "postmark", "", _body(POSTMARK, "application/json"), EVENT, "Logs in (basic)."),
    ("Amazon SES", "ses", "", _body(SNS, "text/plain"), SNS, "Signed by Amazon SNS."),
)


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the doors to the API's own description."""
    schema["paths"] |= {
        "/in/forms/{key}": {
            "parameters": [KEY],
            "post": {
                **_operation("Submit a web form", "Every further field is an attribute."),
                "parameters": [IDEMPOTENCY],
                "requestBody": _body(
                    SUBMISSION,
                    "application/json",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                ),
                "responses": _responses(200, 201, problems=(404, 413, 422, 429, 503)),
            },
            "get": {
                **_operation("What a form asks for", "With a stamp that is good for a day."),
                "responses": {
                    "200": {
                        "description": "Fields, limits and a stamp",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    **_problems(404),
                },
            },
        },
        "/in/twilio/{key}": {
            "parameters": [KEY],
            "post": {
                **_operation("Twilio's webhook for incoming messages", "Signed by Twilio."),
                "requestBody": _body(TWILIO, "application/x-www-form-urlencoded"),
                "responses": {
                    "200": {"description": "Stored", "content": {"text/xml": {"schema": {}}}},
                    **_problems(403, 404, 413, 503),
                },
            },
        },
        "/in/twilio/{key}/status": _texts(
            "Twilio's status callbacks",
            "Signed by Twilio; asked for with each message where a public URL is set.",
            _body(TWILIO_STATUS, "application/x-www-form-urlencoded"),
        ),
        "/in/vonage/{key}": _texts(
            "Vonage's webhook for inbound messages",
            "Messages API, version 1; signed by Vonage.",
            _body(VONAGE, "application/json"),
        ),
        "/in/vonage/{key}/status": _texts(
            "Vonage's webhook for message status",
            "Messages API, version 1; signed by Vonage.",
            _body(VONAGE_STATUS, "application/json"),
        ),
        "/in/email/{key}": {
            "parameters": [KEY],
            "post": {
                **_operation("Post one raw mail", "Needs a key of role provider or admin."),
                "security": [{"HTTPBearer": []}],
                "requestBody": _body({"type": "string", "format": "binary"}, "message/rfc822"),
                "responses": _responses(200, 201, 202, problems=(401, 403, 404, 413, 503)),
            },
        },
    }
    for name, provider, ending, mail, event, proof in MAIL_PROVIDERS:
        media_type = "text/plain" if event is SNS else "application/json"
        door = f"/in/{provider}/{{key}}"
        schema["paths"][door + ending] = _webhook(f"{name}'s webhook for mail", proof, mail)
        schema["paths"][f"{door}/status"] = _webhook(
            f"{name}'s webhook for events", proof, _body(event, media_type)
        )
    return schema


def _texts(summary: str, description: str, body: dict[str, Any]) -> dict[str, Any]:
    """A door that answers without a body; one for reports may be told the delivery."""
    post = {
        **_operation(summary, description),
        "requestBody": body,
        "responses": {"204": {"description": "Taken"}, **_problems(403, 404, 413, 422, 503)},
    }
    return {"parameters": [KEY, DELIVERY] if "status" in summary else [KEY], "post": post}


def _webhook(summary: str, proof: str, body: dict[str, Any]) -> dict[str, Any]:
    post = {
        **_operation(summary, f"{proof} docs/channels.md says how it is set up."),
        "requestBody": body,
        "responses": {
            "200": {"description": "Stored", "content": {"application/json": {"schema": {}}}},
            **_problems(401, 403, 404, 413, 422, 503),
        },
    }
    return {"parameters": [KEY], "post": post}


def _operation(summary: str, description: str) -> dict[str, Any]:
    return {"tags": ["doors"], "summary": summary, "description": description}


MEANINGS = {200: "It was known", 201: "Stored", 202: "Kept in quarantine"}


def _responses(*statuses: int, problems: tuple[int, ...]) -> dict[str, Any]:
    content = {"application/json": {"schema": STORED}}
    answers = {
        str(status): {"description": MEANINGS[status], "content": content} for status in statuses
    }
    return answers | _problems(*problems)


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): answer for status, answer in documented(*statuses).items()}
