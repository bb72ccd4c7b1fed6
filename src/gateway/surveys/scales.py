"""The scales that customers answer on."""

from collections.abc import Mapping
from typing import Final, Literal

from channels.records import record

Kind = Literal["csat", "nps", "ces"]


@record
class Scale:
    """Whole numbers from `least` to `most`; those from `good` on are what one hopes for."""

    least: int
    most: int
    good: int

    @property
    def scores(self) -> range:
        return range(self.least, self.most + 1)


SCALES: Final[Mapping[str, Scale]] = {
    "csat": Scale(1, 5, 4),
    "nps": Scale(0, 10, 9),
    "ces": Scale(1, 7, 5),
}
"""Of satisfaction, recommendation (Reichheld, HBR 2003: 9 and 10 promote), ease."""

MOST_DETRACTING: Final = 6
"""Of recommendation: who gives no more speaks against it."""
