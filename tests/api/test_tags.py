"""Tags: a list to choose from, given by command, renamed and merged on all conversations."""

import asyncio
from typing import Any

from tests.api.team import RULE, Team

from gateway.tags.moving import move_batch


async def conversation_of(team: Team, number: int = 0) -> str:
    message = await team.submit(email=f"{number}@customer.test")
    return str((await team.conversation_of(message["message"]))["id"])


async def make(team: Team, name: str = "refund") -> Any:
    return await team.ask("POST", "/v1/tags", {"name": name, "colour": "#b00020"})


async def give(team: Team, conversation: str, *add: str, remove: tuple[str, ...] = ()) -> Any:
    body = {"add": list(add), "remove": list(remove)}
    path = f"/v1/conversations/{conversation}/tags"
    return await team.ask("POST", path, body, token=team.agent)


async def tags_of(team: Team, conversation: str) -> list[str]:
    return list((await team.get(f"/v1/conversations/{conversation}"))["tags"])


async def move_all(team: Team, size: int = 2) -> int:
    """Returns the number of transactions."""
    batches = 0
    while await move_batch(team.gateway.database, size):
        batches += 1
    return batches


async def test_the_list_is_kept(team: Team) -> None:
    made = await make(team)
    path = f"/v1/tags/{made['id']}"
    assert (made["name"], made["colour"], made["archived_at"]) == ("refund", "#b00020", None)
    assert (await team.call("POST", "/v1/tags", {"name": "refund"})).status_code == 409
    changed = await team.ask("PATCH", path, {"description": "Wants money", "colour": None})
    assert (changed["description"], changed["colour"]) == ("Wants money", None)
    assert await team.get("/v1/tags", token=team.agent) == [changed]
    archived = await team.ask("PATCH", path, {"archived": True})
    assert archived["archived_at"] is not None
    assert (await team.ask("PATCH", path, {"archived": False}))["archived_at"] is None
    wrong = await team.call("PATCH", path, {"colour": "red"})
    assert wrong.json()["errors"][0]["pointer"] == "/colour"


async def test_agents_give_tags_and_take_them_away(team: Team) -> None:
    conversation = await conversation_of(team)
    done = await give(team, conversation, "vip", "refund", "vip")
    assert await tags_of(team, conversation) == ["refund", "vip"]
    [event] = await team.sql("SELECT type, data FROM event WHERE pos = $1", done["pos"])
    assert event["type"] == "conversation.labelled"
    again = await give(team, conversation, "vip", remove=("unknown",))
    assert again["ver"] == done["ver"]
    await give(team, conversation, "gold", remove=("vip",))
    assert await tags_of(team, conversation) == ["gold", "refund"]


async def test_an_archived_tag_is_given_no_more(team: Team) -> None:
    made, conversation = await make(team), await conversation_of(team)
    await give(team, conversation, "refund")
    await team.ask("PATCH", f"/v1/tags/{made['id']}", {"archived": True})
    path = f"/v1/conversations/{conversation}/tags"
    answer = await team.call("POST", path, {"add": ["vip", "refund"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/add/1")
    assert await tags_of(team, conversation) == ["refund"]
    await give(team, conversation, remove=("refund",))
    assert await tags_of(team, conversation) == []


async def test_there_are_so_many_tags_at_most(team: Team) -> None:
    conversation = await conversation_of(team)
    for first in range(0, 100, 20):
        await give(team, conversation, *(str(number) for number in range(first, first + 20)))
    body = {"add": ["one more"]}
    answer = await team.call("POST", f"/v1/conversations/{conversation}/tags", body)
    assert answer.status_code == 409
    await give(team, conversation, "one more", remove=("1",))


async def test_lists_are_narrowed_to_tags(team: Team) -> None:
    one, two = await conversation_of(team, 1), await conversation_of(team, 2)
    await give(team, one, "vip", "refund")
    await give(team, two, "refund")

    async def listed(query: str) -> set[str]:
        return {each["id"] for each in (await team.get(f"/v1/conversations?{query}"))["items"]}

    assert await listed("tag=refund") == {one, two}
    assert await listed("tag=refund&tag=vip") == {one}
    assert await listed("tag=ref") == set()


async def test_a_renamed_tag_is_renamed_on_all_conversations(team: Team, other: Team) -> None:
    made, theirs = await make(team), await conversation_of(other)
    await give(other, theirs, "refund")
    ours = [await conversation_of(team, number) for number in range(5)]
    for conversation in ours:
        await give(team, conversation, "refund")
    await give(team, ours[0], "money")
    untouched = await conversation_of(team, 6)
    macro = {"name": "x", "language": "en", "texts": {"en": {"text": "x"}}}
    await team.ask("POST", "/v1/macros", {**macro, "tags": ["refund", "vip"]})
    before = (await team.get(f"/v1/conversations/{ours[4]}"))["ver"]
    move = await team.ask("POST", f"/v1/tags/{made['id']}/rename", {"name": "money"})
    assert (move["source"], move["target"], move["done_at"]) == ("refund", "money", None)
    assert await move_all(team) == 3
    assert [await tags_of(team, each) for each in ours] == [["money"]] * 5
    assert await tags_of(team, untouched) == []
    assert await tags_of(other, theirs) == ["refund"]
    assert (await team.get(f"/v1/conversations/{ours[4]}"))["ver"] == before + 1
    events = await team.sql(
        "SELECT data FROM event WHERE conversation_id = $1 ORDER BY pos DESC LIMIT 1", ours[4]
    )
    assert '"money"' in str(events[0]["data"])
    [macro] = await team.get("/v1/macros")
    assert macro["tags"] == ["vip", "money"]
    [moved] = await team.get("/v1/tags/moves")
    assert (moved["conversations"], moved["done_at"] is not None) == (5, True)
    assert [each["name"] for each in await team.get("/v1/tags")] == ["money"]


async def test_a_merged_tag_is_gone_from_the_list(team: Team) -> None:
    made, into, conversation = (
        await make(team),
        await make(team, "money"),
        await conversation_of(team),
    )
    await give(team, conversation, "refund", "money", "vip")
    path = f"/v1/tags/{made['id']}/merge"
    for wrong in (made["id"], team.queues["General"]):
        assert (await team.call("POST", path, {"into": str(wrong)})).status_code == 422
    await team.ask("POST", path, {"into": into["id"]})
    assert [each["name"] for each in await team.get("/v1/tags")] == ["money"]
    answer = await team.call("POST", f"/v1/tags/{into['id']}/rename", {"name": "refund"})
    assert answer.status_code == 409
    await asyncio.gather(*(move_batch(team.gateway.database) for _ in range(4)))
    assert await tags_of(team, conversation) == ["money", "vip"]


async def test_a_tag_that_rules_give_keeps_its_name(team: Team) -> None:
    made = await make(team)
    when = {"any": [{"field": "tags", "op": "has_any", "value": ["refund"]}]}
    for rule in (
        {**RULE, "then": {"add_tags": ["refund"]}},
        {**RULE, "stage": "route", "when": when, "then": {"priority": "high"}},
    ):
        kept = await team.ask("POST", "/v1/rules", rule)
        answer = await team.call("POST", f"/v1/tags/{made['id']}/rename", {"name": "money"})
        assert (answer.status_code, "'A rule'" in answer.text) == (409, True)
        await team.ask("DELETE", f"/v1/rules/{kept['id']}")
    await team.ask("POST", f"/v1/tags/{made['id']}/rename", {"name": "money"})
