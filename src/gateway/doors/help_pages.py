"""The help pages, at `/help/{key}` with any channel's public key: searched and read by anybody.

`?q=` searches, `?lang=` chooses the language where the browser's wish is not right. Below
`/suggest`, the same search answers in JSON, for the form and the chat: by POST, since what somebody
is about to say belongs in no address.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from limits import RateLimitItemPerMinute
from starlette.types import Receive, Scope, Send

from gateway.articles.gaps import note_gap
from gateway.articles.markup import to_text
from gateway.articles.reading import readable, text_for
from gateway.articles.searching import Found, search
from gateway.articles.votes import PURPOSE, vote, voter_of
from gateway.composition import Gateway
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import to_json_bytes
from gateway.doors.exchange import Exchange
from gateway.doors.form_pages import HEADERS as FORM_HEADERS
from gateway.doors.form_pages import HTML
from gateway.doors.form_texts import language_of
from gateway.doors.help_markup import article_page, list_page
from gateway.limiting import Limiter
from gateway.networks import network_of
from gateway.problems import Problem

PREFIX: Final = "/help/"
SUGGEST: Final = "suggest"
MAX_BODY: Final = 10_000
SHOWN: Final = 20
SUGGESTED: Final = 3
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
LEAST: Final = 3
"""Characters below which nothing is suggested."""

SEARCHES: Final = RateLimitItemPerMinute(60)
"""Of one network; counted in each process's memory. Votes count among them."""

HEADERS: Final = {
    **FORM_HEADERS,
    "Cache-Control": "public, max-age=60",
    "Vary": "Accept-Language",
}
UNCACHED: Final = {**HEADERS, "Cache-Control": "no-store"}
ANYWHERE: Final = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


