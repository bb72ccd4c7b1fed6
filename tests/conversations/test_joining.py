"""Merging and splitting, and where the answers to what was moved go afterwards."""

from typing import Any

from tests.house import House, bearer, make_mail

JSON = dict[str, Any]


async def mailed(house: House, own: str, subject: str = "Parcel") -> str:
    """A conversation opened by a mail; its id."""
    await house.send_mail(make_mail(f"I am {own}", Message_ID=own, Subject=subject))
    return await home_of(house, f"I am {own}")


async def home_of(house: House, words: str) -> str:
    [[id_]] = await house.rows(
        "SELECT conversation_id FROM message WHERE text LIKE :words", words=f"{words}%"
    )
    return str(id_)


async def said(house: House, id_: str) -> list[str]:
    items = (await house.get(f"/v1/conversations/{id_}/messages"))["items"]
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    return [item["text"].strip() for item in items]


async def merge(house: House, id_: str, into: str) -> JSON:
    outcome: JSON = await house.post(f"/v1/conversations/{id_}/merge", {"into": into})
    return outcome


async def refused(house: House, path: str, body: JSON) -> tuple[int, str]:
    answer = await house.http.post(path, json=body, headers=bearer(house.team.agent))
    return answer.status_code, answer.text


async def test_merging_moves_all_messages_and_closes_what_is_empty(house: House) -> None:
    one, other = await mailed(house, "<a@example.com>"), await mailed(house, "<b@example.com>")
    outcome = await merge(house, other, into=one)
    assert outcome["conversation"] == one
    assert await said(house, one) == ["I am <a@example.com>", "I am <b@example.com>"]
    assert await said(house, other) == []
    emptied = await house.get(f"/v1/conversations/{other}")
    assert (emptied["status"], emptied["merged_into"]) == ("closed", one)
    events = await house.rows("SELECT type, conversation_id FROM event ORDER BY pos DESC LIMIT 2")
    assert {(type_, str(id_)) for type_, id_ in events} == {
        ("conversation.merged", other),
        ("conversation.absorbed", one),
    }


async def test_merging_twice_is_merging_once(house: House) -> None:
    one, other = await mailed(house, "<a@example.com>"), await mailed(house, "<b@example.com>")
    first, second = await merge(house, other, one), await merge(house, other, one)
    assert first["ver"] == second["ver"]
    assert len(await said(house, one)) == 2


async def test_a_mail_that_answers_what_was_merged_follows_it(house: House) -> None:
    one, other = await mailed(house, "<a@example.com>"), await mailed(house, "<b@example.com>")
    third = await mailed(house, "<c@example.com>")
    await merge(house, other, into=one)
    await merge(house, one, into=third)
    answer = make_mail("Hello again", Message_ID="<d@example.com>", In_Reply_To="<b@example.com>")
    await house.send_mail(answer)
    assert await home_of(house, "Hello again") == third
    assert (await house.get(f"/v1/conversations/{other}"))["merged_into"] == third


async def test_a_text_message_after_a_merge_goes_to_where_it_was_merged(house: House) -> None:
    mail = await mailed(house, "<a@example.com>")
    await house.post_sms(Body="By phone")
    await merge(house, await home_of(house, "By phone"), into=mail)
    await house.post_sms(Body="Once more")
    assert await home_of(house, "Once more") == mail


async def test_what_was_merged_from_a_phone_is_not_answered_by_mail_to_its_number(
    house: House,
) -> None:
    mail = await mailed(house, "<a@example.com>")
    await house.post_sms(Body="By phone")
    await merge(house, await home_of(house, "By phone"), into=mail)
    await house.post(f"/v1/conversations/{mail}/take")
    await house.post(f"/v1/conversations/{mail}/replies", {"text": "Soon."})
    assert await house.rows("SELECT recipient FROM delivery") == [("ann@example.com",)]


async def test_a_chat_stays_in_its_window(house: House) -> None:
    mail = await mailed(house, "<a@example.com>")
    async with house.visitor() as visitor:
        await visitor.say("1", "In the window")
        chat = await home_of(house, "In the window")
        path = f"/v1/conversations/{chat}/merge"
        assert (await refused(house, path, {"into": mail}))[0] == 409
        async with house.visitor() as another:
            await another.say("1", "In another window")
            elsewhere = await home_of(house, "In another window")
            assert (await refused(house, path, {"into": elsewhere}))[0] == 409
        only = (await house.get(f"/v1/conversations/{chat}/messages"))["items"][0]["id"]
        path = f"/v1/conversations/{chat}/split"
        assert (await refused(house, path, {"messages": [only]}))[0] == 409


async def test_a_visitor_sees_nothing_of_what_is_merged_into_the_chat(house: House) -> None:
    mail = await mailed(house, "<a@example.com>")
    await house.post(f"/v1/conversations/{mail}/take")
    await house.post(f"/v1/conversations/{mail}/replies", {"text": "Dear Ann, by mail"})
    async with house.visitor() as visitor:
        await visitor.say("1", "In the window")
        chat = await home_of(house, "In the window")
        await merge(house, mail, into=chat)
        assert len(await said(house, chat)) == 3
        await house.post(f"/v1/conversations/{chat}/take")
        await house.post(f"/v1/conversations/{chat}/replies", {"text": "Dear visitor"})
        seen = [(await visitor.receive("message"))["text"] for _ in range(2)]
    assert seen == ["In the window", "Dear visitor"]


