"""A form as those need it who show it: its questions, and what its door wants besides."""

from typing import Any

from channels.form_fields import MAX_VALUE, OWN_TYPES, PLAIN, FormField, fields_of
from channels.web_form import MAX_FILE_BYTES, MAX_FILES, MAX_LINE, MAX_MESSAGE
from gateway.configuration import ConfiguredChannel


def asked_fields(channel: ConfiguredChannel) -> tuple[FormField, ...]:
    return fields_of(channel.config.settings) or PLAIN


def definition(channel: ConfiguredChannel, stamp: str) -> dict[str, Any]:
    """The document that `GET /in/forms/{key}` answers with."""
    settings = channel.config.settings
    return {
        "fields": [_described(field) for field in asked_fields(channel)],
        "files": {"most": MAX_FILES, "max_bytes": MAX_FILE_BYTES},
        "challenge": "challenge_url" in settings,
        "stamp": stamp,
        "min_seconds": float(settings.get("min_seconds", 0)),
    }


def max_length(field: FormField) -> int:
    if field.name == "message":
        return MAX_MESSAGE
    return MAX_LINE if field.name in OWN_TYPES else MAX_VALUE


def _described(field: FormField) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "labels": dict(field.labels),
        "required": field.required,
    }
    if field.type == "select":
        document["options"] = list(field.options)
    elif field.type != "file":
        document["max_length"] = max_length(field)
    return document
