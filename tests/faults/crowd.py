"""Everybody around the gateway at once: customers, agents, providers and a reader of the feed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import httpx
from tests.delivery.providers import MailServer, Twilio, mail_server, twilio
from tests.faults.audit import Stored, audit, check_arrivals
from tests.faults.customers import Customer, FormPage, HandIn, MailTransfer, TextProvider
from tests.faults.desks import Desk
from tests.faults.feed_reader import FeedReader
from tests.faults.installation import Front, Installation
from tests.faults.ledger import Ledger
from tests.faults.team import MAILBOX, Team, open_team
from tests.faults.visitors import Visitor

CUSTOMERS_PER_DOOR = 3
MAIL_TAKES_S = 0.2  # so that a worker always has something in its hands
CUSTOMER_KINDS = ("form", "sms", "mail")
VISITORS = 3
SOURCES = (*CUSTOMER_KINDS, "chat", "reply", "sent", "feed")

# A claim whose worker was killed, or whose COMMIT went unanswered, holds until its lease ends.
# Nobody can be at it after the send timeout: the test does not wait for the rest.
END_OLD_LEASES = """
UPDATE delivery d SET lease_until = now()
  FROM attempt a
 WHERE (a.workspace_id, a.delivery_id, a.number) = (d.workspace_id, d.id, d.attempts)
   AND d.state = 'sending' AND a.outcome IS NULL AND a.started_at < now() - interval '3 s'
"""

UNDELIVERED = """
SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'delivered')
"""

# What the worker has still to give: to whom there is room and who has not given it back.
UNGIVEN = """
SELECT count(*)
  FROM conversation c
  JOIN queue q ON q.id = c.queue_id
  JOIN channel h ON h.id = c.channel_id
  JOIN agent a ON a.load + CASE h.kind WHEN 'chat' THEN 2 ELSE 1 END <= a.capacity
 WHERE c.status = 'queued' AND q.mode <> 'pull'
   AND NOT EXISTS (SELECT FROM assignment s
                    WHERE s.conversation_id = c.id AND s.agent_id = a.id
                      AND s.end_reason = 'released')
