"""Errors as clients see them: problem documents (RFC 9457) that say what, where and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from channels.errors import InvalidForm, InvalidSignature, Unparseable
from channels.text import clean
from gateway.database.connections import CONNECTION_ERRORS, is_database_away
from gateway.files.bucket import StoreUnavailable
from gateway.ingest.submission import IngestUnavailable
from routing.problems import InvalidRule

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


class FieldProblem(BaseModel):
    """One mistake: `pointer` leads to it (RFC 6901), `detail` says what to do."""

    pointer: str = Field(examples=["/when/all/1/value"])
    detail: str = Field(examples=["must be a number"])


class ProblemDocument(BaseModel):
    """RFC 9457, section 3; `type` is always `about:blank`, so that `title` is the status's name."""

    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no conversation has this id"])
    errors: list[FieldProblem] = Field(default_factory=list)


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """Raise to answer a request with a problem document."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def with_headers(self, headers: Mapping[str, str]) -> "Problem":
        self.headers |= headers
        return self

    def response(self) -> Response:
        document: dict[str, Any] = {
            "title": self.title,
            "status": self.status,
            "detail": clean(self.detail),
        }
        if self.errors:
            document["errors"] = [
                {"pointer": clean(pointer), "detail": clean(detail)}
                for pointer, detail in self.errors
            ]
        return Response(
            orjson.dumps(document), self.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def not_found(what: str) -> Problem:
    return Problem(404, "Not Found", f"no {what} has this id")


def conflict(detail: str) -> Problem:
    return Problem(409, "Conflict", detail)


def invalid(detail: str, errors: Sequence[tuple[str, str]] = ()) -> Problem:
    return Problem(422, "Unprocessable Content", detail, errors=errors)


def refused(error: InvalidSignature, *, has_login: bool) -> Problem:
    """401 for a login, so that providers who give up at a 403 try again once it is mended."""
    if has_login:
        headers = {"WWW-Authenticate": 'Basic realm="webhook"'}
        return Problem(401, "Unauthorized", str(error), headers=headers)
    return Problem(403, "Forbidden", str(error))


def too_large(limit: int) -> Problem:
    detail = f"the body is larger than the limit of {limit} bytes: send less at once"
    return Problem(413, "Content Too Large", detail)


def unavailable(detail: str, retry_after_s: int = RETRY_AFTER_S) -> Problem:
    headers = {"Retry-After": str(retry_after_s)}
    return Problem(503, "Service Unavailable", detail, headers=headers)


def problem_of(error: Exception) -> Problem | None:
    """The problem that an expected error is answered with; None for a defect of ours."""
    match error:
        case Problem():
            return error
        case InvalidSignature():
            return refused(error, has_login=False)
        case InvalidForm():
            return invalid("the form has mistakes", error.problems)
        case Unparseable():
            return invalid(error.detail)
        case InvalidRule():
            problems = [(problem.pointer, problem.message) for problem in error.problems]
            return invalid(error.what, problems)
        case StoreUnavailable():
            return unavailable(f"{error}: try again")
        case IngestUnavailable():
            return unavailable(
                f"{error}; nothing is lost if you send it again", error.retry_after_s
            )
    return unavailable("the database is away, try again") if is_database_away(error) else None


def _pointer(location: Sequence[int | str]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location[1:])
    return "".join(f"/{part}" for part in parts)


def unexpected(path: str, error: Exception) -> Problem:
    """A defect of ours: logged in full, told in short."""
    log.error("request.failed", path=path, exc_info=error)
    return Problem(500, "Internal Server Error", "a defect of ours; it was logged")


async def _expected(_request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem is None:
        raise error
    return problem.response()


async def _unexpected(request: Request, error: Exception) -> Response:
    if problem := problem_of(error):
        return problem.response()
    return unexpected(request.url.path, error).response()


async def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    errors = [(_pointer(item["loc"]) or "/", item["msg"]) for item in error.errors()]
    return invalid("the request has mistakes", errors).response()


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    detail = str(error.detail)
    return Problem(error.status_code, detail, detail, headers=error.headers).response()


EXPECTED = (
    Problem,
    InvalidSignature,
    Unparseable,
    InvalidRule,
    IngestUnavailable,
    StoreUnavailable,
    DBAPIError,
    *CONNECTION_ERRORS,
)
"""Handled one by one: what only the handler of Exception answers is raised again by Starlette."""


def install(app: FastAPI) -> None:
    for expected in EXPECTED:
        app.add_exception_handler(expected, _expected)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
