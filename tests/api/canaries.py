"""Words and ids of a workspace that nobody else may ever be shown."""

from sqlalchemy import ARRAY, CheckConstraint, Column, String, Table
from tests.api.team import Team

from gateway.database.schema import Base

WORD = "canary-of-another-workspace"


async def planted(team: Team) -> list[str]:
    """The word, now in every free text of every table, and the ids of all rows that have one.

    The workspace is fit for nothing but being looked for afterwards.
    """
    ids: list[str] = []
    for table in Base.metadata.sorted_tables:
        if "workspace_id" in table.c:
            await _plant(team, table)
            ids += await _ids(team, table)
    return [WORD, *ids]


async def _plant(team: Team, table: Table) -> None:
    values = [f"{column.name} = {_value(column)}" for column in table.c if _is_free(column)]
    if values:
        statement = f"UPDATE {table.name} SET {', '.join(values)} WHERE workspace_id = $1"  # noqa: S608
        await team.sql(statement, team.workspace_id)


def _is_free(column: Column[object]) -> bool:
    """Whether the database takes any text there."""
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    checks = [each for each in column.table.constraints if isinstance(each, CheckConstraint)]
    is_bound = any(column.name in str(each.sqltext) for each in checks)
    return isinstance(kind, String) and not is_bound and column.computed is None


def _value(column: Column[object]) -> str:
    word = f"'{WORD}-' || gen_random_uuid()"
    return f"ARRAY[{word}]" if isinstance(column.type, ARRAY) else word


async def _ids(team: Team, table: Table) -> list[str]:
    if "id" not in table.c:
        return []
    statement = f"SELECT id FROM {table.name} WHERE workspace_id = $1"  # noqa: S608
    return [str(row["id"]) for row in await team.sql(statement, team.workspace_id)]
