import asyncio
from collections import Counter
from itertools import pairwise
from uuid import UUID

import dkim
import pytest
from tests.channels.email.keys import dns_record, pem_of, rsa_key
from tests.delivery.conftest import Working
from tests.delivery.office import Office, until
from tests.delivery.providers import MailServer, Twilio, silent_server

from gateway.database.schema import Attachment, Blob
from gateway.ids import new_id

THREAD = {
    "message_id": "answer@desk.test",
    "in_reply_to": "question@customer.test",
    "references": ["first@customer.test", "question@customer.test"],
    "reply_to": "support+c1@desk.test",
    "to": ["ann@customer.test"],
    "cc": [],
}


@pytest.fixture
async def support(office: Office, mail: MailServer) -> UUID:
    return await office.channel("email", "support@desk.test", settings=mail.settings)


@pytest.fixture
async def phone(office: Office, texts: Twilio) -> UUID:
    return await office.channel(
        "sms", "+15005550006", settings=texts.settings, secrets=texts.secrets
    )


async def test_a_mail_is_sent_with_its_thread_and_recorded(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(
        conversation, support, text="It is on its way.", subject="Re: order", email=THREAD
    )

    async with working():
        await office.until_ended()

    [sent] = mail.mails
    assert sent["From"] == "Ada Smith <support@desk.test>"
    assert sent["To"] == "ann@customer.test"
    assert sent["Subject"] == "Re: order"
    assert sent["Message-ID"] == "<answer@desk.test>"
    assert sent["In-Reply-To"] == "<question@customer.test>"
    assert sent["References"] == "<first@customer.test> <question@customer.test>"
    assert sent["Reply-To"] == "support+c1@desk.test"
    assert mail.texts() == ["It is on its way."]
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.provider_id) == ("sent", "answer@desk.test")
    assert (delivery.attempts, delivery.lease_until, delivery.failure) == (1, None, None)
    [attempt] = await office.attempts(answer)
    assert (attempt.number, attempt.outcome) == (1, "sent")
    assert attempt.finished_at is not None
    assert attempt.finished_at >= attempt.started_at


async def test_a_mail_is_signed_and_named_as_its_channel_says(
    office: Office, mail: MailServer, working: Working
) -> None:
    settings = {"dkim_selector": "m1", "sender_name": "{agent} of Acme", **mail.settings}
    secrets = {"dkim_private_key": pem_of(rsa_key())}
    channel = await office.channel("email", "desk@desk.test", settings=settings, secrets=secrets)
    await office.answer(await office.conversation(channel), channel, text="Ciò è tutto.\n\n")
    async with working():
        await office.until_ended()
    records = {b"m1._domainkey.desk.test.": dns_record(rsa_key())}
    assert dkim.verify(mail.raw[0], dnsfunc=lambda name, **_: records.get(name))
    assert mail.mails[0]["From"] == "Ada Smith of Acme <desk@desk.test>"


async def test_a_key_that_cannot_sign_sends_nothing_unsigned(
    office: Office, mail: MailServer, working: Working
) -> None:
    settings = {"dkim_selector": "m1", **mail.settings}
    channel = await office.channel("email", "desk@desk.test", settings=settings)
    [answer] = await office.answer(await office.conversation(channel), channel)
    async with working():
        await office.until_ended()
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure) == ("failed", "misconfigured")
    assert "dkim_private_key" in (delivery.detail or "")
    assert mail.mails == []


async def attach(office: Office, message_id: UUID, scan: str) -> None:
    async with office.database.transaction() as session:
        session.add(Blob(workspace_id=office.workspace_id, sha256=b"1", content=b"%PDF", scan=scan))
        session.add(
            Attachment(
                workspace_id=office.workspace_id,
                id=new_id(),
                message_id=message_id,
                filename="invoice.pdf",
                content_type="application/pdf",
                size=4,
                sha256=b"1",
                inline=False,
            )
        )


async def test_a_file_with_a_virus_is_not_sent(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    [answer] = await office.answer(await office.conversation(support), support)
    await attach(office, (await office.delivery(answer)).message_id, scan="infected")

    async with working():
        await office.until_ended()

    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure) == ("failed", "rejected")
    assert "virus" in str(delivery.detail)
    assert mail.mails == []


