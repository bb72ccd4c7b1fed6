"""The parts without a socket: the ring, the frames of a subscription, heartbeats."""

from itertools import pairwise
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.feed.cursor import Cursor
from gateway.feed.frames import Filter
from gateway.feed.heartbeat import Heartbeat
from gateway.feed.log import EventType
from gateway.feed.logged import LoggedEvent
from gateway.feed.ring import Ring
from gateway.feed.subscription import FRAME_CHARACTERS, Subscription
from gateway.feed.view import View


def event(pos: int, size: int = 0, event_type: EventType = EventType.NOTED) -> LoggedEvent:
    text = orjson.dumps({"pos": pos, "x": "x" * size}).decode()[1:]
    return LoggedEvent(pos, event_type, UUID(int=pos), None, None, None, None, text)


@given(
    start=st.integers(0, 100),
    batches=st.lists(st.integers(1, 30), max_size=20),
    max_events=st.integers(1, 40),
    max_characters=st.integers(20, 2_000),
)
def test_a_ring_holds_the_newest_within_its_bounds(
    start: int, batches: list[int], max_events: int, max_characters: int
) -> None:
    ring = Ring(start, max_events=max_events, max_characters=max_characters)
    end = start
    for count in batches:
        ring.extend([event(pos) for pos in range(end + 1, end + 1 + count)])
        end += count
        assert ring.end == end
        assert len(ring) == end - ring.start <= max_events
        assert 0 <= ring.characters <= max_characters
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
    sub = Subscription(name, view, Cursor("e", 7))
    types = {True: EventType.NOTED, False: EventType.SOLVED}
    events = [event(8 + n, event_type=types[is_shown]) for n, is_shown in enumerate(shown)]
    seen = []
    edges = [0, *sorted(cuts), len(events)]
    for begin, end in pairwise(edges):
        if (text := sub.compose(events[begin:end])) is not None:
            frame = orjson.loads(text)
            assert frame["sub"] == name
            seen += frame.get("items", [frame])
    assert sub.pos == events[-1].pos
    assert [each["pos"] for each in seen] == [
        each.pos for each in events if each.type == "message.noted"
    ]
    assert [each["prev"] for each in seen] == [7, *(each["pos"] for each in seen)][: len(seen)]


def test_a_frame_has_a_bound() -> None:
    sub = Subscription("a", View.of(Filter(), None), Cursor("e", 0))
    events = [event(pos, size=100_000) for pos in range(1, 8)]
    while sub.pos < 7:
        text = sub.compose(events[sub.pos :])
        assert text is not None
        assert len(text) < FRAME_CHARACTERS + 110_000


def test_two_unanswered_pings_are_one_too_many() -> None:
    heartbeat = Heartbeat()
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [1, False]
    heartbeat.answered()
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [2, False]
    assert [heartbeat.next_ping(), heartbeat.is_lost] == [3, True]
    heartbeat.answered()
    assert [heartbeat.is_lost, heartbeat.next_ping()] == [False, 4]
