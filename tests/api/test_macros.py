"""Macros: kept whole or refused with every mistake, written for one customer, done once."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.api.team import NOTHING, Team

MACRO: dict[str, Any] = {
    "name": "On its way",
    "language": "en",
    "texts": {
        "en": {
            "text": "Dear {{contact.name|customer}}, {{agent.name}} looks at {{queue.name}}.",
            "html": "<p onclick='x()'>Dear {{contact.name|customer}}</p>",
        },
        "it": {"text": "Gentile {{contact.name|cliente}}."},
    },
    "tags": ["parcel", "parcel"],
    "priority": "urgent",
    "afterwards": "solve",
}


async def conversation_of(team: Team, **fields: Any) -> str:
    message = await team.submit(**fields)
    return str((await team.conversation_of(message["message"]))["id"])


async def taken(team: Team, **fields: Any) -> str:
    id_ = await conversation_of(team, **fields)
    await team.ask("POST", f"/v1/conversations/{id_}/take")
    return f"/v1/conversations/{id_}"


async def make(team: Team, **changes: Any) -> Any:
    return await team.ask("POST", "/v1/macros", {**MACRO, **changes})


async def test_a_macro_is_kept_as_it_was_given(team: Team) -> None:
    made = await make(team)
    assert made["texts"]["en"]["html"] == "<p>Dear {{contact.name|customer}}</p>"
    assert made["tags"] == ["parcel"]
    path = f"/v1/macros/{made['id']}"
    assert await team.get(path, token=team.agent) == made
    assert await team.get("/v1/macros", token=team.agent) == [made]
    assert (
        await team.call("POST", "/v1/macros", {**MACRO, "name": "ON ITS WAY"})
    ).status_code == 409
    changed = await team.ask("PUT", path, {**MACRO, "name": "Sent", "tags": []})
    assert (changed["name"], changed["tags"]) == ("Sent", [])
    await team.ask("DELETE", path)
    assert await team.get("/v1/macros") == []
    assert (await team.call("GET", path)).status_code == 404
    await make(team, name="Sent")


async def test_every_mistake_has_its_place(team: Team) -> None:
    texts = {
        "en": {"text": "Dear {{contact.nme}}", "html": "<a href='https://x/{{queue.name}}'>x</a>"},
        "pt-BR": {"text": "Caro {{contact.name"},
    }
    answer = await team.call("POST", "/v1/macros", {**MACRO, "language": "de", "texts": texts})
    assert answer.status_code == 422
    assert {each["pointer"]: each["detail"][:15] for each in answer.json()["errors"]} == {
        "/texts/en/text": "at character 6:",
        "/texts/en/html": "at character 20",
        "/texts/pt-BR/text": "at character 6:",
        "/language": "must be one of ",
    }


async def test_the_variables_are_listed_and_all_of_them_may_be_used(team: Team) -> None:
    names = [each["name"] for each in await team.get("/v1/macros/variables", token=team.agent)]
    text = " ".join(f"{{{{{name}}}}}" for name in names)
    made = await make(team, texts={"en": {"text": text}})
    preview = {"conversation": await conversation_of(team, subject="Parcel")}
    shown = await team.ask("POST", f"/v1/macros/{made['id']}/preview", preview, token=team.agent)
    assert shown["missing"] == [
        "channel.address",
        "contact.name",
        "expectation",
        "expected_wait",
        "opens_at",
    ]
    for value in ("Parcel", "General", "Contact form", "north", preview["conversation"]):
        assert value in shown["text"]


async def test_a_preview_shows_what_would_be_said(team: Team) -> None:
    made = await make(team)
    path, where = f"/v1/macros/{made['id']}/preview", await conversation_of(team, name="A & B")
    shown = await team.ask("POST", path, {"conversation": where}, token=team.agent)
    assert shown == {
        "language": "en",
        "text": "Dear A & B, agent of north looks at General.",
        "html": "<p>Dear A &amp; B</p>",
        "missing": [],
    }
    for language, words in (("it-CH", "Gentile A & B."), ("de", shown["text"])):
        body = {"conversation": where, "language": language}
        answer = await team.ask("POST", path, body, token=team.agent)
        assert answer["text"] == words
    by_key = await team.ask("POST", path, {"conversation": where}, token=team.key)
    assert by_key["missing"] == ["agent.name"]
    assert (await team.call("POST", path, {"conversation": str(NOTHING)})).status_code == 404


async def test_a_macro_answers_and_does_what_it_does_once(team: Team) -> None:
    made, path = await make(team), await taken(team, name="Ann")
    bodies = {"macro": made["id"], "language": "it"}
    answers = await asyncio.gather(
        *(
            team.call("POST", f"{path}/replies", bodies, headers={"Idempotency-Key": "once"})
            for _ in range(5)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    messages = (await team.get(f"{path}/messages"))["items"]
    assert [each["text"] for each in messages[1:]] == ["Gentile Ann."]
    item = await team.get(path)
    assert (item["tags"], item["priority"], item["status"]) == (["parcel"], "urgent", "solved")
    told = await team.sql("SELECT type FROM event ORDER BY pos DESC LIMIT 3")
    assert [row["type"] for row in told] == [
        "conversation.solved",
        "conversation.labelled",
        "message.replied",
    ]


async def test_a_macro_lays_a_conversation_aside(team: Team) -> None:
    made = await make(team, afterwards="pend", pend_hours=48)
    path = await taken(team)
    await team.ask("POST", f"{path}/replies", {"macro": made["id"]})
    item = await team.get(path)
    assert (item["status"], item["assignee"]) == ("pending", str(team.admin_id))
    [row] = await team.sql("SELECT snoozed_until - last_message_at AS wait FROM conversation")
    assert row["wait"] == timedelta(hours=48)
    wrong = await team.call("POST", "/v1/macros", {**MACRO, "name": "x", "pend_hours": 1})
    assert wrong.json()["errors"][0]["pointer"] == "/pend_hours"


async def test_an_agents_own_words_go_before_the_macros(team: Team) -> None:
    made, path = await make(team, afterwards=None, priority=None), await taken(team)
    await team.ask("POST", f"{path}/replies", {"macro": made["id"], "text": "My own."})
    messages = (await team.get(f"{path}/messages"))["items"]
    assert (messages[1]["text"], messages[1]["html"]) == ("My own.", None)
    item = await team.get(path)
    assert (item["tags"], item["status"]) == (["parcel"], "assigned")


async def test_a_macro_that_is_gone_says_nothing(team: Team) -> None:
    made, path = await make(team), await taken(team)
    await team.ask("DELETE", f"/v1/macros/{made['id']}")
    answer = await team.call("POST", f"{path}/replies", {"macro": made["id"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/macro")
    empty = await make(team, texts={"en": {"text": "{{contact.name}}"}})
    answer = await team.call("POST", f"{path}/replies", {"macro": empty["id"]})
    assert answer.status_code == 409
    assert len((await team.get(f"{path}/messages"))["items"]) == 1


async def test_a_macro_that_rules_name_stays(team: Team) -> None:
    made, always = await make(team), {"all": list[object]()}
    then = {"acknowledge": made["id"]}
    rule = {"name": "Thank", "stage": "respond", "when": always, "then": then}
    added = await team.ask("POST", "/v1/rules", rule)
    refused = await team.call("DELETE", f"/v1/macros/{made['id']}")
    assert (refused.status_code, "'Thank'" in refused.text) == (409, True)
    await team.ask("DELETE", f"/v1/rules/{added['id']}")
    assert (await team.call("DELETE", f"/v1/macros/{made['id']}")).status_code == 204