async def test_a_mail_carries_its_attachments(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [answer] = await office.answer(conversation, support, text="Hi", html="<p>H<i>i</i></p>")
    message_id = (await office.delivery(answer)).message_id
    await attach(office, message_id, scan="clean")

    async with working():
        await office.until_ended()

    [sent] = mail.mails
    page = sent.get_body(("html",))
    assert page is not None
    assert "<p>H<i>i</i></p>" in page.get_content()
    [attached] = sent.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("invoice.pdf", b"%PDF")


async def test_a_text_message_goes_to_twilio(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    [answer] = await office.answer(
        await office.conversation(phone), phone, "+393331234567", text="Ciao"
    )

    async with working():
        await office.until_ended()

    assert texts.texts == [{"To": "+393331234567", "From": "+15005550006", "Body": "Ciao"}]
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.provider_id) == ("sent", f"SM{1:032x}")


async def test_two_workers_keep_the_order_while_the_first_is_tried_again(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [first] = await office.answer(conversation, support, "ann@customer.test", text="one")
    [second] = await office.answer(conversation, support, "bob@customer.test", text="two")
    mail.replies["ann@customer.test"] = ["451 4.3.0 later", "451 4.3.0 later"]

    async with working(), working():
        await office.until_ended()

    assert mail.texts() == ["one", "two"]
    tries = [attempt.outcome for attempt in await office.attempts(first)]
    assert tries == ["temporary", "temporary", "sent"]
    assert len(await office.attempts(second)) == 1
    told = [
        (event.data["delivery"]["id"], event.data["delivery"]["state"])
        for event in await office.events(conversation)
    ]
    assert told == [(str(first), "queued"), (str(first), "sent"), (str(second), "sent")]


async def test_a_permanent_failure_shows_and_blocks_nothing(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    conversation = await office.conversation(support)
    [first] = await office.answer(conversation, support, "gone@customer.test")
    [second] = await office.answer(conversation, support, text="still here")
    mail.replies["gone@customer.test"] = ["550 5.1.1 no such user"]

    async with working():
        await office.until_ended()

    assert mail.texts() == ["still here"]
    failed = await office.delivery(first)
    assert (failed.state, failed.failure, failed.attempts) == ("failed", "bad_recipient", 1)
    assert failed.detail is not None
    assert "no such user" in failed.detail
    events = await office.events(conversation)
    assert events[0].data["delivery"]["failure"] == "bad_recipient"
    assert events[1].data["delivery"]["id"] == str(second)


async def test_a_provider_that_stays_in_trouble_is_given_up_after_the_last_attempt(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    conversation = await office.conversation(phone)
    [answer] = await office.answer(conversation, phone, "+393331234567")
    texts.answers["+393331234567"] = [(503, 20500, "")] * 4

    async with working(max_attempts=4):
        await office.until_ended()

    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure, delivery.attempts) == ("failed", "unavailable", 4)
    attempts = await office.attempts(answer)
    assert [each.outcome for each in attempts] == ["temporary"] * 4
    starts = [each.started_at for each in attempts]
    pauses = [(after - before).total_seconds() for before, after in pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, (0.01, 0.02, 0.04), strict=True))
    states = [event.data["delivery"]["state"] for event in await office.events(conversation)]
    assert states == ["queued", "failed"]


async def test_a_provider_says_when_to_come_back(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    [answer] = await office.answer(await office.conversation(phone), phone, "+393331234567")
    texts.answers["+393331234567"] = [(429, 20429, "1")]

    async with working(poll_interval_s=30.0):
        await office.until_ended()

    first, second = await office.attempts(answer)
    assert first.failure == "throttled"
    assert 1.0 <= (second.started_at - first.started_at).total_seconds() < 5.0


async def test_a_silent_provider_delays_no_other_channel(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    async with silent_server() as silent:
        dead = await office.channel("email", "dead@desk.test", settings=silent.settings)
        await office.backlog(dead, conversations=30)
        await office.backlog(phone, "+393331234567", conversations=20)

        async def is_sent() -> bool:
            return (await office.states()).get("sent") == 20

        async with working(send_timeout_s=60.0, poll_interval_s=30.0):
            await until(is_sent)
            assert await office.states() == {"sent": 20, "sending": 8, "queued": 22}
            silent.hang_up()


async def test_a_send_that_takes_too_long_is_tried_again(office: Office, working: Working) -> None:
    async with silent_server() as silent:
        dead = await office.channel("email", "dead@desk.test", settings=silent.settings)
        [answer] = await office.answer(await office.conversation(dead), dead)
        async with working(send_timeout_s=0.2, max_attempts=2):
            await office.until_ended()
    assert [each.failure for each in await office.attempts(answer)] == ["unreachable"] * 2


async def test_two_workers_send_two_hundred_once_each(
    office: Office, texts: Twilio, phone: UUID, working: Working
) -> None:
    conversations = await office.backlog(phone, "+393331234567", conversations=20, each=10)

    async with working(), working():
        await office.until_ended()

    bodies = [form["Body"] for form in texts.texts]
    assert Counter(bodies) == Counter(f"{i} {n}" for i in range(20) for n in range(1, 11))
    for index in range(20):
        mine = [body for body in bodies if body.split()[0] == str(index)]
        assert mine == [f"{index} {number}" for number in range(1, 11)]
    events = await office.events()
    assert [event.pos for event in events] == list(range(1, 201))
    assert await office.head() == 200
    versions = [event.version for event in events if event.conversation_id == conversations[0]]
    assert versions == list(range(2, 12))


async def test_a_channel_is_given_eight_messages_at_once(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    mail.delay_s = 0.1
    await office.backlog(support, conversations=20)
    async with working():
        await office.until_ended()
    assert mail.most_at_once == 8


async def test_chat_waits_for_its_visitor(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    chat = await office.channel("chat")
    [waiting] = await office.answer(await office.conversation(chat), chat, "visitor")
    await office.answer(await office.conversation(support), support)
    async with working():
        await asyncio.sleep(0.5)
    assert len(mail.mails) == 1
    delivery = await office.delivery(waiting)
    assert (delivery.state, delivery.attempts) == ("queued", 0)


async def test_a_channel_that_is_newer_than_the_worker_is_found(
    office: Office, mail: MailServer, working: Working
) -> None:
    async with working():
        channel = await office.channel("email", "new@desk.test", settings=mail.settings)
        await office.grow_configuration()
        await office.answer(await office.conversation(channel), channel)
        await office.until_ended()
    assert len(mail.mails) == 1


async def test_what_an_archived_channel_should_have_sent_fails(
    office: Office, mail: MailServer, support: UUID, working: Working
) -> None:
    [answer] = await office.answer(await office.conversation(support), support)
    await office.archive(support)
    async with working():
        await office.until_ended()
    delivery = await office.delivery(answer)
    assert (delivery.state, delivery.failure) == ("failed", "misconfigured")
    assert mail.mails == []


async def test_what_cannot_be_sent_over_its_channel_fails(office: Office, working: Working) -> None:
    form = await office.channel("web_form")
    [answer] = await office.answer(await office.conversation(form), form)
    async with working():
        await office.until_ended()
    assert (await office.delivery(answer)).failure == "misconfigured"
