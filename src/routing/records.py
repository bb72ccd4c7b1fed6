"""Records: values that are made once and only read from then on."""

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound=type[Any])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """Make a dataclass with slots, which the type checker keeps frozen.

    A pass of the matcher reads thousands: Python's own `frozen` would triple the cost of each.
    """
    return cast("Class", dataclass(slots=True)(cls))
