"""Expected troubles end a command with one sentence, not with a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from rich.console import Console

from gateway.access.secret_box import SecretKeyError
from gateway.database.connections import is_database_away
from gateway.database.embedded import EmbeddedPostgresError
from gateway.demo.failure import DemoFailed
from gateway.doors.smtp_protocol import SmtpCertificateError

console = Console(stderr=True)


@contextmanager
def explained() -> Iterator[None]:
    try:
        yield
    except (SecretKeyError, SmtpCertificateError, EmbeddedPostgresError, DemoFailed) as error:
        _fail(str(error))
    except ValidationError as error:
        _fail(*(setting_problem(item["loc"], item["msg"]) for item in error.errors()))
    except Exception as error:
        if not is_database_away(error):
            raise
        _fail(f"cannot reach the database ({error}): is DATABASE_URL right and the server up?")


def setting_problem(location: tuple[int | str, ...], message: str) -> str:
    name = "_".join(str(part) for part in location).upper()
    prefix = "" if name == "DATABASE_URL" else "SPORTELLO_"
    return f"setting {prefix}{name}: {message}"


def _fail(*messages: str) -> None:
    for message in messages:
        console.print(f"[red]error:[/] {message}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)
