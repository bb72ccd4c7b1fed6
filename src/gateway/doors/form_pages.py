"""A page of its own for every form, at `/forms/{key}`: for links, frames, and without scripts."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from typing import Any

from starlette.types import Receive, Scope, Send

from channels.contract import Payload
from channels.errors import Unparseable
from channels.form_fields import RESERVED
from channels.records import record
from channels.web_form import max_bytes, read_submission
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.doors.embedding import PREFIX as ASSETS
from gateway.doors.embedding import Assets
from gateway.doors.exchange import Exchange
from gateway.doors.form_definition import asked_fields
from gateway.doors.form_guard import LARGE, FormGuard
from gateway.doors.form_markup import Filled, form_page, word_page
from gateway.doors.form_texts import TEXTS, language_of
from gateway.ingest.door import Intake
from gateway.problems import Problem, problem_of

PREFIX = "/forms/"
THANKS = "/thanks"
HTML = "text/html; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@record
class Written:
    """What somebody has sent, to be shown to them again where it has mistakes."""

    values: Mapping[str, Any] = field(default_factory=dict)
    has_files: bool = False

    @property
    def language(self) -> str:
        return language_of(str(self.values.get("_language") or ""))


class WebPages:
    """An ASGI application for what browsers open: the forms' pages and the embedded scripts."""

    def __init__(
        self,
        intake: Intake,
        configuration: Configuration,
        guard: FormGuard,
        *,
        max_bytes: int,
    ) -> None:
        self._intake = intake
        self._configuration = configuration
        self._guard = guard
        self._max_bytes = max_bytes
        self._assets = Assets()

    @staticmethod
    def answers(path: str) -> bool:
        return path.startswith((PREFIX, ASSETS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        is_asset = exchange.path.startswith(ASSETS)
        respond = self._assets.serve if is_asset else self._form
        await exchange.answered_by(respond, exchange.path)

    async def _form(self, exchange: Exchange) -> None:
        key, _, rest = exchange.path.removeprefix(PREFIX).partition("/")
        channel = self._configuration.channel_by_key(key)
        if channel is None or channel.config.kind != "web_form" or rest not in {"", THANKS[1:]}:
            raise Problem(404, "Not Found", "no form has this address")
        if exchange.method == "POST" and not rest:
            await self._submit(exchange, channel)
            return
        if exchange.method not in {"GET", "HEAD"}:
            raise Problem(405, "Method Not Allowed", "a form is read by GET and sent by POST")
        language = language_of(_asked(exchange) or exchange.header("accept-language") or "")
        if rest:
            await _show(exchange, 200, word_page("thanks", "received", language))
        elif "challenge_url" in channel.config.settings:
            await _show(exchange, 200, word_page("title", "elsewhere", language))
        else:
            filled = Filled(self._guard.stamp(channel))
            await _show(exchange, 200, form_page(asked_fields(channel), filled, language))

    async def _submit(self, exchange: Exchange, channel: ConfiguredChannel) -> None:
        """Take a submission; what is wrong with it is shown beside what was written."""
        content_type = exchange.header("content-type") or ""
        envelope = exchange.headers("origin", "user-agent")
        most = min(self._max_bytes, max_bytes(content_type) or self._max_bytes)
        payload = Payload(content_type, await exchange.body(most), envelope)
        is_large = len(payload.body) > LARGE
        written = Written() if is_large else _written(payload)
        try:
            await self._guard.count(channel, exchange)
            if is_large:
                written = await asyncio.to_thread(_written, payload)
            await self._guard.check(channel, payload)
            await self._intake.receive(channel, payload)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            await self._show_again(exchange, channel, written, problem)
            return
        where = f"{PREFIX}{channel.public_key}{THANKS}?lang={written.language}"
        await exchange.answer(303, b"", "", {**HEADERS, "Location": where})

    async def _show_again(
        self,
        exchange: Exchange,
        channel: ConfiguredChannel,
        written: Written,
        problem: Problem,
    ) -> None:
        wrong = {pointer.removeprefix("/"): detail for pointer, detail in problem.errors}
        say = TEXTS[written.language]
        came_too_fast = "Retry-After" in problem.headers and "_stamp" in wrong
        given = str(written.values.get("_stamp") or "")
        filled = Filled(
            stamp=given if came_too_fast or "_stamp" not in wrong else self._guard.stamp(channel),
            values=written.values,
            problems={name: what for name, what in wrong.items() if name not in RESERVED},
            notice=say["again"] if wrong.keys() & RESERVED else "" if wrong else say["busy"],
            had_files=written.has_files,
        )
        page = form_page(asked_fields(channel), filled, written.language)
        wait = {name: value for name, value in problem.headers.items() if name == "Retry-After"}
        await _show(exchange, problem.status, page, wait)


def _written(payload: Payload) -> Written:
    with suppress(Unparseable):
        values, files = read_submission(payload)
        return Written(values, bool(files))
    return Written()


def _asked(exchange: Exchange) -> str:
    """The language in the query, as `?lang=it`."""
    query = exchange.scope["query_string"].decode("latin-1")
    return next((part[5:] for part in query.split("&") if part.startswith("lang=")), "")


async def _show(
    exchange: Exchange, status: int, page: str, headers: Mapping[str, str] | None = None
) -> None:
    await exchange.answer(status, page.encode(), HTML, {**HEADERS, **(headers or {})})