"""

HEAD = "SELECT pos FROM feed_head"
VERSIONS = "SELECT id::text, version FROM conversation WHERE status <> 'closed'"


class Crowd:
    """`chance` gives each of them a chance of its own, whatever the others do."""

    def __init__(
        self,
        installation: Installation,
        team: Team,
        http: httpx.AsyncClient,
        mail: MailServer,
        texts: Twilio,
        chance: Callable[[str], Random],
    ) -> None:
        self.ledger = Ledger()
        self._installation = installation
        self._mail = mail
        self._texts = texts
        self._closing = asyncio.Event()
        fronts = installation.fronts
        feeds = [f"{front.ws_url}/feed" for front in fronts]
        self._reader = FeedReader(feeds, team.admin_token, chance("feed"))
        doors = [_doors(front, team, http, texts) for front in fronts]
        self._customers = [
            Customer(name, [each[kind] for each in doors], self.ledger, chance(name))
            for kind in CUSTOMER_KINDS
            for name in (f"{kind}-{number}" for number in range(CUSTOMERS_PER_DOOR))
        ]
        chats = [f"{front.ws_url}/chat/{team.keys['chat']}" for front in fronts]
        self._visitors = [
            Visitor(name, chats, self.ledger, chance(name))
            for name in (f"chat-{number}" for number in range(VISITORS))
        ]
        self._desks = [
            Desk(
                name,
                http,
                [front.url for front in fronts],
                token,
                team.queues,
                self.ledger,
                chance(name),
            )
            for name, token in team.tokens.items()
        ]
        self._writing: list[asyncio.Task[None]] = []
        self._listening: list[asyncio.Task[None]] = []

    async def come(self, group: asyncio.TaskGroup) -> None:
        """The reader of the feed first, so that it sees all that happens."""
        closing = self._closing
        self._listening = [group.create_task(self._reader.follow())]
        await self._installation.until(self._reader.is_following, "for the feed")
        self._listening += [group.create_task(each.chat(closing)) for each in self._visitors]
        self._writing = [group.create_task(each.write_until(closing)) for each in self._customers]
        self._writing += [group.create_task(each.work_until(closing)) for each in self._desks]

    def leave(self) -> None:
        for task in self._listening:
            task.cancel()

    def trouble_providers(self) -> None:
        """The next answer to every customer by mail or text message is refused once."""
        for customer in self._customers:
            for address in customer.addresses():
                self._mail.replies[address] = ["451 4.3.0 Not now"]
                self._texts.answers[address] = [(503, 0, "")]

    def progress(self) -> Counter[str]:
        """How much has been answered positively at each door, arrived and been told so far."""
        arrived = len(self._mail.mails) + len(self._texts.texts)
        return self.ledger.taken + Counter(sent=arrived, feed=self._reader.pos)

    async def until_served(self) -> None:
        """Everybody is served again: at every door, by the worker and on the feed."""
        before = self.progress()

        async def is_served() -> bool:
            now = self.progress()
            return all(now[source] > before[source] + 1 for source in SOURCES)

        await self._installation.until(is_served, f"for answers at every door since {before}")

    async def audit(self) -> list[Stored]:
        async with self._installation.connected() as connection:
            return await audit(connection, self.ledger)

    async def rest(self) -> None:
        """Nobody writes any more; all is answered, sent, read and told."""
        self._closing.set()
        await asyncio.gather(*self._writing)
        await self._installation.until(self._is_at_rest, "for everything to be sent and read")

    async def _is_at_rest(self) -> bool:
        async with self._installation.connected() as connection:
            await connection.execute(END_OLD_LEASES)
            is_sent = await connection.fetchval(UNDELIVERED) == 0
            is_given = await connection.fetchval(UNGIVEN) == 0
            is_told = await connection.fetchval(HEAD) == self._reader.pos
        return (
            is_sent
            and is_given
            and is_told
            and all(visitor.is_settled for visitor in self._visitors)
        )

    async def audit_at_rest(self) -> None:
        """Everything handed in was answered in the end, everything answered has arrived."""
        stored = await self.audit()
        inbound = {message.marker for message in stored if message.direction == "inbound"}
        assert inbound == set(self.ledger.threads) <= set(self.ledger.answered)
        self._check_replies(stored)
        self._installation.check_logs()
        await self._check_state()

    def _check_replies(self, stored: list[Stored]) -> None:
        read = [visitor.read for visitor in self._visitors]
        sent = [self._mail.texts(), [text["Body"] for text in self._texts.texts]]
        replies = {message.marker for message in stored if message.direction == "outbound"}
        assert replies == {marker for marker in self.ledger.answered if marker.startswith("reply")}
        check_arrivals(stored, [marker for each in (*read, *sent) for marker in each], replies)
        for each in read:
            assert len(each) == len(set(each)), "a visitor was told something twice"

    async def _check_state(self) -> None:
        """What the feed's reader has put together is what the database says."""
        follower = self._reader.follower
        assert follower is not None
        assert len(follower.seen) == follower.pos, "the reader began with the first event"
        async with self._installation.connected() as connection:
            versions = {row[0]: row[1] for row in await connection.fetch(VERSIONS)}
        assert versions == {id_: item["ver"] for id_, item in follower.state.items()}


def _doors(front: Front, team: Team, http: httpx.AsyncClient, texts: Twilio) -> dict[str, HandIn]:
    form = FormPage(http, f"{front.url}/in/forms/{team.keys['web_form']}")
    sms_url = f"{front.url}/in/twilio/{team.keys['sms']}"
    sms = TextProvider(http, sms_url, texts.account_sid, texts.auth_token)
    mail = MailTransfer(front.smtp_port, MAILBOX)
    return dict(zip(CUSTOMER_KINDS, (form.hand_in, sms.hand_in, mail.hand_in), strict=True))


@asynccontextmanager
async def crowd_around(
    installation: Installation, chance: Callable[[str], Random]
) -> AsyncIterator[Crowd]:
    """Ready to come, with the providers that replies are sent to."""
    async with mail_server() as mail, twilio() as texts:
        team = await open_team(installation, mail, texts)
        mail.delay_s = MAIL_TAKES_S
        for front in installation.fronts:
            transfer = MailTransfer(front.smtp_port, MAILBOX)
            await installation.until(transfer.knows_its_recipient, "for the channels to be known")
        async with httpx.AsyncClient(trust_env=False) as http:
            yield Crowd(installation, team, http, mail, texts, chance)
