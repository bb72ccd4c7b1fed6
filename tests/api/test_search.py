"""Searching messages and contacts: by words and their stems, in pages, as far as one may see."""

from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.team import Team, mail_of

from gateway.search.indexing import index_round


async def read_on(team: Team) -> None:
    """Let the indexer read all that there is."""
    while await index_round(team.gateway.database):
        pass


async def search(team: Team, q: str, *, token: str | None = None, **query: Any) -> Any:
    return await team.get(f"/v1/search?{urlencode({'q': q, **query}, doseq=True)}", token=token)


async def found(team: Team, q: str, **query: Any) -> list[str]:
    """The ids of messages, in their order."""
    return [each["message"] for each in (await search(team, q, **query))["messages"]]


async def said(team: Team, *texts: str) -> list[str]:
    """Messages of as many customers, findable; their ids."""
    ids = [
        (await team.submit(text, email=f"{n}@customer.test"))["message"]
        for n, text in enumerate(texts)
    ]
    await read_on(team)
    return ids


ENGLISH = "I am still waiting for the parcels that were shipped to my house two weeks ago"
ITALIAN = "Buongiorno, vorrei sapere quando arrivano le scarpe che ho ordinato la settimana scorsa"


async def test_words_are_found_by_the_stems_of_their_language(team: Team) -> None:
    english, italian = await said(team, ENGLISH, ITALIAN)
    for q in ("parcel", "PARCELS", "shipping", '"the parcels that"', "parcel or nonsense", "am"):
        assert await found(team, q) == [english], q
    for q in ("scarpa", "ordinare", "scarpe -parcel", "buongiorno"):
        assert await found(team, q) == [italian], q
    for q in ("nonsense", "parcel -waiting", '"house parcels"', "parcel scarpe", '" - !& <->'):
        assert await found(team, q) == [], q


async def test_the_best_come_first_and_pages_hold_each_once(team: Team) -> None:
    words = "The invoice is wrong"
    _, often, *_ = [
        *await said(team, words, f"{words}: invoice, invoice", words, words, words, "Other"),
    ]
    titled = (await team.mail(mail_of("Please look at it", subject="Invoice")))["message"]
    await read_on(team)
    whole = await found(team, "invoice")
    assert whole[:2] == [titled, often]
    assert len(whole) == 6
    seen, cursor = [], None
    while page := await search(team, "invoice", limit=2, **({"cursor": cursor} if cursor else {})):
        seen += [each["message"] for each in page["messages"]]
        await said(team, "The newest invoice comes too late for those who have begun")
        cursor = page["next"]
        if not cursor:
            break
    assert seen == whole


async def test_highlights_are_data(team: Team) -> None:
    text = "Hi \ue000<b>you</b>\ue001, the <i>parcel</i> & the invoice"
    await said(team, text)
    [hit] = (await search(team, "parcel"))["messages"]
    [highlight] = hit["highlights"]
    assert highlight["field"] == "text"
    assert [each["text"] for each in highlight["pieces"] if each["hit"]] == ["parcel"]
    assert "\ue000" not in str(highlight)
    await team.mail(mail_of("Nothing else", subject="About a parcel"))
    await read_on(team)
    fields = {
        each["field"] for each in (await search(team, "parcels"))["messages"][0]["highlights"]
    }
    assert fields == {"subject"}


async def test_filters_narrow(team: Team) -> None:
    form, _ = await said(team, "The parcel", "The other parcel")
    mail = (await team.mail(mail_of("The parcel")))["message"]
    await read_on(team)
    conversation = await team.conversation_of(form)
    contact = conversation["contact"]["id"]
    assert await found(team, "parcel", contact=contact) == [form]
    assert await found(team, "parcel", channel=team.channels["email"].id) == [mail]
    assert await found(team, "parcel", queue=team.queues["Specialists"]) == []
    await team.sql("UPDATE conversation SET status = 'closed' WHERE id = $1", conversation["id"])
    assert await found(team, "parcel", status="closed") == [form]
    assert len(await found(team, "parcel")) == 3
    for wrong in ("", "q=", "q=x&cursor=abc", "q=%00", f"q={'x' * 201}", "q=x&level=9"):
        assert (await team.call("GET", f"/v1/search?{wrong}")).status_code == 422, wrong


