"""First messages are acknowledged: once, in the same transaction, by whom and how it was set."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.delivery.providers import mail_server
from tests.house import House, bearer, make_mail, serving

from gateway.answers.waits import FEWEST_CASES, measure

TEXTS: dict[str, Any] = {
    "en": {
        "text": "Dear {{contact.name|customer}}, we have your message. {{expectation}}",
        "html": "<p>Dear {{contact.name|customer}}</p>",
    },
    "it": {"text": "Gentile {{contact.name|cliente}}, abbiamo il messaggio."},
}


async def change(house: House, path: str, method: str = "PATCH", **body: Any) -> Any:
    headers = bearer(house.team.admin)
    answer = await house.http.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def acknowledging(house: House, texts: dict[str, Any] | None = None) -> str:
    """Have the workspace acknowledge; returns the macro's id."""
    body = {"name": "Received", "language": "en", "texts": texts or {"en": TEXTS["en"]}}
    macro = await change(house, "/v1/macros", "POST", **body)
    await change(house, "/v1/workspace", acknowledgement=macro["id"])
    return str(macro["id"])


async def channel_id(house: House, kind: str) -> str:
    channels = await house.get("/v1/channels")
    return str(next(each["id"] for each in channels if each["kind"] == kind))


async def outbound(house: House) -> list[Any]:
    return await house.rows(
        "SELECT m.*, d.recipient, d.state FROM message m JOIN delivery d"
        " ON (d.workspace_id, d.message_id) = (m.workspace_id, m.id)"
        " WHERE m.direction = 'outbound' ORDER BY m.created_at, m.id"
    )


async def verdicts(house: House) -> list[str | None]:
    rows = await house.rows(
        "SELECT outcome->'acknowledgement'->>'verdict' FROM decision ORDER BY decided_at, id"
    )
    return [row[0] for row in rows]


async def test_a_mail_is_acknowledged_in_its_thread(house: House) -> None:
    macro = await acknowledging(house)
    mail = make_mail(Message_ID="<one@example.com>", References="<zero@example.com>")
    await house.send_mail(mail)
    [answer] = await outbound(house)
    assert answer.text == "Dear Ann, we have your message. "
    assert answer.html == "<p>Dear Ann</p>"
    assert (answer.subject, answer.recipient, answer.seq) == ("Re: Parcel", "ann@example.com", 2)
    assert (answer.automatic, answer.automatic_kind) == (True, "auto_reply")
    assert answer.email["in_reply_to"] == "one@example.com"
    assert answer.email["references"] == ["zero@example.com", "one@example.com"]
    [conversation] = (await house.get("/v1/conversations"))["items"]
    assert (conversation["message_count"], conversation["status"]) == (2, "queued")
    events = await house.rows("SELECT type, version, data FROM event ORDER BY pos")
    assert [event.type for event in events][-1] == "message.replied"
    assert events[-1].version == conversation["ver"]
    assert events[-1].data["message"]["automatic"] is True
    [decision] = await house.rows("SELECT outcome FROM decision")
    assert decision.outcome["acknowledgement"] == {"macro": macro, "verdict": "sent"}
    again = make_mail(
        "More", Message_ID="<two@example.com>", In_Reply_To=f"<{answer.email['message_id']}>"
    )
    await house.send_mail(again)
    assert len(await outbound(house)) == 1
    assert await house.count("conversation") == 1


async def test_nothing_is_asked_where_nothing_is_acknowledged(house: House) -> None:
    await house.send_mail(make_mail())
    assert await outbound(house) == []
    assert await verdicts(house) == [None]
    assert await house.count("answer_allowance") == 0


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic"),
        ({"List_Id": "<a.example.com>"}, "automatic"),
        ({"Precedence": "bulk"}, "automatic"),
        ({"From": "No reply <no-reply@shop.test>"}, "no_reply"),
        ({"From": "Us <support@house.test>"}, "ourselves"),
    ],
)
async def test_machines_are_not_acknowledged(
    house: House, headers: dict[str, str], verdict: str
) -> None:
    await acknowledging(house)
    await house.send_mail(make_mail(**headers))
    assert (await verdicts(house), await outbound(house)) == ([verdict], [])


