"""What `serve` prints when the doors are open."""

from rich.console import Console
from rich.text import Text

from gateway.composition import Gateway
from gateway.doors.addresses import door_of
from gateway.first_start import FirstStart


def welcome(console: Console, gateway: Gateway, url: str, first: FirstStart | None) -> None:
    console.print("\n[bold green]Sportello is open.[/]\n")
    for channel in gateway.configuration.all_channels():
        door = door_of(channel, url=url, settings=gateway.settings)
        _line(console, channel.config.kind, channel.name, door)
    _line(console, "feed", "Agents' websocket", f"{url.replace('http', 'ws', 1)}/feed")
    _line(console, "desk", "Where agents work", f"{url}/desk")
    _line(console, "API", "Documentation", f"{url}/docs")
    if first is not None:
        key = f"[yellow]{first.admin_key.secret}[/]"
        console.print(f"\n[bold]First admin key[/] (shown once): {key}", soft_wrap=True)
    console.print()


def _line(console: Console, what: str, name: str, address: str) -> None:
    """Never cut short, however narrow the terminal: addresses are there to be copied."""
    line = Text.assemble((f"{what:<9} ", "bold"), f"{name:<18} ", address)
    console.print(line, soft_wrap=True)