async def test_decisions_and_links_go_along(house: House) -> None:
    one, other = await mailed(house, "<a@example.com>"), await mailed(house, "<b@example.com>")
    third = await mailed(house, "<c@example.com>")
    spanning = make_mail("Both", Message_ID="<d@x.example>", References="<c@example.com>")
    del spanning["References"]
    spanning["References"] = "<b@example.com> <c@example.com>"
    await house.send_mail(spanning)
    assert (await house.get(f"/v1/conversations/{other}"))["links"] == [third]
    await merge(house, other, into=one)
    decided = await house.get(f"/v1/conversations/{one}/decisions")
    assert len(decided) == 2
    assert await house.get(f"/v1/conversations/{other}/decisions") == []
    assert (await house.get(f"/v1/conversations/{one}"))["links"] == [third]


async def test_what_was_merged_into_a_closed_one_does_not_hide_an_open_one(house: House) -> None:
    mail = await mailed(house, "<a@example.com>")
    await house.post_sms(Body="First")
    first = await home_of(house, "First")
    await house.rows(
        "UPDATE conversation SET status = 'closed', closed_at = now(), merged_into = :mail"
        " WHERE id = :first RETURNING 1",
        mail=mail,
        first=first,
    )
    await house.rows(
        "UPDATE conversation SET status = 'closed', closed_at = now() WHERE id = :id RETURNING 1",
        id=mail,
    )
    await house.post_sms(Body="Second")
    await house.post_sms(Body="Third")
    assert await home_of(house, "Second") == await home_of(house, "Third") != mail


async def test_what_cannot_be_merged(house: House) -> None:
    one, other = await mailed(house, "<a@example.com>"), await mailed(house, "<b@example.com>")
    path = f"/v1/conversations/{one}/merge"
    assert (await refused(house, path, {"into": one}))[0] == 422
    assert (await refused(house, path, {"into": "0198c2a0-0000-7000-8000-000000000000"}))[0] == 404
    colleague = await house.colleague("Bob")
    await house.post(f"/v1/conversations/{other}/take", token=colleague)
    assert (await refused(house, path, {"into": other}))[0] == 409
    await house.post(f"/v1/conversations/{other}/solve", token=colleague)
    assert (await refused(house, path, {"into": other}))[0] == 409


async def test_splitting_makes_another_matter_in_the_same_queue(house: House) -> None:
    one = await mailed(house, "<a@example.com>")
    second = make_mail("Also this", Message_ID="<b@example.com>", In_Reply_To="<a@example.com>")
    await house.send_mail(second)
    [kept, moved] = (await house.get(f"/v1/conversations/{one}/messages"))["items"]
    answer = await house.post(f"/v1/conversations/{one}/split", {"messages": [moved["id"]]})
    new = await house.get(f"/v1/conversations/{answer['conversation']}")
    before = await house.get(f"/v1/conversations/{one}")
    assert (new["queue"], new["status"], new["message_count"]) == (before["queue"], "queued", 1)
    assert await said(house, new["id"]) == ["Also this"]
    assert await said(house, one) == [kept["text"].strip()]
    third = make_mail("About this", Message_ID="<c@example.com>", In_Reply_To="<b@example.com>")
    await house.send_mail(third)
    assert await home_of(house, "About this") == new["id"]


async def test_after_a_split_messages_are_numbered_on(house: House) -> None:
    one = await mailed(house, "<a@example.com>")
    for name in "bc":
        answer = make_mail(name, Message_ID=f"<{name}@x.example>", In_Reply_To="<a@example.com>")
        await house.send_mail(answer)
    items = (await house.get(f"/v1/conversations/{one}/messages"))["items"]
    await house.post(f"/v1/conversations/{one}/split", {"messages": [items[1]["id"]]})
    fourth = make_mail("d", Message_ID="<d@x.example>", In_Reply_To="<a@example.com>")
    await house.send_mail(fourth)
    left = (await house.get(f"/v1/conversations/{one}/messages"))["items"]
    assert [item["seq"] for item in left] == [1, 3, 4]


async def test_what_cannot_be_split(house: House) -> None:
    one = await mailed(house, "<a@example.com>")
    await house.post(f"/v1/conversations/{one}/notes", {"text": "Odd."})
    [first, note] = (await house.get(f"/v1/conversations/{one}/messages"))["items"]
    other = await mailed(house, "<b@example.com>")
    [foreign] = (await house.get(f"/v1/conversations/{other}/messages"))["items"]
    path = f"/v1/conversations/{one}/split"
    for chosen in ([note["id"]], [first["id"], note["id"]], [foreign["id"]]):
        status, text = await refused(house, path, {"messages": chosen})
        assert (status, "/messages" in text) == (422, True)
