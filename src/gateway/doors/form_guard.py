"""What stands between a public form and those who abuse it, as far as its channel asks for it.

Settings of the channel: `submissions_per_minute` (of one client), `min_seconds` (between the
form's appearance and its sending), `challenge_url` with the secret `challenge_secret` (a siteverify
endpoint as Cloudflare Turnstile and hCaptcha have it). Everything refused is told so: a person who
is mistaken for a machine can send again, and loses nothing.
"""

import asyncio
import math
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httpx
import structlog
from limits import RateLimitItemPerMinute

from channels.contract import Payload
from channels.stamps import InvalidStamp, age_of, make_stamp
from channels.web_form import read_submission
from gateway.configuration import ConfiguredChannel
from gateway.doors.exchange import Exchange
from gateway.limiting import Limiter
from gateway.networks import network_of
from gateway.problems import invalid, unavailable

log = structlog.get_logger(__name__)

CHALLENGE_TIMEOUT_S = 5.0
CHALLENGE_FIELDS = (
    "_challenge",
    "cf-turnstile-response",
    "h-captcha-response",
    "g-recaptcha-response",
)
LARGE = 128 * 1024
PURPOSE = b"form stamps"


class FormGuard:
    """Counts in this process's memory; the stamps of all processes are signed with one key.

    `proxies` in front are ours: they tell who the client is.
    """

    def __init__(self, key: bytes, proxies: int) -> None:
        self._key = key
        self._proxies = proxies
        self._limiter = Limiter()

    def stamp(self, channel: ConfiguredChannel) -> str:
        """Proof of when the form was handed out, to be sent back as `_stamp`."""
        return make_stamp(self._key, channel.public_key, datetime.now(UTC))

    async def count(self, channel: ConfiguredChannel, exchange: Exchange) -> None:
        """Count a submission.

        Raises:
            Problem: 429, this client has sent too many.
        """
        most = channel.config.settings.get("submissions_per_minute")
        if most is None:
            return
        limit = RateLimitItemPerMinute(int(most))
        who = (channel.public_key, network_of(exchange.client(self._proxies)))
        refusal = "too many submissions from this address, nothing is lost"
        await self._limiter.count(limit, *who, refusal=refusal)

    async def check(self, channel: ConfiguredChannel, payload: Payload) -> None:
        """Look at what a submission says about itself.

        Raises:
            Problem: 422 for what came too fast, has no stamp or failed the challenge; 503 while
                the challenge cannot be asked.
            Unparseable: it is no form at all.
        """
        settings = channel.config.settings
        if not {"min_seconds", "challenge_url"} & settings.keys():
            return
        fields = await _fields(payload)
        if wait := settings.get("min_seconds"):
            self._check_time(channel, str(fields.get("_stamp") or ""), float(wait))
        if url := settings.get("challenge_url"):
            await self._check_challenge(channel, url, fields)

    def _check_time(self, channel: ConfiguredChannel, stamp: str, least_s: float) -> None:
        try:
            age = age_of(stamp, self._key, channel.public_key, datetime.now(UTC))
        except InvalidStamp as error:
            what = "must be the stamp of the form's definition: GET it anew and send again"
            raise invalid(str(error), [("/_stamp", what)]) from None
        wait_s = math.ceil(least_s - age.total_seconds())
        if wait_s > 0:
            problem = invalid("please try again in a moment", [("/_stamp", "came too fast")])
            raise problem.with_headers({"Retry-After": str(wait_s)})

    async def _check_challenge(
        self, channel: ConfiguredChannel, url: str, fields: Mapping[str, Any]
    ) -> None:
        token = next((str(fields[name]) for name in CHALLENGE_FIELDS if fields.get(name)), "")
        if not token:
            raise invalid("the challenge is not answered", [("/_challenge", "is required")])
        secret = channel.config.secrets.get("challenge_secret", "")
        try:
            async with httpx.AsyncClient(verify=self._tls, timeout=CHALLENGE_TIMEOUT_S) as http:
                answer = await http.post(url, data={"secret": secret, "response": token})
                passed = answer.raise_for_status().json().get("success") is True
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            log.warning("forms.challenge_unavailable", reason=type(error).__name__)
            raise unavailable("the challenge cannot be checked now, try again") from None
        if not passed:
            what = "was not passed: answer it anew"
            raise invalid("the challenge was not passed", [("/_challenge", what)])

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


async def _fields(payload: Payload) -> Mapping[str, Any]:
    if len(payload.body) > LARGE:
        return (await asyncio.to_thread(read_submission, payload))[0]
    return read_submission(payload)[0]
