"""The gateway as its users start it: `sportello serve` in a process and a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PATIENCE_S = 100
SPORTELLO = Path(sys.executable).with_name("sportello")


@dataclass
class Served:
    """A gateway that serves. `environment` is what every command of this installation needs."""

    process: subprocess.Popen[bytes]
    command: Path
    folder: Path
    url: str
    environment: dict[str, str] = field(repr=False)

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def printed(self, prefix: str) -> str:
        """What follows the first word that begins with `prefix`, that word included."""
        return next(word for word in self.output.split() if word.startswith(prefix))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the same installation to its end."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def stop(self) -> int:
        """Ask it to end, as supervisors do; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def processes(self) -> list[str]:
        """The command lines of all processes that work for this installation."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_text().replace("\0", " ")
                where = str((entry / "cwd").readlink())
            except OSError:
                continue  # it has ended
            if str(self.folder) in command + where:
                found.append(command)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Path = SPORTELLO) -> Iterator[Served]:
    """Serve on free ports with an embedded database, from an empty folder, during the block."""
    folder = Path(tempfile.mkdtemp(prefix="served-")).resolve()
    folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "SPORTELLO_DATA_FOLDER": str(folder / "data"),
        "SPORTELLO_PORT": str(port),
        "SPORTELLO_SMTP_PORT": str(free_port()),
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [command, "serve"],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    gateway = Served(process, command, folder, f"http://127.0.0.1:{port}", environment)
    try:
        _wait_until_ready(gateway)
        yield gateway
    finally:
        if process.poll() is None:
            gateway.stop()
        shutil.rmtree(folder)


def _wait_until_ready(gateway: Served) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and gateway.process.poll() is None:
        try:
            if httpx.get(f"{gateway.url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the gateway did not get ready:\n{gateway.output}")
