"""People with several addresses: merged, taken apart, renamed; the feed hears of it."""

import asyncio
import json
from typing import Any

from tests.api.team import NOTHING, Team, mail_of

ANN = "ann@customer.test"
OFFICE = "office@customer.test"


async def writes(team: Team, address: str, name: str = "") -> str:
    """A mail from the address; the contact's id."""
    sender = f"{name} <{address}>" if name else address
    mail = await team.mail(mail_of("Hello", sender=sender, subject="Hello"))
    conversation = await team.conversation_of(mail["message"])
    return str(conversation["contact"]["id"])


def addresses(contact: Any) -> set[str]:
    return {identity["address"] for identity in contact["identities"]}


async def merge(team: Team, contact: str, other: str) -> Any:
    return await team.ask("POST", f"/v1/contacts/{contact}/merge", {"contact": other})


async def test_a_merged_contact_gives_its_addresses_and_conversations(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE, "Ann Neri")
    merged = await merge(team, ann, office)
    assert addresses(merged) == {ANN, OFFICE}
    assert (merged["name"], len(merged["conversations"])) == ("Ann Neri", 2)
    assert [(each["other"], each["undone_at"]) for each in merged["merges"]] == [(office, None)]
    other = await team.get(f"/v1/contacts/{office}")
    assert (other["merged_into"], other["identities"]) == (ann, [])
    listed = (await team.get("/v1/contacts"))["items"]
    assert [contact["id"] for contact in listed] == [ann]
    assert await writes(team, OFFICE) == ann


async def test_undoing_gives_back_what_was_taken(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE, "Office")
    known = {ann: {"tier": "gold"}, office: {"tier": "iron", "city": "Rome"}}
    for contact, attributes in known.items():
        await team.ask("PATCH", f"/v1/contacts/{contact}", {"attributes": attributes})
    merged = await merge(team, ann, office)
    assert merged["attributes"] == {"tier": "gold", "city": "Rome"}
    path = f"/v1/contacts/{ann}/merges/{merged['merges'][0]['id']}/undo"
    for _ in range(2):
        undone = await team.ask("POST", path)
    assert (addresses(undone), undone["name"]) == ({ANN}, None)
    assert undone["attributes"] == {"tier": "gold"}
    other = await team.get(f"/v1/contacts/{office}")
    assert (addresses(other), other["merged_into"]) == ({OFFICE}, None)
    assert other["attributes"] == {"tier": "iron", "city": "Rome"}


async def test_merges_in_a_chain_are_undone_from_its_end(team: Team) -> None:
    a, b, c = [await writes(team, f"{name}@customer.test", name) for name in "abc"]
    first = (await merge(team, a, b))["merges"][0]["id"]
    second = (await merge(team, c, a))["merges"][0]["id"]
    undo = f"/v1/contacts/{a}/merges/{first}/undo"
    refused = await team.call("POST", undo)
    assert (refused.status_code, c in refused.text) == (409, True)
    assert (await team.get(f"/v1/contacts/{b}"))["merged_into"] == a
    await team.ask("POST", f"/v1/contacts/{c}/merges/{second}/undo")
    assert addresses(await team.ask("POST", undo)) == {"a@customer.test"}
    assert addresses(await team.get(f"/v1/contacts/{b}")) == {"b@customer.test"}


async def test_a_chain_is_exported_and_erased_as_a_whole(team: Team) -> None:
    a, b, c = [await writes(team, f"{name}@customer.test", f"Name {name}") for name in "abc"]
    await merge(team, a, b)
    await merge(team, c, a)
    exported = (await team.call("GET", f"/v1/contacts/{c}/export")).json()
    assert [each["id"] for each in exported["merged"]] == [a, b]
    assert [each["other_id"] for each in exported["merges"]] == [b, a]
    await team.ask("DELETE", f"/v1/contacts/{c}")
    assert await team.sql("SELECT 1 FROM contact WHERE name IS NOT NULL") == []


