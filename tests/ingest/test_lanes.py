"""The writer's lanes commit beside each other, and keep each sender's messages in their order."""

import asyncio
from collections import defaultdict
from dataclasses import replace

from tests.house import House
from tests.ingest.test_isolation import form_of, submission

from channels.contract import ReceiptKey

SENDERS, EACH = 6, 12


async def test_what_one_sender_writes_stays_in_its_order(house: House) -> None:
    channel, items = form_of(house), []
    for nth in range(EACH):
        for sender in range(SENDERS):
            said = submission(channel, f"sender-{sender}", f"{nth:02}")
            receipt = ReceiptKey("form", f"{sender}:{nth}")
            items.append(replace(said, inbound=replace(said.inbound, receipt=receipt)))
    await asyncio.gather(*(house.gateway.writer.submit(item) for item in items))
    told = defaultdict(list)
    for sender, words in await house.rows(
        "SELECT identity_id, text FROM message ORDER BY conversation_id, seq"
    ):
        told[sender].append(words)
    assert list(told.values()) == [[f"{nth:02}" for nth in range(EACH)]] * SENDERS
