"""Records: values that are made once and only read from then on."""

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound=type[Any])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """Make a dataclass with slots and a hash, which the type checker keeps frozen.

    Python's own `frozen` is enforced anew at every field of every instance, and triples the cost
    of making one: a message goes through a dozen.
    """
    return cast("Class", dataclass(slots=True, unsafe_hash=True)(cls))
