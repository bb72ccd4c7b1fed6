"""Attributes with types: checked wherever they are written, shown as what they are."""

from typing import Any

from tests.api.team import RULE, Team


async def define(team: Team, name: str, subject: str, type_: str, *options: str) -> Any:
    body = {"name": name, "subject": subject, "type": type_, "options": list(options)}
    return await team.ask("POST", "/v1/attributes", body)


async def conversation_of(team: Team, **fields: Any) -> Any:
    message = await team.submit(**fields)
    return await team.conversation_of(message["message"])


async def attributes_of(team: Team, conversation: Any) -> Any:
    return (await team.get(f"/v1/conversations/{conversation['id']}"))["attributes"]


async def test_definitions_are_kept(team: Team) -> None:
    made = await define(team, "plan", "contact", "choice", "basic", "business")
    path = f"/v1/attributes/{made['id']}"
    assert await team.get("/v1/attributes", token=team.agent) == [made]
    again = {"name": "plan", "subject": "conversation", "type": "text"}
    assert (await team.call("POST", "/v1/attributes", again)).status_code == 409
    changed = await team.ask("PATCH", path, {"label": "Plan", "options": ["gold"]})
    assert (changed["label"], changed["options"]) == ("Plan", ["gold"])
    for wrong in (
        {**again, "name": "x", "options": ["y"]},
        {**again, "name": "x", "type": "choice"},
    ):
        assert (await team.call("POST", "/v1/attributes", wrong)).status_code == 422
    await team.ask("DELETE", path)
    assert await team.get("/v1/attributes") == []


async def test_those_of_contacts_are_checked_and_shown_by_type(team: Team) -> None:
    await define(team, "seats", "contact", "number")
    await define(team, "vip", "contact", "bool")
    contact = (await conversation_of(team))["contact"]["id"]
    path = f"/v1/contacts/{contact}"
    given = {"seats": "007", "vip": True, "city": "Rome"}
    shown = await team.ask("PATCH", path, {"attributes": given})
    assert shown["attributes"] == {"seats": 7, "vip": True, "city": "Rome"}
    wrong = {"attributes": {"seats": "many", "city": 5, "vip": None}}
    answer = await team.call("PATCH", path, wrong)
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/attributes/seats",
        "/attributes/city",
    }
    assert (await team.get(path))["attributes"] == shown["attributes"]


async def test_those_of_conversations_are_set_by_command(team: Team) -> None:
    await define(team, "order", "conversation", "number")
    await define(team, "due", "conversation", "date")
    conversation = await conversation_of(team)
    path = f"/v1/conversations/{conversation['id']}/attributes"
    given = {"attributes": {"order": 4711, "due": "2026-01-31"}}
    done = await team.ask("POST", path, given, token=team.agent)
    assert await attributes_of(team, conversation) == {"order": 4711, "due": "2026-01-31"}
    [event] = await team.sql("SELECT type, data FROM event WHERE pos = $1", done["pos"])
    assert event["type"] == "conversation.labelled"
    assert '"attributes": ["due", "order"]' in event["data"]
    assert "4711" not in event["data"]
    assert (await team.ask("POST", path, given))["ver"] == done["ver"]
    answer = await team.call("POST", path, {"attributes": {"order": "x", "other": "y"}})
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "/attributes/order",
        "/attributes/other",
    ]
    await team.ask("POST", path, {"attributes": {"due": None}})
    assert await attributes_of(team, conversation) == {"order": 4711}


async def test_forms_fill_them_and_are_told_what_does_not_fit(team: Team) -> None:
    await define(team, "order", "conversation", "number")
    await define(team, "plan", "contact", "choice", "basic", "gold")
    conversation = await conversation_of(team, order=" 4711.0 ", plan="gold", colour="red")
    assert await attributes_of(team, conversation) == {"order": 4711}
    contact = await team.get(f"/v1/contacts/{conversation['contact']['id']}")
    assert contact["attributes"] == {"plan": "gold"}
    path = f"/v1/conversations/{conversation['id']}"
    [message] = (await team.get(f"{path}/messages"))["items"]
    assert message["attributes"] == {"order": "4711", "colour": "red"}
    key = team.channels["web_form"].public_key
    body = {"email": "eve@customer.test", "message": "x", "order": "none", "plan": "iron"}
    answer = await team.http.post(f"/in/forms/{key}", json=body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/order", "/plan"]
    assert (
        await team.http.post(f"/in/forms/{key}", json={**body, "order": "", "plan": ""})
    ).is_success


async def test_what_is_known_is_not_changed_by_a_form(team: Team) -> None:
    await define(team, "order", "conversation", "number")
    conversation = await conversation_of(team, order=1)
    path = f"/v1/conversations/{conversation['id']}/attributes"
    await team.ask("POST", path, {"attributes": {"order": 2}})
    again = await conversation_of(team, order=3, text="Another message")
    assert again["id"] == conversation["id"]
    assert await attributes_of(team, conversation) == {"order": 2}


async def test_rules_see_what_agents_have_set(team: Team) -> None:
    await define(team, "order", "conversation", "text")
    conversation = await conversation_of(team)
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/attributes", {"attributes": {"order": "A-1"}})
    when = {"field": "attribute.order", "op": "equals", "value": "A-1"}
    await team.ask("POST", "/v1/rules", {**RULE, "when": when, "then": {"add_tags": ["known"]}})
    await conversation_of(team, text="Another message")
    assert (await team.get(path))["tags"] == ["known"]


async def test_export_has_them_and_erasure_takes_them(team: Team) -> None:
    await define(team, "order", "conversation", "text")
    conversation = await conversation_of(team, order="CANARY-1")
    contact = f"/v1/contacts/{conversation['contact']['id']}"
    exported = await team.get(f"{contact}/export")
    assert exported["conversations"][0]["attributes"] == {"order": "CANARY-1"}
    await team.ask("DELETE", contact)
    assert await team.sql("SELECT FROM conversation WHERE attributes <> '{}'") == []


async def test_a_merged_conversation_brings_what_the_other_lacks(team: Team) -> None:
    for name in ("order", "colour"):
        await define(team, name, "conversation", "text")
    taken = await conversation_of(team, email="a@customer.test", order="1", colour="red")
    kept = await conversation_of(team, email="b@customer.test", order="2")
    await team.ask("POST", f"/v1/conversations/{taken['id']}/merge", {"into": kept["id"]})
    assert await attributes_of(team, kept) == {"order": "2", "colour": "red"}
