"""The feed's description for machines: AsyncAPI 3.0, made from the models of its frames."""

import re
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway.feed.client_frames import ClientFrame
from gateway.feed.server_frames import VERSION, ServerFrame

REFERENCE = "#/components/schemas/{model}"


@cache
def description() -> dict[str, Any]:
    """`send` is what the gateway sends, `receive` what clients do."""
    sent, received = frames_of(ServerFrame), frames_of(ClientFrame)
    modes: dict[type[BaseModel], JsonSchemaMode] = dict.fromkeys(received.values(), "validation")
    modes |= dict.fromkeys(sent.values(), "serialization")
    names, schemas = models_json_schema(list(modes.items()), ref_template=REFERENCE)
    frames = received | sent
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sportello's feed",
            "version": f"{VERSION}.0.0",
            "description": "Frames are JSON objects in text messages. docs/feed-protocol.md tells"
            " what they mean together.",
        },
        "channels": {
            "feed": {
                "address": "/feed",
                "description": "A websocket. The first frame is `hello`.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in frames},
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            "receive": operation("receive", received),
            "send": operation("send", sent),
        },
        "components": {
            "messages": {
                name: message(name, model, names[model, modes[model]])
                for name, model in frames.items()
            },
            "schemas": schemas["$defs"],
        },
    }


def frames_of(union: Any) -> dict[str, type[BaseModel]]:
    """The members of a discriminated union of frames, by their `t`."""
    members = get_args(get_args(union)[0])
    return {get_args(model.model_fields["t"].annotation)[0]: model for model in members}


def operation(action: str, frames: dict[str, type[BaseModel]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/feed"},
        "messages": [{"$ref": f"#/channels/feed/messages/{name}"} for name in frames],
    }


def message(name: str, model: type[BaseModel], schema: dict[str, Any]) -> dict[str, Any]:
    summary = re.sub(r"\s+", " ", (model.__doc__ or "").strip())
    return {
        "name": name,
        "contentType": "application/json",
        "payload": schema,
    } | ({"summary": summary} if summary else {})