async def test_the_channels_own_setting_goes_first(house: House) -> None:
    macro = await acknowledging(house)
    path = f"/v1/channels/{await channel_id(house, 'email')}"
    await change(house, path, settings={"acknowledgement": "off"})
    await house.send_mail(make_mail())
    assert await outbound(house) == []
    await change(house, "/v1/workspace", acknowledgement=None)
    await change(house, path, settings={"acknowledgement": macro})
    await house.send_mail(make_mail(Subject="Another"))
    await house.post_form()
    assert len(await outbound(house)) == 1
    for value in ("on", macro.upper(), "01a216c1-3deb-710e-a31b-68c53fced6d9"):
        body = {"settings": {"acknowledgement": value}}
        answer = await house.http.patch(path, json=body, headers=bearer(house.team.admin))
        assert answer.json()["errors"][0]["pointer"] == "/settings/acknowledgement"
    path = f"/v1/macros/{macro}"
    answer = await house.http.delete(path, headers=bearer(house.team.admin))
    assert (answer.status_code, "channel 'Support mail'" in answer.text) == (409, True)


async def test_it_speaks_the_customers_language(house: House) -> None:
    await acknowledging(house, TEXTS)
    words = "Buongiorno, vorrei sapere quando arriva il mio pacco, grazie mille."
    await house.send_mail(make_mail(words))
    [answer] = await outbound(house)
    assert answer.text == "Gentile Ann, abbiamo il messaggio."


async def test_a_form_is_acknowledged_by_mail_without_a_strangers_words(house: House) -> None:
    await acknowledging(house)
    answer = await house.post_form(name="Win at shop.example", subject="Go to shop.example")
    assert answer.json()["acknowledged"] is True
    [sent] = await outbound(house)
    assert sent.text.startswith("Dear customer,")
    assert (sent.subject, sent.recipient) == ("Re: Your message", "ann@example.com")
    assert sent.email["message_id"].endswith("@house.test")
    assert "acknowledged" not in (await house.post_form(message="And more")).json()
    repeated = await house.post_form(name="Win at shop.example", subject="Go to shop.example")
    assert (repeated.status_code, len(await outbound(house))) == (200, 1)


async def test_text_messages_and_chats_are_acknowledged_where_they_come_from(house: House) -> None:
    await acknowledging(house, {"en": {"text": "We have it."}})
    await house.post_sms(From="whatsapp:+393331234567")
    await house.post_sms(From="+393331234568", Body="STOP")
    async with house.visitor() as visitor:
        await visitor.say("1", "Hello?")
        while len(visitor.messages) < 2:
            await visitor.receive("message")
    assert [each["text"] for each in visitor.messages] == ["Hello?", "We have it."]
    first, *_ = await outbound(house)
    assert first.recipient == "whatsapp:+393331234567"
    assert await verdicts(house) == ["sent", "consent", "sent"]


async def test_who_has_opted_out_is_left_alone(house: House) -> None:
    await acknowledging(house)
    await house.post_sms(Body="STOP")
    await house.rows("UPDATE conversation SET status = 'closed', closed_at = now() RETURNING 1")
    await house.post_sms(Body="Where is it?")
    assert await verdicts(house) == ["consent", "opted_out"]
    await house.post_sms(Body="START")
    await house.rows("UPDATE conversation SET status = 'closed', closed_at = now() RETURNING 1")
    await house.post_sms(Body="And now?")
    assert (await verdicts(house))[-1] == "sent"


async def test_a_contact_is_answered_so_often_over_all_conversations(house: House) -> None:
    await acknowledging(house)
    await change(house, "/v1/workspace", automatic_answers=3)
    await asyncio.gather(
        *(house.send_mail(make_mail(str(n), Subject=f"Matter {n}")) for n in range(8))
    )
    await house.post_form(message="By the form")
    assert await house.count("conversation") == 9
    assert sorted(str(each) for each in await verdicts(house)) == ["limit"] * 6 + ["sent"] * 3
    assert len(await outbound(house)) == 3
    await house.send_mail(make_mail(From="Bob <bob@example.com>"))
    assert (await verdicts(house))[-1] == "sent"


async def test_the_window_slides(house: House) -> None:
    await acknowledging(house)
    await change(house, "/v1/workspace", automatic_answers=2, automatic_answer_hours=2)
    for number in range(3):
        await house.send_mail(make_mail(Subject=f"Matter {number}"))
    assert await verdicts(house) == ["sent", "sent", "limit"]
    older = (
        "UPDATE answer_allowance SET answered_at[2] = now() - interval '121 minutes' RETURNING 1"
    )
    await house.rows(older)
    for number in range(3, 5):
        await house.send_mail(make_mail(Subject=f"Matter {number}"))
    assert (await verdicts(house))[3:] == ["sent", "limit"]
    [[kept]] = await house.rows("SELECT cardinality(answered_at) FROM answer_allowance")
    assert kept == 2
    await change(house, "/v1/workspace", automatic_answers=0)
    await house.send_mail(make_mail(From="Bob <bob@example.com>"))
    assert (await verdicts(house))[-1] == "limit"


