"""`simulate`: a day played through before staffing or rules are changed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from gateway.cli.errors import explained
from gateway.cli.keys import WorkspaceName, workspace_id_of
from gateway.database.opening import opened
from gateway.settings import Settings
from gateway.simulator import scenario_file, tables
from gateway.simulator.day import Day, play
from gateway.simulator.generated_days import generated
from gateway.simulator.past import Past, remember
from gateway.simulator.past_days import replayed
from gateway.simulator.scenario_file import InvalidScenario
from routing.simulation import Report

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Scenarios (docs/simulator.md); several are shown side by side"),
]
FromHistory = Annotated[
    str | None,
    typer.Option("--from-history", help="A day of the past, such as 2026-11-23: who came then"),
]
Draft = Annotated[
    bool, typer.Option("--draft", help="Beside history: the rules of the draft, not those in force")
]
AsJson = Annotated[bool, typer.Option("--json", help="All figures, as JSON")]


def simulate(
    files: Files = None,
    from_history: FromHistory = None,
    draft: Draft = False,
    as_json: AsJson = False,
    workspace: WorkspaceName = "default",
) -> None:
    """Play days through the real rules and the real matcher, by a virtual clock.

    A scenario draws who comes by rates. With --from-history the customers are those of a day, and
    its team as well, but for what scenarios say otherwise; the day as it was comes first.
    """
    with explained():
        try:
            days = _days(files or [], from_history, workspace, draft=draft)
        except InvalidScenario as error:
            for problem in error.problems:
                typer.echo(problem, err=True)
            raise typer.Exit(1) from None
    _show([(day, play(day)) for day in days], as_json=as_json)


def _days(
    files: Sequence[Path], from_history: str | None, workspace: str, *, draft: bool
) -> list[Day]:
    scenarios = [(scenario_file.read(path), path.parent) for path in files]
    if from_history is None and not scenarios:
        raise InvalidScenario("name a scenario, or a day --from-history")
    if from_history is None:
        return [generated(scenario, folder) for scenario, folder in scenarios]
    past = uvloop.run(_remembered(from_history, workspace, draft=draft))
    as_it_was = replayed(past, None, Path())
    return [as_it_was, *(replayed(past, scenario, folder) for scenario, folder in scenarios)]


async def _remembered(day: str, workspace: str, *, draft: bool) -> Past:
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise InvalidScenario(f"{day!r} is no day such as 2026-11-23") from None
    async with (
        opened(Settings(), "sportello-simulate") as database,
        database.database.transaction() as session,
    ):
        workspace_id = await workspace_id_of(session, workspace)
        return await remember(session, workspace_id, wanted, draft=draft)


def _show(played: Sequence[tuple[Day, Report]], *, as_json: bool) -> None:
    if as_json:
        found = [{"name": day.name, "notes": day.notes, **asdict(report)} for day, report in played]
        typer.echo(json.dumps(found, indent=2))
        return
    console = Console()
    if len(played) == 1:
        console.print(tables.in_full(*played[0]))
    else:
        console.print(tables.side_by_side(played))
