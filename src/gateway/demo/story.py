"""What happens in the demo: four customers write, an agent answers, everything is counted."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
from rich.console import Console
from rich.text import Text
from websockets.exceptions import WebSocketException

from gateway.demo.api import Api
from gateway.demo.backstage import backstage
from gateway.demo.doors import (
    Doors,
    Sending,
    Visitor,
    answer_to,
    find_places,
    new_mail,
    new_phone,
    visit,
)
from gateway.demo.failure import DemoFailed
from gateway.demo.feed import Feed, following
from gateway.demo.screen import Screen
from gateway.demo.stage import agent_token, ensure_rules, second_level
from gateway.demo.tally import Tally
from gateway.feed.log import EventType
from gateway.settings import Settings

TIMEOUT_S = 60
PAUSE_S = 0.35  # for people to follow; a log needs none


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything that takes part. `agent` calls the API as the demo's agent."""

    doors: Doors
    visitor: Visitor
    agent: Api
    feed: Feed
    screen: Screen
    tally: Tally
    pause_s: float


async def play(settings: Settings, url: str, workspace: str, console: Console) -> None:
    """Tell the whole story on `console`.

    Raises:
        DemoFailed: no gateway answers, or something came out otherwise than promised.
    """
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            _assembled(settings, url, workspace, console) as cast,
        ):
            await customers_write(cast)
            await agent_works(cast)
            summary = await count(cast)
    except (httpx.HTTPError, WebSocketException) as error:
        raise DemoFailed(f"the gateway at {url} broke off: {error!r}") from error
    except TimeoutError:
        raise DemoFailed(f"the demo did not end within {TIMEOUT_S} s") from None
    console.print()
    console.print(Text(summary, style="bold green"), soft_wrap=True)


