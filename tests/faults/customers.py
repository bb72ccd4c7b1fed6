"""Customers who write by form, text message and mail, each through a provider that insists."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from random import Random

import aiosmtplib
import httpx
from tests.faults.ledger import ComeAgain, Ledger, accepted, until_taken
from twilio.request_validator import RequestValidator

MOST_LETTERS = 20_000
THREADS = 12
LONGEST_PAUSE_S = 0.15
LARGE_EVERY = 7
LARGE = 3_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, the same in every repetition; `earlier` are the markers of its thread so far."""

    marker: str
    thread: str
    earlier: tuple[str, ...]


HandIn = Callable[[Letter], Awaitable[str | None]]
"""Delivers once and returns the id that the answer names, if any; may raise ComeAgain or LOST."""


@dataclass
class Customer:
    """Writes on several matters in turn; some letters are posted twice, some with their sequel.

    Every try goes to one of `doors`, which lead to the same installation.
    """

    name: str
    doors: Sequence[HandIn]
    ledger: Ledger
    chance: Random
    written: dict[str, list[str]] = field(default_factory=dict)

    def addresses(self) -> list[str]:
        """Where its threads are answered: by mail, or by text message."""
        threads = [self._thread(number) for number in range(THREADS)]
        return [address for thread in threads for address in (mail_address(thread), phone(thread))]

    async def write_until(self, closing: asyncio.Event) -> None:
        for number in range(0, MOST_LETTERS, 2):
            if closing.is_set():
                return
            await asyncio.gather(*map(self._post, self._burst(number)))
            await asyncio.sleep(self.chance.uniform(0, LONGEST_PAUSE_S))

    def _burst(self, number: int) -> list[Letter]:
        thread = self._thread(self.chance.randrange(THREADS))
        letter = self._next(thread, number)
        match self.chance.randrange(4):
            case 0:
                return [letter, letter]
            case 1:
                return [letter, self._next(thread, number + 1)]
            case _:
                return [letter]

    def _thread(self, number: int) -> str:
        return f"{self.name}-{number:02}"

    def _next(self, thread: str, number: int) -> Letter:
        written = self.written.setdefault(thread, [])
        letter = Letter(f"{self.name}-{number}", thread, tuple(written[-10:]))
        written.append(letter.marker)
        self.ledger.hand_in(letter.marker, thread)
        return letter

    async def _post(self, letter: Letter) -> None:
        message_id = await until_taken(lambda: self.chance.choice(self.doors)(letter), self.chance)
        self.ledger.take(letter.marker, message_id)


@dataclass(frozen=True)
class FormPage:
    """The script of a page with a form; `url` is the form's door."""

    http: httpx.AsyncClient
    url: str

    async def hand_in(self, letter: Letter) -> str | None:
        form = {
            "email": mail_address(letter.thread),
            "message": letter.marker,
            "submission_id": letter.marker,
        }
        answer = accepted(await self.http.post(self.url, json=form)).json()
        return str(answer["message"])


@dataclass(frozen=True)
class TextProvider:
    """Twilio's webhooks, signed for `url` with the account's token."""

    http: httpx.AsyncClient
    url: str
    account_sid: str
    auth_token: str

    async def hand_in(self, letter: Letter) -> str | None:
        form = {
            "MessageSid": f"SM{hashlib.md5(letter.marker.encode()).hexdigest()}",  # noqa: S324
            "AccountSid": self.account_sid,
            "From": phone(letter.thread),
            "To": "+15005550006",
            "Body": letter.marker,
        }
        signature = RequestValidator(self.auth_token).compute_signature(self.url, form)
        headers = {"X-Twilio-Signature": signature}
        accepted(await self.http.post(self.url, data=form, headers=headers))
        return None


@dataclass(frozen=True)
class MailTransfer:
    """A mail server that hands in at `port`, for the mailbox `recipient`."""

    port: int
    recipient: str

    async def hand_in(self, letter: Letter) -> str | None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False)
        try:
            await client.connect()
            _, reply = await client.send_message(mail_of(letter, self.recipient))
        except aiosmtplib.SMTPResponseException as error:
            if error.code < 500:
                raise ComeAgain from error
            raise
        finally:
            client.close()
        return reply.rpartition("Stored as ")[2]

    async def knows_its_recipient(self) -> bool:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False)
        try:
            await client.connect()
            await client.ehlo()
            await client.mail("ann@customer.test")
            await client.rcpt(self.recipient)
        except aiosmtplib.SMTPRecipientRefused:
            return False
        finally:
            client.close()
        return True


def mail_of(letter: Letter, recipient: str) -> EmailMessage:
    """Every mail of a thread names those before it; some have an attachment."""
    mail = EmailMessage()
    mail["From"] = mail_address(letter.thread)
    mail["To"] = recipient
    mail["Subject"] = f"About {letter.thread}"
    mail["Date"] = "Mon, 05 Jan 2026 10:00:00 +0000"
    mail["Message-ID"] = identifier(letter.marker)
    if letter.earlier:
        mail["In-Reply-To"] = identifier(letter.earlier[-1])
        mail["References"] = " ".join(map(identifier, letter.earlier))
    mail.set_content(letter.marker)
    if int(letter.marker.rpartition("-")[2]) % LARGE_EVERY == 0:
        content = letter.marker.encode().ljust(LARGE, b".")
        mail.add_attachment(content, "application", "octet-stream", filename="enclosed")
    return mail


def mail_address(thread: str) -> str:
    return f"{thread}@customer.test"


def phone(thread: str) -> str:
    digits = "".join(filter(str.isdigit, thread))
    return f"+1415555{digits:0>4}"


def identifier(marker: str) -> str:
    return f"<{marker}@customer.test>"
