"""Debian's postfix as a relay: with a configuration, a queue and a port of its own."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.mailboxes.dovecot import free_port

PATIENCE_S = 30
LARGEST = 200_000

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = check_recipient_access inline:{{ gone@customer.test=REJECT }},
  permit_mynetworks, reject
relayhost = [127.0.0.1]:{next_port}
smtp_dns_support_level = disabled
alias_maps =
alias_database =
local_recipient_maps =
message_size_limit = {largest}
smtpd_timeout = {timeout_s}s
smtpd_client_connection_count_limit = 0
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A relay that hands everything on to `next_port`. Needs root, as postfix itself does."""

    program: str
    folder: Path
    next_port: int
    timeout_s: int = 300
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        etc, queue, data = (self.folder / name for name in ("etc", "queue", "data"))
        for each in (etc, queue, data):
            each.mkdir(parents=True)
        shutil.chown(data, "postfix")
        values = {**vars(self), "largest": LARGEST}
        (etc / "main.cf").write_text(MAIN.format(**values))
        (etc / "master.cf").write_text(MASTER.format(**values))
        self._process = subprocess.Popen(
            [self.program, "-c", str(etc), "start-fg"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._until_it_listens()

    def _until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                    if probe.recv(10).startswith(b"220"):
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"postfix does not listen: {self.log()}")

    def stop(self) -> None:
        """End master and all that it has started: they share its session."""
        assert self._process is not None
        stop = [self.program, "-c", str(self.folder / "etc"), "stop"]
        subprocess.run(stop, check=False, capture_output=True, timeout=PATIENCE_S)
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._end_session()

    def _end_session(self) -> None:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, 9)
        except ProcessLookupError:
            return

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""