class HelpPages:
    """An ASGI application for `/help/{key}`, `/help/{key}/{article}` and `/help/{key}/suggest`."""

    def __init__(self, gateway: Gateway) -> None:
        self._database = gateway.database
        self._configuration = gateway.configuration
        self._proxies = gateway.settings.proxies
        self._key = gateway.box.derived(PURPOSE)
        self._limiter = Limiter()

    @staticmethod
    def answers(path: str) -> bool:
        return path.startswith(PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Exchange(scope, receive, send).answered_by(self._respond, PREFIX, ANYWHERE)

    async def _respond(self, exchange: Exchange) -> None:
        key, _, rest = exchange.path.removeprefix(PREFIX).partition("/")
        channel = self._configuration.channel_by_key(key)
        if channel is None:
            raise _nothing_here()
        query = _query(exchange)
        if exchange.method == "POST" and rest == SUGGEST:
            await self._suggest(exchange, channel)
        elif exchange.method == "POST" and rest:
            await self._vote(exchange, channel, _article_id(rest))
        elif exchange.method not in {"GET", "HEAD"}:
            raise Problem(405, "Method Not Allowed", "help is read by GET, voted on by POST")
        elif rest:
            await self._article(exchange, channel, _article_id(rest), query)
        else:
            await self._list(exchange, channel, query)

    async def _list(
        self, exchange: Exchange, channel: ConfiguredChannel, query: Mapping[str, str]
    ) -> None:
        asked, wanted = query.get("q", ""), wanted_language(exchange, query)
        async with self._database.transaction() as session:
            if asked:
                await self._count(exchange)
                found = await search(session, channel.workspace_id, asked, wanted, SHOWN)
                if not found:
                    await note_gap(session, channel.workspace_id, wanted, asked)
            else:
                found = await readable(session, channel.workspace_id, wanted)
        page = list_page(
            f"{PREFIX}{channel.public_key}",
            asked,
            found,
            _spoken(wanted),
            contact=self._form_of(channel),
        )
        await _show(exchange, page)

    async def _article(
        self,
        exchange: Exchange,
        channel: ConfiguredChannel,
        article_id: UUID,
        query: Mapping[str, str],
    ) -> None:
        wanted = wanted_language(exchange, query)
        async with self._database.transaction() as session:
            text = await text_for(session, channel.workspace_id, article_id, wanted)
        if text is None:
            raise _nothing_here()
        page = article_page(
            f"{PREFIX}{channel.public_key}",
            text,
            _spoken(wanted),
            has_voted="thanks" in query,
            contact=self._form_of(channel),
        )
        await _show(exchange, page)

    async def _suggest(self, exchange: Exchange, channel: ConfiguredChannel) -> None:
        """What may answer a message before it is sent; nothing of it is kept."""
        await self._count(exchange)
        form = _fields((await exchange.body(MAX_BODY)).decode("latin-1"))
        asked, wanted = form.get("q", ""), wanted_language(exchange, form)
        found: list[Found] = []
        if len(asked) >= LEAST:
            async with self._database.transaction() as session:
                found = [*await search(session, channel.workspace_id, asked, wanted, SUGGESTED)]
        root = f"{PREFIX}{channel.public_key}"
        articles = [
            {
                "id": each.id,
                "title": each.title,
                "language": each.language,
                "excerpt": to_text(each.excerpt),
                "url": f"{root}/{each.id}?lang={wanted}",
            }
            for each in found
        ]
        body = to_json_bytes({"articles": articles})
        await exchange.answer(200, body, "application/json", ANYWHERE)

    async def _vote(self, exchange: Exchange, channel: ConfiguredChannel, article_id: UUID) -> None:
        await self._count(exchange)
        form = _fields((await exchange.body(MAX_BODY)).decode("latin-1"))
        wanted = wanted_language(exchange, _query(exchange))
        voter = voter_of(
            self._key, article_id, self._network(exchange), exchange.header("user-agent") or ""
        )
        async with self._database.transaction() as session:
            if await text_for(session, channel.workspace_id, article_id, wanted) is None:
                raise _nothing_here()
            helped = form.get("helped") == "yes"
            await vote(session, channel.workspace_id, article_id, voter, helped=helped)
        where = f"{PREFIX}{channel.public_key}/{article_id}?lang={wanted}&thanks"
        await exchange.answer(303, b"", "", {**UNCACHED, "Location": where})

    def _form_of(self, channel: ConfiguredChannel) -> str | None:
        """The page of the workspace's form: of this channel, or its first."""
        workspace = self._configuration.workspace(channel.workspace_id)
        forms = [
            each.public_key
            for each in (channel, *workspace.channels.values())
            if each.config.kind == "web_form"
        ]
        return f"/forms/{forms[0]}" if forms else None

    async def _count(self, exchange: Exchange) -> None:
        refusal = "too many searches from this address"
        await self._limiter.count(SEARCHES, self._network(exchange), refusal=refusal)

    def _network(self, exchange: Exchange) -> str:
        return network_of(exchange.client(self._proxies))


def wanted_language(exchange: Exchange, query: Mapping[str, str]) -> str:
    """The reader's language (BCP 47, lower case): as the address has it, or the browser."""
    wishes = query.get("lang") or exchange.header("accept-language") or "en"
    first = wishes[:500].lower().split(",")[0].partition(";")[0].strip()
    return first if _LANGUAGE.fullmatch(first) else "en"


def _spoken(wanted: str) -> tuple[str, str]:
    return language_of(wanted), wanted


def _query(exchange: Exchange) -> dict[str, str]:
    return _fields(exchange.scope["query_string"].decode("latin-1"))


def _fields(encoded: str) -> dict[str, str]:
    """The first of each; what PostgreSQL could not keep is no part of it."""
    given = parse_qs(encoded, keep_blank_values=True)
    return {name: values[0].replace("\0", "").strip() for name, values in given.items()}


def _article_id(rest: str) -> UUID:
    try:
        return UUID(rest)
    except ValueError:
        raise _nothing_here() from None


def _nothing_here() -> Problem:
    return Problem(404, "Not Found", "no help has this address")


async def _show(exchange: Exchange, page: str) -> None:
    """Answer with a page, or with 304 to who has it already (RFC 9110)."""
    content = page.encode()
    fields = {**HEADERS, "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}
    if fields["ETag"] in (exchange.header("if-none-match") or ""):
        await exchange.answer(304, b"", "", fields)
    else:
        await exchange.answer(200, content, HTML, fields)
