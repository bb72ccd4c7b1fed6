"""The dialogue with an IMAP server (RFC 3501, RFC 9051): blocking, for a thread of its own.

Mail is named by UIDs (RFC 3501 section 2.3.1.1) and read by `BODY.PEEK`, so that nobody's flags
change: neither what a person has read nor what another client has done to it matters here.
"""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from channels.email.imap_server import ImapServer
from channels.errors import Failure, FetchFailed
from channels.text import one_line

CONNECT_TIMEOUT_S = 15.0
ANSWER_TIMEOUT_S = 60.0
"""How long the server may be silent."""

HEAD_BYTES = 64 * 1024
DETAIL_LENGTH = 200

logging.getLogger("imapclient").setLevel(logging.ERROR)  # at `debug` it logs what mails say


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """UIDs hold while `uid_validity` stays the same; those of new mail begin at `uid_next`."""

    uid_validity: int
    uid_next: int


@dataclass(frozen=True, slots=True)
class MailStatus:
    """A mail's bytes as the server counts them, and when the server got it."""

    size: int
    arrived_at: datetime


class ImapMailbox:
    """A connection that is logged in. Every method raises FetchFailed and nothing else.

    UNREACHABLE means that the connection is of no more use.
    """

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        with self._failing(Failure.UNAVAILABLE):
            self._client = self._connected()
            try:
                self._begin()
            except BaseException:
                self.abort()
                raise

    def _connected(self) -> Any:
        server = self._server
        client = IMAPClient(
            server.host,
            server.port,
            ssl=server.tls == "tls",
            ssl_context=ssl.create_default_context(),
            timeout=SocketTimeout(CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S),
        )
        client._imap.debug = 0  # noqa: SLF001 - else each mail is formatted for a log nobody keeps
        client.normalise_times = False
        return client

    def _begin(self) -> None:
        """LOGIN takes ASCII alone; AUTHENTICATE PLAIN (RFC 4616) is UTF-8."""
        if self._server.tls == "starttls":
            self._client.starttls(ssl.create_default_context())
        user, password = self._server.username, self._server.password
        is_ascii = (user + password).isascii()
        (self._client.login if is_ascii else self._client.plain_login)(user, password)

    def select(self, folder: str) -> FolderStatus:
        """Open a folder, read-only where mail is kept as it is."""
        with self._failing(Failure.MISCONFIGURED, f"folder {folder!r}"):
            is_readonly = self._server.fetched == "keep"
            told = self._client.select_folder(folder, readonly=is_readonly)
        if not {b"UIDVALIDITY", b"UIDNEXT"} <= told.keys():
            raise FetchFailed(Failure.UNAVAILABLE, f"folder {folder!r}: no lasting UIDs there")
        return FolderStatus(told[b"UIDVALIDITY"], told[b"UIDNEXT"])

    def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        """UIDs above `uid`, ascending; with `since`, of mail that arrived on that day or later."""
        criteria = ["UID", f"{uid + 1}:*", *(["SINCE", since] if since else [])]
        with self._failing(Failure.UNAVAILABLE):
            found = self._client.search(criteria)
        return sorted(each for each in found if each > uid)  # `*` is always among them

    def status(self, uid: int) -> MailStatus | None:
        """None where the mail is gone."""
        told = self._fetch(uid, "RFC822.SIZE", "INTERNALDATE")
        if told is None:
            return None
        return MailStatus(int(told[b"RFC822.SIZE"]), told[b"INTERNALDATE"])

    def read(self, uid: int, max_bytes: int) -> bytes | None:
        """The whole mail, no more than one byte beyond `max_bytes`; None where it is gone."""
        return self._body(uid, f"BODY.PEEK[]<0.{max_bytes + 1}>", b"BODY[]<0>")

    def head(self, uid: int) -> bytes | None:
        """The header fields of a mail that is too large to be read."""
        return self._body(uid, f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>", b"BODY[HEADER]<0>")

    def _body(self, uid: int, wanted: str, name: bytes) -> bytes | None:
        told = self._fetch(uid, wanted)
        return None if told is None else bytes(told[name] or b"")

    def _fetch(self, uid: int, *items: str) -> dict[bytes, Any] | None:
        with self._failing(Failure.UNAVAILABLE, f"mail {uid}"):
            found: dict[int, dict[bytes, Any]] = self._client.fetch([uid], items)
        return found.get(uid)

    def put_away(self, uid: int) -> None:
        """Do with a mail that is stored what the settings say: move it, delete it, or nothing."""
        if self._server.fetched == "move":
            self._need("MOVE")
            with self._failing(Failure.MISCONFIGURED, f"folder {self._server.move_to!r}"):
                self._client.move([uid], self._server.move_to)
        if self._server.fetched == "delete":
            self._need("UIDPLUS")
            with self._failing(Failure.UNAVAILABLE, f"mail {uid}"):
                self._client.delete_messages([uid], silent=True)
                self._client.uid_expunge([uid])

    def _need(self, capability: str) -> None:
        """Without it, mail that others have marked as deleted would go as well."""
        with self._failing(Failure.UNAVAILABLE):
            has_it = self._client.has_capability(capability)
        if not has_it:
            what = f"the server lacks {capability}: imap_fetched can only be keep"
            raise FetchFailed(Failure.MISCONFIGURED, what)

    def log_out(self) -> None:
        with suppress(FetchFailed), self._failing(Failure.UNAVAILABLE):
            self._client.logout()

    def abort(self) -> None:
        """End the connection from any thread; whatever waits for the server then fails."""
        with suppress(Exception):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        with suppress(Exception):
            self._client.shutdown()

    @contextmanager
    def _failing(self, refusal: Failure, about: str = "") -> Iterator[None]:
        """Name what goes wrong; `refusal` is what it means if the server says NO or BAD."""
        try:
            yield
        except FetchFailed:
            raise
        except LoginError as error:
            raise self._failed(Failure.UNAUTHORISED, "login", error) from None
        except (IMAPClientAbortError, OSError) as error:
            raise self._failed(Failure.UNREACHABLE, about, error) from None
        except IMAPClientError as error:
            raise self._failed(refusal, about, error) from None
        except Exception as error:  # noqa: BLE001 - nonsense, or a socket that `abort` has closed
            raise self._failed(Failure.UNREACHABLE, about, error) from None

    def _failed(self, failure: Failure, about: str, error: Exception) -> FetchFailed:
        """The server's words, without the password should it have echoed that."""
        words = str(error).replace(self._server.password, "***") or type(error).__name__
        return FetchFailed(
            failure, one_line(": ".join(filter(None, [about, words])), DETAIL_LENGTH)
        )
