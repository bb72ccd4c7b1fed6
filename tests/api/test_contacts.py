import asyncio
import base64
import json

import pytest
from tests.api.team import NOTHING, Team, mail_of

CANARY = "canary7531"
ADDRESS = f"{CANARY}@customer.test"


def mail_with_canary(text: str = "", **headers: str) -> bytes:
    return mail_of(
        f"{CANARY} wrote this {text}\n-- \n{CANARY} Neri",
        sender=f"{CANARY} Neri <{ADDRESS}>",
        subject=f"About {CANARY}",
        attachment=f"file of {CANARY}".encode(),
        headers={"Message-ID": f"<{CANARY}.{len(text)}@customer.test>", **headers},
    )


async def known_contact(team: Team) -> str:
    """A contact with mail, a form and an answer, all with the canary in every place."""
    mail = await team.mail(mail_with_canary())
    await team.submit(
        f"form of {CANARY}",
        email=ADDRESS,
        name=CANARY,
        order=CANARY,
        submission_id=CANARY,
    )
    conversation = await team.conversation_of(mail["message"])
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take")
    await team.ask("POST", f"{path}/replies", {"text": f"Dear {CANARY}"})
    await team.ask("POST", f"{path}/notes", {"text": f"Note on {CANARY}"})
    return str(conversation["contact"]["id"])


async def places_of(team: Team, canary: str) -> set[str]:
    """Every column of every table in which the canary is found, as text or inside bytes."""
    columns = await team.sql(
        """SELECT table_name, column_name, data_type FROM information_schema.columns
            WHERE table_schema = 'public'"""
    )
    questions = []
    for table, column, data_type in columns:
        value = f'"{column}"'
        text = f"encode({value}, 'escape')" if data_type == "bytea" else f"{value}::text"
        questions.append(
            f"SELECT '{table}.{column}' WHERE EXISTS "  # noqa: S608 - names from the catalogue
            f'(SELECT FROM "{table}" WHERE {text} ILIKE $1)'
        )
    return {row[0] for row in await team.sql(" UNION ALL ".join(questions), f"%{canary}%")}


async def forget_spare_blobs(team: Team) -> None:
    """What retention does a day later."""
    await team.sql("UPDATE blob SET created_at = created_at - interval '2 days'")
    await team.retain()


async def test_contacts_are_found_by_name_and_address(team: Team) -> None:
    contact = await known_contact(team)
    await team.submit(email="b_b@customer.test", name="Bea 100%")
    for q in ("canary", "CANARY7531 n", "canary7531@cus"):
        found = await team.get("/v1/contacts", params={"q": q}, token=team.agent)
        assert [each["id"] for each in found["items"]] == [contact], q
    for q in ("ary7531", "%", "b%b", "zzz"):
        assert (await team.get("/v1/contacts", params={"q": q}))["items"] == [], q
    assert (await team.call("GET", "/v1/contacts?q=%00")).status_code == 422
    first = await team.get("/v1/contacts?limit=1")
    rest = await team.get(f"/v1/contacts?limit=1&cursor={first['next']}")
    assert [each["id"] for each in rest["items"]] == [contact]


async def test_a_contact_is_shown_with_addresses_and_conversations(team: Team) -> None:
    shown = await team.get(f"/v1/contacts/{await known_contact(team)}", token=team.agent)
    assert [(each["space"], each["address"]) for each in shown["identities"]] == [
        ("email", ADDRESS)
    ]
    assert [each["subject"] for each in shown["conversations"]] == [f"About {CANARY}", None]
    assert (await team.call("GET", f"/v1/contacts/{NOTHING}")).status_code == 404