async def test_the_feed_tells_of_every_conversation_that_has_another_contact(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE)
    await merge(team, ann, office)
    [[type_, data]] = await team.sql("SELECT type, data FROM event ORDER BY pos DESC LIMIT 1")
    assert (type_, json.loads(data)["contact"]) == ("conversation.contact_changed", ann)
    await team.ask("PATCH", f"/v1/contacts/{ann}", {"name": "Ann"})
    [[number]] = await team.sql(
        "SELECT count(*) FROM event WHERE type = 'conversation.contact_changed'"
    )
    assert number == 3


async def test_what_cannot_be_merged(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE)
    third = await writes(team, "third@customer.test")
    await merge(team, ann, office)
    for body, path, status in (
        ({"contact": ann}, ann, 422),
        ({"contact": str(NOTHING)}, ann, 404),
        ({"contact": office}, third, 409),
        ({"contact": third}, office, 409),
    ):
        answer = await team.call("POST", f"/v1/contacts/{path}/merge", body)
        assert answer.status_code == status, answer.text


async def test_erasing_takes_those_that_were_merged_along(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE, "Office")
    await merge(team, ann, office)
    refused = await team.call("DELETE", f"/v1/contacts/{office}")
    assert refused.status_code == 409
    await team.ask("DELETE", f"/v1/contacts/{ann}")
    for contact in (ann, office):
        left = await team.get(f"/v1/contacts/{contact}")
        assert (left["name"], left["identities"]) == (None, [])
        assert left["erased_at"] is not None
    assert await team.sql("SELECT 1 FROM identity") == []


async def test_an_address_is_added_once_and_never_taken_from_another(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE)
    path = f"/v1/contacts/{ann}/identities"
    for _ in range(2):
        shown = await team.ask("POST", path, {"space": "phone", "address": "+39 06 12345678"})
    assert addresses(shown) == {ANN, "+390612345678"}
    taken = await team.call("POST", path, {"space": "email", "address": OFFICE})
    assert (taken.status_code, office in taken.text) == (409, True)
    for wrong in ({"space": "email", "address": "nobody"}, {"space": "phone", "address": "12"}):
        answer = await team.call("POST", path, wrong)
        assert (answer.status_code, "/address" in answer.text) == (422, True)


async def test_attributes_are_set_and_taken_away_one_by_one(team: Team) -> None:
    ann = await writes(team, ANN)
    path = f"/v1/contacts/{ann}"
    await team.ask("PATCH", path, {"attributes": {"tier": "gold", "city": "Rome"}})
    changed = await team.ask("PATCH", path, {"attributes": {"tier": None}})
    assert changed["attributes"] == {"city": "Rome"}


async def test_merging_while_both_write_loses_nothing(team: Team) -> None:
    ann, office = await writes(team, ANN), await writes(team, OFFICE)
    await asyncio.gather(
        merge(team, ann, office), *(writes(team, address) for address in (ANN, OFFICE) * 5)
    )
    merged = await team.get(f"/v1/contacts/{ann}")
    assert len(merged["conversations"]) == 12


async def test_what_is_known_of_a_contact_goes_before_what_a_form_claims(team: Team) -> None:
    rule = {
        "name": "Gold",
        "stage": "classify",
        "when": {"field": "attribute.tier", "op": "equals", "value": "gold"},
        "then": {"priority": "urgent"},
    }
    await team.ask("POST", "/v1/rules", rule)
    ann = await writes(team, ANN)
    await team.ask("PATCH", f"/v1/contacts/{ann}", {"attributes": {"tier": "iron"}})
    claim = await team.submit(email=ANN, tier="gold")
    assert (await team.conversation_of(claim["message"]))["priority"] == "normal"
    stranger = await team.submit(email="stranger@customer.test", tier="gold")
    assert (await team.conversation_of(stranger["message"]))["priority"] == "urgent"
