"""Events to a crowd of sockets, against a bare ASGI broadcaster on the same server, in turn.

One event at a time: the next is committed when a socket has heard the one before, so that nothing
can be put together. Then many at once, which is where frames are shared. Then what a socket costs
that only waits, and how long a customer's message takes to an agent's socket while the doors are
half as busy as they can be. `--sockets 5000` for a larger crowd.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from uuid import uuid4

import asyncpg
import httpx
import orjson
import psutil
import uvloop
from benchmarks.crowd import EVENTS as EVENTS_MARKER
from benchmarks.crowd import Crowd
from benchmarks.ingest import Setting, free_port, load, prepared, server
from benchmarks.results import Figure, compared, publish
from websockets.asyncio.client import connect

from gateway.access.tokens import Role, issue
from gateway.database.connections import Database
from gateway.feed.log import EventType, Happening, append
from gateway.ids import new_id

RUNS = 5
EVENTS = 60
BURST = 500
PROBES = 60
TEXT = "x" * 200


async def make_key(dsn: str) -> str:
    database = Database(dsn)
    async with database.transaction() as session:
        new = await issue(session, 1, name="benchmark", role=Role.ADMIN)
    await database.close()
    return new.secret


def happening() -> Happening:
    queue = new_id()
    return Happening(
        workspace_id=1,
        type=EventType.NOTED,
        conversation_id=new_id(),
        version=1,
        queue_before=queue,
        queue_after=queue,
        assignee_before=None,
        assignee_after=None,
        data={"message": {"id": new_id(), "filler": TEXT}},
    )


class Ours:
    """A crowd on `sportello serve`; what it is told is committed, and hinted at."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def open(self, port: int, key: str, sockets: int) -> Crowd:
        self._connection = await asyncpg.connect(self._dsn)
        hello = {"t": "hello", "token": key, "v": 1, "client": "benchmark"}
        sub = {"t": "sub", "id": "all", "snapshot": True}
        crowd = Crowd(sockets)
        await crowd.open(port, "/feed", [orjson.dumps(hello), orjson.dumps(sub)], b'{"t":"snap')
        await crowd.until(sockets)
        crowd.listen_for(EVENTS_MARKER)
        return crowd

    async def say(self, number: int = 1) -> None:
        await append(self._connection.fetch, [happening() for _ in range(number)])
        await self._connection.execute("SELECT pg_notify('sportello', 'feed')")


class Bare:
    """A crowd on the broadcaster."""

    async def open(self, port: int, sockets: int) -> Crowd:
        crowd = Crowd(sockets)
        await crowd.open(port, "/", [], b"{")
        self._mouth = await connect(f"ws://127.0.0.1:{port}/say", compression=None, proxy=None)
        return crowd

    async def say(self, number: int = 1) -> None:
        for _ in range(number):
            event = {"t": "ev", "sub": "all", "prev": 1, "pos": 2, "type": "message.noted"}
            event |= {"entity": str(uuid4()), "ver": 1, "at": "2026-01-01T00:00:00.000000+00:00"}
            event["data"] = {"message": {"id": str(uuid4()), "filler": TEXT}}
            await self._mouth.send(orjson.dumps(event).decode())


async def one_at_a_time(speaker: Ours | Bare, crowd: Crowd) -> float:
    """Deliveries per second."""
    wanted = crowd.heard
    began = time.perf_counter()
    for _ in range(EVENTS):
        wanted += len(crowd.listeners)
        crowd.first.clear()
        await speaker.say()
        await crowd.first.wait()
    await crowd.until(wanted)
    return EVENTS * len(crowd.listeners) / (time.perf_counter() - began)


async def at_once(speaker: Ours | Bare, crowd: Crowd) -> float:
    """Events times sockets per second, of many events that are there at the same time."""
    wanted = crowd.events + BURST * len(crowd.listeners)
    began = time.perf_counter()
    await speaker.say(BURST)
    await crowd.until(0, wanted)
    return BURST * len(crowd.listeners) / (time.perf_counter() - began)


async def fan_out(setting: Setting, port: int, bare_port: int, sockets: int) -> list[Figure]:
    ours, bare = Ours(setting.dsn), Bare()
    our_crowd = await ours.open(port, await make_key(setting.dsn), sockets)
    bare_crowd = await bare.open(bare_port, sockets)
    singles, limits, bursts, burst_limits = ([] for _ in range(4))
    for speaker, crowd in ((bare, bare_crowd), (ours, our_crowd)):
        await one_at_a_time(speaker, crowd)
    for _ in range(RUNS):
        limits.append(await one_at_a_time(bare, bare_crowd))
        singles.append(await one_at_a_time(ours, our_crowd))
        burst_limits.append(await at_once(bare, bare_crowd))
        bursts.append(await at_once(ours, our_crowd))
    our_crowd.close()
    bare_crowd.close()
    return [
        compared(f"single events to {sockets} sockets", "1/s", singles, limits, target=0.85),
        compared(f"{BURST} events at once to {sockets} sockets", "1/s", bursts, burst_limits),
    ]


