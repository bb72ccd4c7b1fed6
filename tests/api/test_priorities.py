"""The priority that an agent sets: told, in order, and left alone by rules."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.api.team import Team, mail_of

URGENT = {
    "name": "Fire",
    "stage": "classify",
    "when": {"field": "text", "op": "contains_any", "value": ["fire"]},
    "then": {"priority": "urgent", "add_tags": ["fire"]},
}
FIRST = "<first@customer.test>"


async def asked(team: Team, text: str = "Hello") -> str:
    """A conversation that FIRST has opened."""
    mail = await team.mail(mail_of(text, headers={"Message-ID": FIRST}))
    return str((await team.conversation_of(mail["message"]))["id"])


async def followed_up(team: Team, text: str) -> None:
    await team.mail(mail_of(text, headers={"In-Reply-To": FIRST}))


async def set_priority(team: Team, id_: str, priority: str | None) -> Any:
    path = f"/v1/conversations/{id_}/priority"
    return await team.ask("POST", path, {"priority": priority}, token=team.agent)


async def priority_of(team: Team, id_: str) -> tuple[str, str | None]:
    found = await team.get(f"/v1/conversations/{id_}")
    return found["priority"], found["priority_by"]


async def test_it_is_told_and_said_again_changes_nothing(team: Team) -> None:
    id_ = await asked(team)
    done = await set_priority(team, id_, "high")
    assert await priority_of(team, id_) == ("high", str(team.agent_id))
    [event] = await team.sql("SELECT type, data FROM event WHERE pos = $1", done["pos"])
    assert event["type"] == "conversation.labelled"
    assert orjson.loads(event["data"]) == {
        "conversation": {"priority": "high"},
        "priority_by": str(team.agent_id),
    }
    assert (await set_priority(team, id_, "high"))["ver"] == done["ver"]
    freed = await set_priority(team, id_, None)
    assert freed["ver"] == done["ver"] + 1
    assert await priority_of(team, id_) == ("high", None)
    assert (await set_priority(team, id_, None))["ver"] == freed["ver"]


@pytest.mark.parametrize("priority", ["low", "normal", "high"])
async def test_rules_leave_it_alone_until_they_may_again(team: Team, priority: str) -> None:
    await team.ask("POST", "/v1/rules", URGENT)
    id_ = await asked(team)
    await set_priority(team, id_, priority)
    await followed_up(team, "There is a fire")
    assert await priority_of(team, id_) == (priority, str(team.agent_id))
    assert (await team.get(f"/v1/conversations/{id_}"))["tags"] == ["fire"]
    await set_priority(team, id_, None)
    assert await priority_of(team, id_) == (priority, None)
    await followed_up(team, "Still a fire")
    assert await priority_of(team, id_) == ("urgent", None)


async def test_what_is_solved_is_decided_anew(team: Team) -> None:
    await team.ask("POST", "/v1/rules", URGENT)
    id_ = await asked(team)
    await team.ask("POST", f"/v1/conversations/{id_}/take", token=team.agent)
    await set_priority(team, id_, "low")
    await team.ask("POST", f"/v1/conversations/{id_}/solve", token=team.agent)
    assert await priority_of(team, id_) == ("low", None)
    await followed_up(team, "There is a fire")
    assert await priority_of(team, id_) == ("urgent", None)


async def test_what_waits_gets_its_place(team: Team) -> None:
    await team.submit(email="first@customer.test")
    later = await asked(team)
    take = f"/v1/queues/{team.queues['General']}/take"
    await set_priority(team, later, "low")
    await set_priority(team, later, "urgent")
    taken = await team.ask("POST", take, token=team.agent)
    assert taken["conversation"] == later


async def test_who_may_and_what(team: Team) -> None:
    path = f"/v1/conversations/{await asked(team)}/priority"
    for body in ({}, {"priority": "soon"}, {"priority": "low", "by": "me"}):
        assert (await team.call("POST", path, body)).status_code == 422, body
    refused = await team.call("POST", path, {"priority": "low"}, token=team.key)
    assert refused.status_code == 403
    unknown = f"/v1/conversations/{UUID(int=7)}/priority"
    assert (await team.call("POST", unknown, {"priority": "low"})).status_code == 404