async def test_processes_keep_to_the_limit_together(house: House) -> None:
    await acknowledging(house)
    await house.send_mail(make_mail(Subject="The first"))
    another = await house.gateway.database.connect()
    try:
        async with another.transaction():
            await another.execute(
                "UPDATE answer_allowance SET answered_at = array_fill(now(), ARRAY[3])"
            )
            sending = asyncio.create_task(house.send_mail(make_mail(Subject="The second")))
            await asyncio.sleep(0.2)
            assert not sending.done()
        await sending
    finally:
        await another.close()
    assert await verdicts(house) == ["sent", "limit"]


async def stay(house: House, minutes: int, number: int = 1) -> None:
    """Have conversations waited so long in the first queue, until now."""
    insert = text(
        "INSERT INTO queue_entry (workspace_id, conversation_id, id, queue_id, queued_at,"
        " effective_at, left_at) SELECT workspace_id, id, gen_random_uuid(), queue_id,"
        " began, began, now() FROM conversation, generate_series(1, :number),"
        " LATERAL (SELECT now() - CAST(:wait AS interval) AS began) b"
    )
    async with house.gateway.database.transaction() as session:
        values = {"wait": timedelta(minutes=minutes), "number": number}
        await session.execute(insert, values)


async def test_the_wait_is_told_where_there_are_enough_cases(house: House) -> None:
    await acknowledging(house, {"en": {"text": "{{expected_wait|soon}}"}})
    await house.post_sms()
    await stay(house, 70, FEWEST_CASES - 1)
    await measure(house.gateway.database, datetime.now(UTC))
    await house.send_mail(make_mail(Subject="Few"))
    await stay(house, 300)
    await measure(house.gateway.database, datetime.now(UTC))
    await house.send_mail(make_mail(Subject="Enough"))
    assert [each.text for each in await outbound(house)][1:] == ["soon", "about 2 hours"]
    [row] = await house.rows("SELECT cases, wait FROM expected_wait")
    assert (row.cases, row.wait.total_seconds() // 60) == (FEWEST_CASES + 1, 70)


async def test_the_measured_wait_counts_opening_hours(house: House) -> None:
    await acknowledging(house, {"en": {"text": "{{expectation}}"}})
    now = datetime.now(UTC)
    today = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[
        (now - timedelta(days=2)).weekday()
    ]
    week = {today: [{"from": "00:00", "to": "24:00"}]}
    await change(house, "/v1/calendars", "POST", name="Rare", timezone="UTC", week=week)
    await house.post_sms()
    await stay(house, 60, FEWEST_CASES)
    await measure(house.gateway.database, now)
    [row] = await house.rows("SELECT wait FROM expected_wait")
    assert row.wait == timedelta(0)
    await house.send_mail(make_mail())
    [*_, answer] = await outbound(house)
    assert answer.text.startswith("We are closed until ")


async def sent(house: House) -> None:
    """Everything is with its provider."""
    async with asyncio.timeout(10):
        while True:
            if {each.state for each in await outbound(house)} == {"sent"}:
                return
            await asyncio.sleep(0.05)


async def test_it_goes_out_as_an_automatic_answer(dsn: str) -> None:
    async with mail_server() as server, serving(dsn, worker=True, poll_interval_s=60) as house:
        await acknowledging(house)
        path = f"/v1/channels/{await channel_id(house, 'email')}"
        await change(house, path, settings=server.settings)
        await house.send_mail(make_mail(Message_ID="<one@example.com>"))
        await sent(house)
    [mail] = server.mails
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == "<one@example.com>"
    assert mail["References"] == "<one@example.com>"


async def test_erasure_and_retention_forget_when_somebody_was_answered(house: House) -> None:
    await acknowledging(house)
    await house.send_mail(make_mail())
    [contact] = (await house.get("/v1/contacts"))["items"]
    exported = await house.get(f"/v1/contacts/{contact['id']}/export")
    assert len(exported["answered_automatically"]) == 1
    headers = bearer(house.team.admin)
    await house.http.delete(f"/v1/contacts/{contact['id']}", headers=headers)
    assert await house.count("answer_allowance") == await house.count("message") == 0


async def test_a_rule_chooses_the_macro_before_channel_and_workspace(house: House) -> None:
    await acknowledging(house)
    body = {"name": "For chats", "language": "en", "texts": {"en": {"text": "A rule says so."}}}
    macro = await change(house, "/v1/macros", "POST", **body)
    when, then = {"all": list[object]()}, {"acknowledge": macro["id"]}
    rule = {"name": "Thank", "stage": "respond", "when": when, "then": then}
    await change(house, "/v1/rules", "POST", **rule)
    await house.send_mail(make_mail(Message_ID="<ruled@example.com>"))
    [answer] = await outbound(house)
    assert answer.text.startswith("A rule says so.")
