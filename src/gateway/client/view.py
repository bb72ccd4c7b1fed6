"""The state of one subscription, without any I/O: frames in, changes out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]
Item = dict[str, Any]


class Gap(Exception):  # noqa: N818 - says what is the case
    """The chain of `prev` is broken: something was not received."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a conversation.

    `item` is what is held of it since; None where it is gone, or was never in the view. `type` is
    `reset` where everything held was exchanged for another snapshot: then `event` is None.
    """

    type: str
    entity: str | None
    item: Item | None
    event: Frame | None


class View:
    """What a subscription has told so far. `items` are the view's conversations, by id."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.epoch: str | None = None
        self.pos = 0
        self.is_whole = False
        self.resets: list[str] = []
        self._arriving: dict[str, Item] = {}

    @property
    def cursor(self) -> str | None:
        """Where to go on from; None where only a snapshot helps."""
        return f"{self.epoch}.{self.pos}" if self.is_whole else None

    def apply(self, frame: Frame) -> Iterator[Change]:
        """Take a frame of this subscription. Raises `Gap`; nothing after the gap is applied."""
        match frame["t"]:
            case "reset":
                self.resets.append(frame["reason"])
                self.epoch = frame["cursor"].rpartition(".")[0]
                self.is_whole = False
            case "snap":
                yield from self._snap(frame)
            case "mark":
                self._follow(frame)
            case "ev":
                yield from self._event(frame)
            case "evs":
                for event in frame["items"]:
                    yield from self._event(event)

    def _snap(self, frame: Frame) -> Iterator[Change]:
        """The former state stays until the new one is whole."""
        if frame["part"] == 0:
            self._arriving = {}
        self._arriving |= {item["id"]: item for item in frame["items"]}
        if frame["last"]:
            self.items, self._arriving = self._arriving, {}
            self.pos = frame["at"]
            self.is_whole = True
            yield Change("reset", None, None, None)

    def _follow(self, step: Frame) -> bool:
        """Go on to an event or mark; whether it is news."""
        if step["pos"] <= self.pos:
            return False
        if step["prev"] != self.pos:
            raise Gap(f"at {self.pos}, told of {step['pos']} after {step['prev']}")
        self.pos = step["pos"]
        return True

    def _event(self, event: Frame) -> Iterator[Change]:
        if self._follow(event):
            entity = event["entity"]
            self._merge(entity, event)
            yield Change(event["type"], entity, self.items.get(entity), event)

    def _merge(self, entity: str, event: Frame) -> None:
        change = event["data"].get("conversation", {})
        is_gone = event["type"] in ("conversation.erased", "left_view")
        if is_gone or change.get("status") == "closed":
            self.items.pop(entity, None)
            return
        item = self.items.get(entity, {"id": entity, "ver": 0})
        if event["ver"] > item["ver"] and (entity in self.items or change):
            self.items[entity] = item | change | {"ver": event["ver"]}
