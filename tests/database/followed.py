"""References without a foreign key, as the models name them, and what leads nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.database.schema import Base


@dataclass(frozen=True, slots=True)
class Followed:
    """`table.column` leads to `target.id` of the same workspace."""

    table: str
    column: str
    target: str
    cascade: bool

    @property
    def astray(self) -> str:
        """A query for rows that lead nowhere, or to another workspace."""
        return (
            f"SELECT r.workspace_id, r.{self.column} FROM {self.table} r"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {self.target} t"
            f" WHERE (t.workspace_id, t.id) = (r.workspace_id, r.{self.column}))"
        )


def followed() -> Iterator[Followed]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if target := column.info.get("followed"):
                yield Followed(table.name, column.name, target, column.info["cascade"])
