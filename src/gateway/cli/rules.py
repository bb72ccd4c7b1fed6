"""`rules`: rule sets as files, their test cases, and what is in force."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import references, rule_sets
from gateway.cli.errors import explained
from gateway.cli.keys import WorkspaceName, workspace_id_of
from gateway.configuration import grow
from gateway.database.opening import opened
from gateway.problems import Problem
from gateway.rulebook import drafts, editing, portable, versions
from gateway.rulebook.cases import read_cases, run_cases, told
from gateway.rulebook.versions import Author
from gateway.settings import Settings
from gateway.wakeups import PG_CHANNEL, Topic
from routing.problems import InvalidRule, problems_below

app = typer.Typer(help="Routing rules: as files, tested, published, rolled back.")

Comment = Annotated[str | None, typer.Option(help="What the change is about")]
FILE = "A YAML file as `export` writes it; - is standard input"
BY = "command line"


@app.command("export")
def export(
    draft: Annotated[bool, typer.Option("--draft", help="The draft, not what is in force")] = False,
    version: Annotated[int | None, typer.Option(help="A version, by its number")] = None,
    workspace: WorkspaceName = "default",
) -> None:
    """Write rules and test cases as YAML to standard output."""

    async def run(session: AsyncSession, workspace_id: int) -> None:
        rules, cases = await _contents(session, workspace_id, draft=draft, version=version)
        there = await references.present(session, workspace_id)
        typer.echo(portable.written(rules, cases, there.names), nl=False)

    _in_transaction(run, workspace)


@app.command("import")
def import_(
    file: Annotated[typer.FileText, typer.Argument(help=FILE)],
    publish: Annotated[bool, typer.Option("--publish", help="Put it in force at once")] = False,
    comment: Comment = None,
    workspace: WorkspaceName = "default",
) -> None:
    """Make a file the draft. Nothing comes into force without --publish."""

    async def run(session: AsyncSession, workspace_id: int) -> None:
        await drafts.lock(session, workspace_id)
        rules, cases = await _read(session, workspace_id, file.read())
        await drafts.discard(session, workspace_id)
        await session.flush()
        await drafts.change(session, workspace_id, BY, rules=rules, cases=cases)
        typer.echo(f"the draft has {len(rules)} rules and {len(cases)} cases")
        if publish:
            await _publish(session, workspace_id, comment)

    _in_transaction(run, workspace)


@app.command("test")
def run_tests(
    file: Annotated[
        typer.FileText | None, typer.Argument(help=f"{FILE}; without it, the draft")
    ] = None,
    workspace: WorkspaceName = "default",
) -> None:
    """Run the test cases; exit 1 if one comes out otherwise. Nothing is stored."""

    async def run(session: AsyncSession, workspace_id: int) -> None:
        if file is None:
            draft = await drafts.read(session, workspace_id)
            rules, cases = draft.rules, draft.cases
        else:
            rules, cases = await _read(session, workspace_id, file.read())
        compiled = await versions.check(session, workspace_id, rules)
        there = await references.present(session, workspace_id)
        results = run_cases(compiled, cases)
        for result in results:
            for each in result.differences:
                typer.echo(told(result.name, each, there.names), err=True)
                typer.echo("".join(f"  {line}\n" for line in result.because), err=True, nl=False)
        failed = sum(1 for result in results if result.differences)
        typer.echo(f"{len(results) - failed} of {len(results)} cases pass")
        if failed:
            raise typer.Exit(1)

    _in_transaction(run, workspace)


@app.command("publish")
def publish(comment: Comment = None, workspace: WorkspaceName = "default") -> None:
    """Put the draft in force, unless one of its test cases fails."""

    async def run(session: AsyncSession, workspace_id: int) -> None:
        await drafts.lock(session, workspace_id)
        await _publish(session, workspace_id, comment)

    _in_transaction(run, workspace)


@app.command("rollback")
def rollback(
    version: Annotated[
        int | None, typer.Argument(help="Where to; without it, the version before this one")
    ] = None,
    comment: Comment = None,
    workspace: WorkspaceName = "default",
) -> None:
    """Put an earlier version back in force."""

    async def run(session: AsyncSession, workspace_id: int) -> None:
        await drafts.lock(session, workspace_id)
        author = Author(BY, comment)
        move = await versions.roll_back(session, workspace_id, version, author)
        await _announce(session, workspace_id)
        typer.echo(f"version {move.version} is in force again, in place of {move.former}")

    _in_transaction(run, workspace)


async def _contents(
    session: AsyncSession, workspace_id: int, *, draft: bool, version: int | None
) -> tuple[list[rule_sets.RuleDocument], list[rule_sets.CaseDocument]]:
    if draft:
        drafted = await drafts.read(session, workspace_id)
        return drafted.rules, drafted.cases
    if version is None:
        current = await rule_sets.published(session, workspace_id)
        return current.rules, current.cases
    stored = await versions.read(session, workspace_id, version)
    if stored is None:
        raise Problem(404, "Not Found", f"there is no version {version} of the rules")
    return stored.rules, stored.cases


async def _read(
    session: AsyncSession, workspace_id: int, file: str
) -> tuple[list[rule_sets.RuleDocument], list[rule_sets.CaseDocument]]:
    there = await references.present(session, workspace_id)
    contents = portable.read(file, there.names)
    with problems_below("/rules"):
        rules = editing.whole(contents.rules, there.names)
    with problems_below("/cases"):
        return rules, read_cases(contents.cases, there.names)


async def _publish(session: AsyncSession, workspace_id: int, comment: str | None) -> None:
    draft = await drafts.read(session, workspace_id)
    drafts.require_changed(draft)
    current = await rule_sets.published(session, workspace_id)
    drafts.require_current(draft, current.version, None)
    author = Author(BY, comment)
    made = await versions.make(session, workspace_id, draft.rules, draft.cases, author)
    await versions.publish(session, made, author)
    await drafts.discard(session, workspace_id)
    await _announce(session, workspace_id)
    typer.echo(f"version {made.version} is in force")


async def _announce(session: AsyncSession, workspace_id: int) -> None:
    await grow(session, workspace_id)
    values = {"channel": PG_CHANNEL, "topic": str(Topic.CONFIGURATION)}
    await session.execute(text("SELECT pg_notify(:channel, :topic)"), values)


def _in_transaction(act: Callable[[AsyncSession, int], Awaitable[None]], workspace: str) -> None:
    async def run() -> None:
        async with (
            opened(Settings(), "sportello-rules") as database,
            database.database.transaction() as session,
        ):
            await act(session, await workspace_id_of(session, workspace))

    with explained():
        try:
            uvloop.run(run())
        except InvalidRule as error:
            for each in error.problems:
                typer.echo(f"{each.pointer or '/'}: {each.message}", err=True)
            raise typer.Exit(1) from None
        except (Problem, portable.InvalidFile) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