async def memory(process: psutil.Process, port: int, key: str, dsn: str, sockets: int) -> float:
    """KB of resident memory per socket that has subscribed and waits."""
    before = process.memory_info().rss
    crowd = await Ours(dsn).open(port, key, sockets)
    await asyncio.sleep(1)
    after = process.memory_info().rss
    crowd.close()
    return (after - before) / sockets / 1024


async def latencies(port: int, setting: Setting, key: str, rate: float) -> list[float]:
    """Seconds from posting a form to the socket's event, while others post at `rate`."""
    sent: dict[str, float] = {}
    waits: list[float] = []
    options = {"number": int(rate * 8), "rate": rate}
    loading = threading.Thread(target=load, args=(port, setting.form_key), kwargs=options)
    async with (
        connect(f"ws://127.0.0.1:{port}/feed", compression=None, proxy=None) as socket,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        await socket.send(json.dumps({"t": "hello", "token": key, "v": 1, "client": "probe"}))
        welcome = json.loads(await socket.recv())
        cursor = f"{welcome['epoch']}.{welcome['head']}"
        await socket.send(json.dumps({"t": "sub", "id": "all", "cursor": cursor}))

        async def listen() -> None:
            frames = 0
            while len(waits) < PROBES:
                frame = json.loads(await socket.recv())
                arrived = time.perf_counter()
                events = frame.get("items", [frame]) if frame["t"] in ("ev", "evs") else []
                for event in events:
                    identity = event["data"].get("conversation", {}).get("identity")
                    if identity and identity["address"] in sent:
                        waits.append(arrived - sent.pop(identity["address"]))
                frames += bool(events)
                if events and frames % 32 == 0:
                    ack = {"t": "ack", "sub": "all", "pos": events[-1]["pos"]}
                    await socket.send(json.dumps(ack))

        listening = asyncio.create_task(listen())
        loading.start()
        await asyncio.sleep(1)
        for _ in range(PROBES):
            address = f"probe-{uuid4().hex}@example.com"
            sent[address] = time.perf_counter()
            body = {"email": address, "message": "Where is my parcel?"}
            (await http.post(f"/in/forms/{setting.form_key}", json=body)).raise_for_status()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(30):
            await listening
    await asyncio.to_thread(loading.join)
    return waits


def measure(setting: Setting, sockets: int) -> list[Figure]:
    port, bare_port = free_port(), free_port()
    environment = {
        "DATABASE_URL": setting.dsn,
        "SPORTELLO_SECRET_KEY": setting.secret_key,
        "SPORTELLO_PORT": str(port),
        "SPORTELLO_SMTP_ENABLED": "false",
        "SPORTELLO_LOG_LEVEL": "warning",
    }
    serve = (str(Path(sys.executable).with_name("sportello")), "serve")
    bare = (sys.executable, "-m", "benchmarks.bare_broadcaster", str(bare_port))
    key = uvloop.run(make_key(setting.dsn))
    with server(*serve, port=port, path="/health/ready", **environment) as gateway:
        size = uvloop.run(memory(gateway, port, key, setting.dsn, sockets))
    with (
        server(*serve, port=port, path="/health/ready", **environment) as gateway,
        subprocess.Popen(bare) as broadcaster,
    ):
        time.sleep(1)
        figures = uvloop.run(fan_out(setting, port, bare_port, sockets))
        broadcaster.terminate()
        full = load(port, setting.form_key)["rate"]
        waits = uvloop.run(latencies(port, setting, key, full / 2))
    return [
        *figures,
        compared("idle socket", "KB", [size], target=30, better="less"),
        compared("form posted to socket at half load, p50", "s", [median(waits)]),
        compared("the same, p99", "s", [sorted(waits)[int(len(waits) * 0.99)]]),
    ]


async def main(folder: Path, sockets: int) -> None:
    async with prepared(folder / "postgresql") as setting:
        publish("fanout", await asyncio.to_thread(measure, setting, sockets))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1_000)
    chosen = parser.parse_args()
    files = 2 * chosen.sockets + 500
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
    with tempfile.TemporaryDirectory(prefix="sportello-benchmark-") as name:
        Path(name).chmod(0o755)  # the server's unprivileged user must get in
        asyncio.run(main(Path(name), chosen.sockets))