async def test_what_a_caller_may_not_see_is_not_found(team: Team, other: Team) -> None:
    await said(team, "The parcel")
    path = f"/v1/queues/{team.queues['General']}/members/{team.admin_id}"
    assert len(await found(team, "parcel", token=team.agent)) == 1
    await team.ask("PUT", path, {})
    assert await found(team, "parcel", token=team.agent) == []
    assert len(await found(team, "parcel")) == 1
    nothing: dict[str, Any] = {"messages": [], "contacts": [], "next": None}
    assert await search(other, "parcel") == nothing
    assert await search(other, "0@customer") == nothing


async def test_notes_and_answers_are_found(team: Team) -> None:
    [message] = await said(team, "Hello")
    path = f"/v1/conversations/{(await team.conversation_of(message))['id']}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    note = await team.ask("POST", f"{path}/notes", {"text": "A zebra"}, token=team.agent)
    answer = await team.ask("POST", f"{path}/replies", {"text": "A giraffe"}, token=team.agent)
    await read_on(team)
    assert await found(team, "zebra") == [note["message"]]
    [hit] = (await search(team, "giraffe"))["messages"]
    assert (hit["message"], hit["direction"]) == (answer["message"], "outbound")
    assert hit["agent"] == str(team.agent_id)


async def test_what_was_merged_is_found_where_it_is_now(team: Team) -> None:
    first, second = await said(team, "The zebra", "The giraffe")
    into, gone = [(await team.conversation_of(each))["id"] for each in (first, second)]
    await team.ask("POST", f"/v1/conversations/{gone}/merge", {"into": into})
    [hit] = (await search(team, "giraffe"))["messages"]
    assert (hit["message"], hit["conversation"]["id"]) == (second, into)


@pytest.mark.parametrize("is_read", [True, False])
async def test_who_was_erased_is_found_no_more(team: Team, is_read: bool) -> None:
    first, second = await said(team, "The zebra", "The giraffe")
    into, gone = [await team.conversation_of(each) for each in (first, second)]
    if not is_read:
        await team.sql("DELETE FROM search_entry")
        await team.sql("UPDATE search_mark SET pos = 0")
    merge = f"/v1/conversations/{gone['id']}/merge"
    await team.ask("POST", merge, {"into": into["id"]})
    for contact in (gone, into):
        await team.ask("DELETE", f"/v1/contacts/{contact['contact']['id']}")
        await read_on(team)
        assert (await search(team, "giraffe"))["messages"] == []
    assert (await search(team, "customer.test"))["contacts"] == []
    assert await team.sql("SELECT * FROM search_entry") == []


async def test_a_message_in_use_is_entered_when_it_is_free(team: Team) -> None:
    texts = ("The zebra", "The giraffe")
    ids = [(await team.submit(text, email=f"{text[-3:]}@x.test"))["message"] for text in texts]
    connection = await team.gateway.database.connect()
    try:
        async with connection.transaction():
            await connection.execute("UPDATE message SET subject = 'x' WHERE id = $1", ids[0])
            await read_on(team)
            assert await found(team, "zebra") == []
        await read_on(team)
    finally:
        await connection.close()
    assert [await found(team, each) for each in ("zebra", "giraffe")] == [[ids[0]], [ids[1]]]


async def test_hostile_texts_hold_nothing_up(team: Team) -> None:
    numbers = range(120_000)
    hostile = (
        " ".join(f"{n:x}-{n + 1:x}" for n in numbers),
        " ".join(f"http://{n:x}.it/{n:x}" for n in numbers),
        "".join(f"{chr(0x10400 + n % 40)}{chr(0x4E00 + n % 20_000)} " for n in numbers),
        "".join(f"Ⱥ{chr(0x23A + n % 900)} " for n in numbers),
        "x" * 1_000_000,
    )
    for text in hostile:
        await team.mail(mail_of(text))
    await said(team, "The zebra is last")
    assert len(await found(team, "zebra")) == 1
    assert len(await found(team, '"1-2"')) == 1
    assert await team.sql("SELECT FROM search_mark m JOIN feed_head h USING (workspace_id, pos)")


async def test_contacts_are_found_by_name_and_address(team: Team) -> None:
    await team.mail(mail_of(sender="Carla De Neri <c@customer.test>"))
    for q in ("carla", "Ner", "de neri", "c@cust"):
        [contact] = (await search(team, q))["contacts"]
        assert contact["name"] == "Carla De Neri", q
        assert [each["id"] for each in (await team.get(f"/v1/contacts?q={q}"))["items"]] == [
            contact["id"]
        ]
    assert (await search(team, "eri"))["contacts"] == []
