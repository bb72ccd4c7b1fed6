"""Who may call what, asked of every route that the application has."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from tests.api.team import NOTHING, RULE, Team, things_of

from gateway.app import create_api

FOR_ANYBODY = {"/v1/me"}
FOR_NOBODY_YET = {
    "/v1/sessions",
    "/v1/sessions/oidc",
    "/v1/sessions/oidc/start",
    "/v1/sessions/oidc/callback",
    "/v1/passwords",
}
"""What is called by those who have no token, and want one."""

FOR_AGENTS = (
    "/feed",
    "/v1/feed/",
    "/v1/articles",
    "/v1/attachments",
    "/v1/attributes",
    "/v1/calendars",
    "/v1/contacts",
    "/v1/conversations",
    "/v1/deliveries",
    "/v1/inbox/",
    "/v1/macros",
    "/v1/me",
    "/v1/messages",
    "/v1/offers",
    "/v1/presence",
    "/v1/queues",
    "/v1/writable-channels",
    "/v1/search",
    "/v1/tags",
    "/v1/session",
    "/v1/sla-policies",
    "/v1/views",
)
PLACE = re.compile(r"\{\w+\}")
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/conversations/{id}/replies"): {"text": "Hello"},
    ("POST", "/v1/conversations/{id}/notes"): {"text": "Hello"},
    ("PUT", "/v1/articles/{id}/draft"): {"language": "en", "title": "x", "body": "x"},
    ("POST", "/v1/articles/{id}/publish"): {"language": "en", "version": 1},
    ("POST", "/v1/articles/{id}/withdraw"): {"language": "en"},
    ("POST", "/v1/messages/{id}/article"): {"language": "en", "title": "x"},
    ("PUT", "/v1/calendars/{id}"): {"name": "Office", "timezone": "Europe/Rome", "week": {}},
    ("PUT", "/v1/macros/{id}"): {"name": "x", "language": "en", "texts": {"en": {"text": "x"}}},
    ("POST", "/v1/macros/{id}/preview"): {"conversation": str(NOTHING)},
    ("PUT", "/v1/sla-policies/{id}"): {"name": "Standard", "targets": {}},
    ("POST", "/v1/tags/{id}/merge"): {"into": str(NOTHING)},
    ("POST", "/v1/tags/{id}/rename"): {"name": "x"},
    ("POST", "/v1/conversations/{id}/type"): {"type": "refund"},
    ("POST", "/v1/conversations/{id}/priority"): {"priority": "high"},
    ("POST", "/v1/conversations/{id}/attributes"): {"attributes": {"x": None}},
    ("PUT", "/v1/views/{id}"): {"name": "x", "filters": {}},
    ("PUT", "/v1/rules/{id}"): RULE,
    ("PUT", "/v1/rules/draft/rules/{id}"): RULE,
    ("POST", "/v1/agents/{id}/tokens"): {"name": "Mine"},
    ("POST", "/v1/webhooks/{id}/replay"): {"from": "2026-11-02T08:00:00Z"},
    ("POST", "/v1/contacts/{id}/identities"): {"space": "phone", "address": "+390612345678"},
}


def operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the HTTP API below /v1."""
    for path, item in app.openapi()["paths"].items():
        if path.startswith("/v1/"):
            yield from ((method.upper(), path) for method in item)


@pytest.fixture
def app(team: Team) -> FastAPI:
    return create_api(team.gateway)


@pytest.fixture
async def things(other: Team) -> dict[str, str]:
    return await things_of(other)


def body_for(method: str, path: str, things: dict[str, str]) -> Any:
    if path.endswith("/escalate"):
        return {"queue": things["queues"], "note": "Hello"}
    if path.endswith(("/transfer", "/assign")):
        return {"agent": str(NOTHING)}
    if path == "/v1/conversations/{id}/read":
        return {"seq": 1}
    if path == "/v1/conversations/{id}/merge":
        return {"into": str(NOTHING)}
    if path == "/v1/conversations/{id}/split":
        return {"messages": [things["messages"]]}
    if path == "/v1/contacts/{id}/merge":
        return {"contact": str(NOTHING)}
    return BODIES.get((method, path), {} if method in {"POST", "PUT", "PATCH"} else None)


async def test_another_workspaces_things_are_not_found(
    team: Team, other: Team, app: FastAPI, things: dict[str, str]
) -> None:
    before = await other.sql("SELECT * FROM workspace, conversation, contact, channel, queue")
    asked = set()
    for method, path in operations(app):
        if "{id}" not in path:
            continue
        noun = path.split("/")[2]
        asked.add(noun)
        body = body_for(method, path, things)
        where = PLACE.sub(str(NOTHING), path.replace("{id}", things[noun]))
        answer = await team.call(method, where, body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert asked == things.keys()
    assert before == await other.sql(
        "SELECT * FROM workspace, conversation, contact, channel, queue"
    )
    reads = [each for each in operations(app) if PLACE.findall(each[1]) == ["{id}"]]
    for method, path in reads:
        if method == "GET":
            noun = path.split("/")[2]
            answer = await other.call(method, path.replace("{id}", things[noun]))
            assert answer.status_code == 200, (path, answer.text)


async def test_lists_show_ones_own_alone(team: Team, app: FastAPI, things: dict[str, str]) -> None:
    lists = [path for method, path in operations(app) if method == "GET" and "{" not in path]
    assert "/v1/contacts" in lists
    for path in lists:
        text = (await team.call("GET", path)).text
        assert not [id_ for id_ in things.values() if id_ in text], path


async def test_every_call_needs_a_token(team: Team, app: FastAPI) -> None:
    for method, path in operations(app):
        if path in FOR_NOBODY_YET:
            continue
        target = path.replace("{id}", str(team.queues["General"]))
        for headers in ({}, {"Authorization": "Bearer sk_wrong"}, {"Authorization": "Basic YTpi"}):
            answer = await team.http.request(method, target, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_every_call_needs_its_role(team: Team, app: FastAPI) -> None:
    target = str(team.queues["General"])
    for method, path in operations(app):
        if path in FOR_ANYBODY | FOR_NOBODY_YET:
            continue
        answer = await team.call(method, path.replace("{id}", target), token=team.provider)
        assert answer.status_code == 403, (method, path)
        if not path.startswith(FOR_AGENTS):
            answer = await team.call(method, path.replace("{id}", target), token=team.agent)
            assert answer.status_code == 403, (method, path)
    for method, path in (("DELETE", "/v1/contacts/{id}"), ("GET", "/v1/contacts/{id}/export")):
        answer = await team.call(method, path.replace("{id}", target), token=team.agent)
        assert answer.status_code == 403, (method, path)
