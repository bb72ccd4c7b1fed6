"""The problem documents of the endpoints, as OpenAPI shows them."""

from typing import Any

from gateway.problems import MEDIA_TYPE, ProblemDocument

MEANINGS = {
    401: "No valid token",
    403: "The token's role does not reach",
    404: "No such thing in this workspace",
    409: "The state of things does not allow it",
    410: "It was there, and is over",
    413: "The body is over the limit",
    412: "Somebody else changed it first",
    422: "Mistakes in the request, each with a pointer",
    429: "Too many from this address: try again after Retry-After seconds",
    503: "The database is away: try again after Retry-After seconds",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a router whose endpoints may answer with these problems."""
    schema = ProblemDocument.model_json_schema()
    [schema["properties"]["errors"]["items"]] = schema.pop("$defs").values()
    return {
        status: {"description": MEANINGS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }
