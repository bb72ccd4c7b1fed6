"""The parts without a socket: the ring, the frames of a subscription, heartbeats."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.feed.client_frames import Filter
from gateway.feed.heartbeat import Heartbeat
from gateway.feed.log import EventType
from gateway.feed.logged import LoggedEvent
from gateway.feed.ring import Ring
from gateway.feed.strand import FRAME_BYTES, Strand
from gateway.feed.view import View


def event(pos: int, size: int = 0, event_type: EventType = EventType.NOTED) -> LoggedEvent:
    members = orjson.dumps({"pos": pos, "x": "x" * size})[1:]
    return LoggedEvent(pos, event_type, UUID(int=pos), None, None, None, None, members, None, None)


@given(
    start=st.integers(0, 100),
    batches=st.lists(st.integers(1, 30), max_size=20),
    max_events=st.integers(1, 40),
    max_bytes=st.integers(20, 2_000),
)
def test_a_ring_holds_the_newest_within_its_bounds(
    start: int, batches: list[int], max_events: int, max_bytes: int
) -> None:
    ring = Ring(start, max_events=max_events, max_bytes=max_bytes)
    end = start
    for count in batches:
        ring.extend([event(pos) for pos in range(end + 1, end + 1 + count)])
        end += count
        assert ring.end == end
        assert len(ring) == end - ring.start <= max_events
        assert 0 <= ring.size <= max_bytes
        for pos in range(ring.start, end + 2):
            after = [each.pos for each in ring.after(pos, 7)]
            assert after == list(range(pos + 1, end + 1))[:7]


@given(
    shown=st.lists(st.booleans(), min_size=1, max_size=40),
    cuts=st.sets(st.integers(0, 40)),
    name=st.text(min_size=1),
)
def test_frames_chain_what_is_shown(shown: list[bool], cuts: set[int], name: str) -> None:
    view = View.of(Filter(types=frozenset({EventType.NOTED})), None)
    strand = Strand(orjson.dumps(name), view)
    types = {True: EventType.NOTED, False: EventType.SOLVED}
    events = [event(8 + n, event_type=types[is_shown]) for n, is_shown in enumerate(shown)]
    seen: list[dict[str, Any]] = []
    prev = 7
    edges = sorted({0, *(cut for cut in cuts if cut < len(events)), len(events)})
    for begin, end in pairwise(edges):
        parcel = strand.compose(events[begin:end], prev)
        assert parcel.pos == events[end - 1].pos
        if parcel.text:
            frame = orjson.loads(parcel.text)
            assert frame["sub"] == name
            seen += frame.get("items", [frame])
            prev = seen[-1]["pos"]
        assert parcel.prev == prev
    assert [each["pos"] for each in seen] == [
        each.pos for each in events if each.type == "message.noted"
    ]
    assert [each["prev"] for each in seen] == [7, *(each["pos"] for each in seen)][: len(seen)]


def test_a_frame_has_a_bound() -> None:
    strand = Strand(b'"a"', View.of(Filter(), None))
    events = [event(pos, size=100_000) for pos in range(1, 8)]
    pos = 0
    while pos < 7:
        parcel = strand.compose(events[pos:], pos)
        assert 0 < len(parcel.text) < FRAME_BYTES + 110_000
        pos = parcel.pos


def test_two_unanswered_pings_are_one_too_many() -> None:
    heartbeat = Heartbeat()
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [1, False]
    heartbeat.answered()
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [2, False]
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [3, True]
    heartbeat.answered()
    assert [heartbeat.is_lost, heartbeat.next_ping()] == [False, 4]
