"""What `serve` prints when the doors are open."""

from rich.console import Console
from rich.table import Table

from gateway.composition import Gateway
from gateway.doors.addresses import door_of
from gateway.first_start import FirstStart


def welcome(console: Console, gateway: Gateway, url: str, first: FirstStart | None) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for channel in gateway.configuration.all_channels():
        config = channel.config
        door = door_of(
            config.kind, channel.public_key, config.address, url=url, settings=gateway.settings
        )
        table.add_row(f"[bold]{config.kind}[/]", channel.name, door)
    table.add_row("[bold]feed[/]", "Agents' websocket", f"{url.replace('http', 'ws', 1)}/feed")
    table.add_row("[bold]API[/]", "Documentation", f"{url}/docs")
    console.print("\n[bold green]Sportello is open.[/]\n")
    console.print(table, soft_wrap=True)
    if first is not None:
        key = f"[yellow]{first.admin_key.secret}[/]"
        console.print(f"\n[bold]First admin key[/] (shown once): {key}", soft_wrap=True)
    console.print()