async def test_the_export_holds_everything(team: Team) -> None:
    contact = await known_contact(team)
    answer = await team.call("GET", f"/v1/contacts/{contact}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    document = json.loads(answer.content)
    assert document["contact"]["id"] == contact
    assert document["identities"][0]["address"] == ADDRESS
    mail, form = document["conversations"]
    assert [message["direction"] for message in mail["messages"]] == ["inbound", "outbound", "note"]
    first, reply, _ = mail["messages"]
    assert CANARY in first["text"]
    assert first["new_text"] == f"{CANARY} wrote this"
    assert first["email"]["message_id"].startswith(CANARY)
    [attachment] = first["attachments"]
    assert base64.b64decode(attachment["content"]) == f"file of {CANARY}".encode()
    assert f"From: {CANARY} Neri".encode() in base64.b64decode(first["raw"]["body"])
    assert reply["deliveries"][0]["recipient"] == ADDRESS
    assert mail["decisions"][0]["outcome"]["priority"] == "normal"
    assert form["messages"][0]["attributes"] == {"order": CANARY}
    assert (await team.call("GET", f"/v1/contacts/{NOTHING}/export")).status_code == 404


async def test_nothing_of_an_erased_contact_is_left(team: Team) -> None:
    contact = await known_contact(team)
    entry = (await team.mail(mail_of(f"lost {CANARY}", sender=None)))["quarantine"]
    await team.sql("UPDATE quarantine SET envelope = $1::json", json.dumps({"mail_from": ADDRESS}))
    await team.ask("POST", f"/v1/quarantine/{entry}/replay")
    before = await places_of(team, CANARY)
    assert {"message.text", "raw_payload.body", "identity.address", "delivery.recipient"} <= before
    assert {"quarantine.body", "thread_ref.rfc_message_id", "blob.content"} <= before
    erased = await team.ask("DELETE", f"/v1/contacts/{contact}")
    assert erased["conversations"] == 3
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()
    shown = await team.get(f"/v1/contacts/{contact}")
    assert (shown["name"], shown["identities"]) == (None, [])
    assert shown["erased_at"] is not None
    assert (await team.get("/v1/contacts"))["items"] == []


async def test_agents_are_told_to_drop_what_was_erased(team: Team) -> None:
    contact = await known_contact(team)
    versions = {row["id"]: row["version"] for row in await team.sql("SELECT * FROM conversation")}
    erased = await team.ask("DELETE", f"/v1/contacts/{contact}")
    events = await team.sql("SELECT * FROM event WHERE type = 'conversation.erased'")
    assert {event["conversation_id"]: event["version"] - 1 for event in events} == versions
    assert max(event["pos"] for event in events) == erased["pos"]
    assert await team.ask("DELETE", f"/v1/contacts/{contact}") == {
        "contact": contact,
        "conversations": 0,
        "pos": None,
    }
    assert (await team.call("DELETE", f"/v1/contacts/{NOTHING}")).status_code == 404


async def test_a_redelivery_does_not_bring_back_what_was_erased(team: Team) -> None:
    contact = await known_contact(team)
    raw = mail_with_canary("twice")
    first = await team.mail(raw)
    await team.ask("DELETE", f"/v1/contacts/{contact}")
    again = await team.mail(raw)
    assert (again["duplicate"], again["message"]) == (True, first["message"])
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()
    await team.mail(mail_with_canary("a new one"))
    [new] = (await team.get("/v1/contacts"))["items"]
    assert new["id"] != contact


async def test_what_they_wrote_to_others_is_emptied(team: Team) -> None:
    opening = mail_of("Mine", headers={"Message-ID": "<first@customer.test>"})
    accepted = await team.mail(opening)
    await team.mail(mail_with_canary("joining in", **{"In-Reply-To": "<first@customer.test>"}))
    [contact] = (await team.get(f"/v1/contacts?q={CANARY}"))["items"]
    exported = (await team.call("GET", f"/v1/contacts/{contact['id']}/export")).json()
    [conversation] = exported["conversations"]
    assert [message["seq"] for message in conversation["messages"]] == [2]
    assert "Mine" not in json.dumps(exported)
    await team.ask("DELETE", f"/v1/contacts/{contact['id']}")
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()
    kept = await team.conversation_of(accepted["message"])
    messages = (await team.get(f"/v1/conversations/{kept['id']}/messages"))["items"]
    assert [message["text"].strip() for message in messages] == ["Mine", ""]
    [event] = await team.sql("SELECT * FROM event WHERE type = 'message.emptied'")
    assert event["version"] == kept["ver"]


async def merged_conversation(team: Team, reply_to: str = ADDRESS) -> tuple[str, str]:
    """Two people's conversations made one after both were answered: its id, and who had the canary.

    It is the other one's matter.
    """
    ids = []
    for raw in (mail_of("Mine"), mail_with_canary(**{"Reply-To": reply_to})):
        conversation = await team.conversation_of((await team.mail(raw))["message"])
        path = f"/v1/conversations/{conversation['id']}"
        await team.ask("POST", f"{path}/take")
        dear = f"Dear {conversation['contact']['name']}"
        await team.ask("POST", f"{path}/replies", {"text": dear})
        ids.append(conversation["id"])
    await team.ask("POST", f"{path}/merge", {"into": ids[0]})
    return ids[0], str(conversation["contact"]["id"])


@pytest.mark.parametrize("reply_to", [ADDRESS, f"Home.{CANARY}@else.test"])
async def test_answers_to_them_in_other_conversations_are_theirs(team: Team, reply_to: str) -> None:
    kept, contact = await merged_conversation(team, reply_to)
    exported = (await team.call("GET", f"/v1/contacts/{contact}/export")).json()
    [theirs] = [each for each in exported["conversations"] if each["id"] == kept]
    assert [message["direction"] for message in theirs["messages"]] == ["inbound", "outbound"]
    assert "Mine" not in json.dumps(exported)
    await team.ask("DELETE", f"/v1/contacts/{contact}")
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()
    messages = (await team.get(f"/v1/conversations/{kept}/messages"))["items"]
    assert [message["text"].strip() for message in messages] == ["Mine", "Dear Carla Neri", "", ""]
    assert [len(message["deliveries"]) for message in messages] == [0, 1, 0, 0]


async def test_naming_another_to_be_answered_erases_nothing_of_theirs(team: Team) -> None:
    kept, contact = await merged_conversation(team, "carla@customer.test")
    await team.ask("DELETE", f"/v1/contacts/{contact}")
    messages = (await team.get(f"/v1/conversations/{kept}/messages"))["items"]
    assert [message["text"].strip() for message in messages[:3]] == ["Mine", "Dear Carla Neri", ""]


async def test_messages_that_arrive_during_an_erasure_are_whole_or_gone(team: Team) -> None:
    contact = await known_contact(team)
    erasing = team.ask("DELETE", f"/v1/contacts/{contact}")
    sending = [team.mail(mail_with_canary("m" * n)) for n in range(1, 9)]
    await asyncio.gather(*sending[:4], erasing, *sending[4:])
    [row] = await team.sql("""
        SELECT count(*) FROM message m
          JOIN conversation c ON (c.workspace_id, c.id) = (m.workspace_id, m.conversation_id)
          JOIN identity i ON (i.workspace_id, i.id) = (c.workspace_id, c.identity_id)
         WHERE m.identity_id = i.id
    """)
    [stored] = await team.sql("SELECT count(*) FROM message WHERE direction = 'inbound'")
    assert row[0] == stored[0]
    for each in (await team.get("/v1/contacts"))["items"]:
        await team.ask("DELETE", f"/v1/contacts/{each['id']}")
    await forget_spare_blobs(team)
    assert await places_of(team, CANARY) == set()