@asynccontextmanager
async def _assembled(
    settings: Settings, url: str, workspace: str, console: Console
) -> AsyncIterator[Cast]:
    """Everything set up during the block; keys and tokens are revoked after it."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10))
        await require_gateway(http, url)
        behind = await stack.enter_async_context(backstage(settings, workspace))
        admin = Api(http, await stack.enter_async_context(behind.admin_key()))
        places = await find_places(url, admin, behind)
        token = await stack.enter_async_context(agent_token(admin))
        screen = stack.enter_context(Screen(console))
        if await ensure_rules(admin):
            screen.chapter("There were no routing rules: the demo has made three.")
        screen.queues = {queue["id"]: queue["name"] for queue in await admin.get("/v1/queues")}
        feed = await stack.enter_async_context(following(url, token, screen.event))
        visitor = await stack.enter_async_context(visit(places))
        feed.addresses.add(visitor.address)
        pause_s = PAUSE_S if console.is_terminal else 0
        doors, agent = Doors(http, places), Api(http, token)
        yield Cast(doors, visitor, agent, feed, screen, Tally(), pause_s)


async def require_gateway(http: httpx.AsyncClient, url: str) -> None:
    """Raises DemoFailed if no gateway is ready there."""
    try:
        answer = await http.get("/health/ready")
    except (httpx.HTTPError, httpx.InvalidURL):
        raise DemoFailed(
            f"no gateway answers at {url}: start one with `sportello serve`, or name another "
            "by --url"
        ) from None
    if answer.status_code != 200:
        raise DemoFailed(f"the gateway at {url} is not ready ({answer.status_code}): try again")


async def customers_write(cast: Cast) -> None:
    """Six messages through four doors; the first of each door comes twice."""
    run = secrets.token_hex(3)
    doors, screen = cast.doors, cast.screen
    maria, phone, luca = f"maria.{run}@example.com", new_phone(), f"luca.{run}@example.com"
    cast.feed.addresses |= {maria, phone, luca}

    screen.chapter("Four customers write; the network, as networks do, delivers some of it twice.")
    subject, text = "Invoice paid twice", "Please refund one of the two payments."
    mail = new_mail(f"Maria Bianchi <{maria}>", doors.places, subject, text)
    for _ in range(2):
        await arrived(cast, await doors.mail(mail), f"Maria: {subject}")

    sid, alarm = f"SM{uuid4().hex}", "Your shop is down: nobody can pay!"
    for _ in range(2):
        await arrived(cast, await doors.sms(phone, sid, alarm), alarm)

    fields = {
        "submission_id": run,
        "name": "Luca Verdi",
        "email": luca,
        "subject": "Size exchange",
        "message": "May I change the shoes for a size 43?",
    }
    for _ in range(2):
        await arrived(cast, await doors.form(fields), f"Luca: {fields['message']}")

    for _ in range(2):
        await says(cast, "Hello, is anybody there?", f"{run}-1")
    later = answer_to(mail, "It is urgent, the bank wants an answer today.")
    await arrived(cast, await doors.mail(later), "Maria, in the same thread: It is urgent.")
    await says(cast, "I would like to change my delivery address.", f"{run}-2")


async def says(cast: Cast, text: str, id_: str) -> None:
    await arrived(cast, await cast.visitor.say(text, id_), f"Visitor: {text}")


async def arrived(cast: Cast, sending: Sending, what: str) -> None:
    """Count a delivery and show it; of a new message also what the feed tells, and why."""
    is_repetition = cast.tally.add(sending)
    cast.screen.sent(sending.door, what, is_repetition=is_repetition, is_known=sending.is_known)
    await cast.feed.linger(cast.pause_s)
    if is_repetition:
        return
    feed = cast.feed
    await feed.until(lambda: len(feed.received) >= cast.tally.messages, "a message")
    decisions = await cast.agent.get(f"/v1/conversations/{feed.received[-1]}/decisions")
    cast.screen.reasons(decisions[-1]["because"])
    await feed.linger(cast.pause_s)


async def agent_works(cast: Cast) -> None:
    """Take the chat, answer, escalate another conversation, solve the chat."""
    cast.screen.chapter("An agent takes the chat and answers; the visitor is still there.")
    chat = next(id_ for id_, item in cast.feed.items.items() if item["kind"] == "chat")
    await act(cast, chat, "take")
    words = "Good day! Tell me the new address and I will change it."
    await act(cast, chat, "replies", {"text": words})
    cast.screen.said("agent", words)
    async with asyncio.timeout(10):
        heard = await cast.visitor.hear()
    cast.screen.said("visitor", f"hears over the same socket: {heard}")
    delivered = (chat, EventType.DELIVERY)
    await cast.feed.until(lambda: delivered in cast.feed.seen, "the delivery of the answer")
    await escalate_one(cast)
    await act(cast, chat, "solve")


async def escalate_one(cast: Cast) -> None:
    """Move the youngest that waits on the first level to the second, if there are such."""
    waiting = [
        item
        for item in cast.feed.items.values()
        if item["level"] == 1 and item["status"] == "queued"
    ]
    target = await second_level(cast.agent)
    if not waiting or target is None:
        cast.screen.chapter("No conversation can be escalated: your rules leave none on level 1.")
        return
    cast.screen.chapter(f"One matter is too hard for the first level: on to {target['name']}.")
    note = "This is beyond what the first level may decide: please take over."
    await act(cast, waiting[-1]["id"], "escalate", {"queue": target["id"], "note": note})


async def act(cast: Cast, conversation: str, command: str, body: object = None) -> None:
    """Command, then wait until the feed has told it."""
    path = f"/v1/conversations/{conversation}/{command}"
    done = await cast.agent.post(path, body)
    await cast.feed.until(lambda: cast.feed.pos >= done["pos"], f"{command} at {done['pos']}")
    await cast.feed.linger(cast.pause_s)


async def count(cast: Cast) -> str:
    """Compare what was sent with what the API lists, and sum it up.

    Raises:
        DemoFailed: something is missing, or there twice.
    """
    stored = []
    for id_ in cast.feed.items:
        page = await cast.agent.get(f"/v1/conversations/{id_}/messages?limit=100")
        stored += [each["id"] for each in page["items"] if each["direction"] == "inbound"]
    feed, tally = cast.feed, cast.tally
    summary = tally.summary(stored, len(feed.items))
    told = f"The feed told {feed.events} events with {feed.gaps} gaps."
    if feed.gaps or not tally.is_true_to(stored):
        raise DemoFailed(f"{summary} {told} {' '.join(tally.contradictions)}")
    return f"{summary} {told}"
