"""JSON from others, read as far as it is what it should be."""

from collections.abc import Mapping
from typing import Any

import orjson

Document = Mapping[str, Any]


def object_in(raw: bytes) -> Document:
    """Return a JSON object, an empty one where the bytes are none."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def part(document: Document, *path: str) -> Document:
    """Return the object at a path in a document, an empty one where there is none."""
    for name in path:
        inner = document.get(name)
        document = inner if isinstance(inner, dict) else {}
    return document
