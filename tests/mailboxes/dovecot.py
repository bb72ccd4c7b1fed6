"""Debian's dovecot, with a configuration, mail folders and a port of its own."""

import imaplib
import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from imapclient.imap_utf7 import encode
from tests.certificates import make_certificate

PASSWORD = 'open-"sesame"-please'
PATIENCE_S = 30

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
auth_failure_delay = 0
disable_plaintext_auth = no
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
first_valid_uid = 1
shutdown_clients = yes
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quoted(folder: str) -> str:
    """A folder's name as commands have it (RFC 3501 section 5.1.3)."""
    name = encode(folder).decode().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}"'


@dataclass
class Dovecot:
    """A server that knows every user, by one password. Whoever started it must end it."""

    program: str
    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Run in the foreground, as root with a user apart for the mail, else as who we are."""
        self.folder.joinpath("mail").mkdir(parents=True, exist_ok=True)
        make_certificate(self.folder)
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(**self._values()))
        command = [self.program, "-F", "-c", str(configuration)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._until_it_listens()

    def _values(self) -> dict[str, object]:
        is_root = os.geteuid() == 0
        me = pwd.getpwnam("mail") if is_root else pwd.getpwuid(os.geteuid())
        if is_root:
            os.chown(self.folder / "mail", me.pw_uid, me.pw_gid)
        return {
            "folder": self.folder,
            "port": self.port,
            "tls_port": self.tls_port,
            "password": PASSWORD,
            "user": me.pw_uid,
            "group": me.pw_gid,
            "login_user": "dovenull" if is_root else me.pw_name,
            "internal_user": "dovecot" if is_root else me.pw_name,
            "internal_group": "dovecot" if is_root else str(me.pw_gid),
        }

    def _until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                    if probe.recv(10):
                        return
            except OSError:
                assert self._process is not None
                assert self._process.poll() is None, self.log()
            time.sleep(0.02)
        raise AssertionError(f"dovecot does not listen: {self.log()}")

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def number_anew(self, user: str) -> None:
        """Forget the UIDs of INBOX: the server then makes new ones, under another validity."""
        home = self.folder / "mail" / user
        for path in [*home.glob("dovecot-uid*"), *home.glob("dovecot.index*")]:
            path.unlink()

    @contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            client.logout()

    def add(
        self, user: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        """Put mail into a folder, which is made if need be; unread, as it would arrive."""
        with self.client(user) as client:
            name = quoted(folder)
            client.create(name)
            for mail in mails:
                when = imaplib.Time2Internaldate(at) if at else ""
                answer, told = client.append(name, "", when, mail)
                assert answer == "OK", told

    def flags(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The flags of each mail, in order; an empty list for an empty folder."""
        with self.client(user) as client:
            _, [number] = client.select(quoted(folder), readonly=True)
            answers = client.fetch("1:*", "(FLAGS)")[1] if number != b"0" else []
        found = [each for each in answers if isinstance(each, bytes)]
        return [b" ".join(imaplib.ParseFlags(each)) for each in found]
