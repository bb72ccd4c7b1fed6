"""The command line: `sportello ...`."""

import typer

from gateway.cli import (
    checking,
    clocks,
    figures,
    keys,
    rules,
    running,
    simulating,
    staffing,
    workspaces,
)
from gateway.demo.command import demo

app = typer.Typer(
    name="sportello",
    help="Async omnichannel messaging gateway.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(running.serve)
app.command("worker")(running.worker)
app.command("migrate")(running.migrate)
app.command("check")(checking.check)
app.command("clocks")(clocks.clocks)
app.command("demo")(demo)
app.command("simulate")(simulating.simulate)
app.command("staffing")(staffing.staffing)
app.add_typer(figures.app, name="figures")
app.add_typer(keys.app, name="keys")
app.add_typer(rules.app, name="rules")
app.add_typer(workspaces.app, name="workspaces")
