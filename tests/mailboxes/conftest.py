"""A real IMAP server, and a gateway that polls a mailbox on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mailboxes.dovecot import Dovecot
from tests.programs import program


@pytest.fixture(scope="session")
def dovecot(open_folder: Path) -> Iterator[Dovecot]:
    """One for all tests: each has a user of its own."""
    server = Dovecot(program("dovecot", "dovecot-imapd"), open_folder / "dovecot")
    server.start()
    yield server
    server.stop()
