"""The description for machines: whole, served, and what the frames are checked against."""

from typing import Any

import orjson
import pytest
from jsonschema_rs import ValidationError
from tests.feed.conftest import Connect, RunNode
from tests.feed.feed_client import DESCRIPTION, check
from tests.feed.history import Team
from tests.house import House

from gateway.feed.client_frames import KINDS, decode


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for part in value.values() for each in references(part)]
    if isinstance(value, list):
        return [each for part in value for each in references(part)]
    return []


def test_every_reference_leads_somewhere() -> None:
    found = references(DESCRIPTION)
    assert len(found) > 50
    for reference in found:
        place: Any = DESCRIPTION
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_it_names_all_frames_that_are_understood() -> None:
    received = DESCRIPTION["operations"]["receive"]["messages"]
    assert {each["$ref"].rpartition("/")[2] for each in received} == KINDS


CLIENT_FRAMES: list[tuple[dict[str, Any], bool]] = [
    ({"t": "sub", "id": "a", "snapshot": True}, True),
    ({"t": "sub", "id": "", "snapshot": True}, False),
    ({"t": "ack", "sub": "a", "pos": 3}, True),
    ({"t": "ack", "sub": "a", "pos": -1}, False),
    ({"t": "pong"}, True),
    ({"t": "pong", "n": 1}, False),
    ({"t": "auth", "token": "st_x"}, True),
    ({"t": "typing", "conversation": 1}, False),
]


@pytest.mark.parametrize(("frame", "is_right"), CLIENT_FRAMES)
def test_it_agrees_with_the_gateway_on_what_clients_may_send(
    frame: dict[str, Any], is_right: bool
) -> None:
    understood = decode(orjson.dumps(frame).decode())
    assert (understood.t != "err") is is_right
    if is_right:
        check(frame, "receive")
    else:
        with pytest.raises(ValidationError):
            check(frame, "receive")


async def test_a_frame_that_is_not_described_is_noticed(
    run_node: RunNode, sign_in: Connect, team: Team
) -> None:
    client = await sign_in(await run_node())
    check(client.welcome, "send")
    for spoilt in (client.welcome | {"more": 1}, client.welcome | {"head": "1"}):
        with pytest.raises(ValidationError):
            check(spoilt, "send")


async def test_it_is_served(house: House) -> None:
    response = await house.http.get("/asyncapi.json")
    assert response.json() == DESCRIPTION
