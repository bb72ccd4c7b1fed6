"""The page behind the links of surveys: GET shows the chosen number, POST keeps it.

Scanners of mail follow links by GET, which therefore changes nothing.
"""

from html import escape
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from gateway.database.connections import Database
from gateway.doors.exchange import Exchange
from gateway.doors.form_markup import page
from gateway.doors.form_pages import HEADERS, HTML
from gateway.problems import Problem
from gateway.surveys.answering import Asked, answer, read_asked
from gateway.surveys.links import PREFIX, Key, SurveyLinks
from gateway.surveys.phrases import PHRASES, question_of
from gateway.surveys.scales import SCALES

MAX_BODY: Final = 20_000
MAX_COMMENT: Final = 2_000


class SurveyPage:
    """An ASGI application for `/surveys/{token}`; `?score=` chooses a number beforehand."""

    def __init__(self, database: Database, links: SurveyLinks) -> None:
        self._database = database
        self._links = links

    @staticmethod
    def answers(path: str) -> bool:
        return path.startswith(PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Exchange(scope, receive, send).answered_by(self._respond, PREFIX)

    async def _respond(self, exchange: Exchange) -> None:
        key = self._links.read(exchange.path)
        if key is None:
            raise Problem(404, "Not Found", "this link is not one of ours: was it cut?")
        async with self._database.transaction() as session:
            asked = await read_asked(session, key)
        if exchange.method not in {"GET", "HEAD", "POST"}:
            raise Problem(405, "Method Not Allowed", "the page is read by GET and answered by POST")
        status, body = 200, _over(asked)
        if not asked.is_over:
            status, body = await self._turn(exchange, key, asked)
        say = PHRASES[asked.invitation.language]
        shown = page(say.title, body, asked.invitation.language)
        await exchange.answer(status, shown.encode(), HTML, HEADERS)

    async def _turn(self, exchange: Exchange, key: Key, asked: Asked) -> tuple[int, str]:
        if exchange.method != "POST":
            query = exchange.scope["query_string"].decode("latin-1")
            chosen = _score(asked, parse_qs(query).get("score", [""])[0])
            return 200, _form(asked, chosen, asked.invitation.comment or "")
        form = parse_qs((await exchange.body(MAX_BODY)).decode("utf-8", "replace"))
        score = _score(asked, form.get("score", [""])[0])
        comment = form.get("comment", [""])[0].replace("\0", "").strip()[:MAX_COMMENT]
        if score is None:
            return 422, _form(asked, None, comment, is_missing=True)
        review = await answer(self._database, key, score, comment or None)
        return 200, _thanks(asked, review)


def _score(asked: Asked, given: str) -> int | None:
    """A number of the scale, else what was answered before."""
    is_number = given.isascii() and given.isdigit() and len(given) < 3
    score = int(given) if is_number else asked.invitation.score
    return score if score in SCALES[asked.survey.kind].scores else None


def _form(asked: Asked, chosen: int | None, comment: str, *, is_missing: bool = False) -> str:
    language = asked.invitation.language
    say = PHRASES[language]
    least, most = say.ends[asked.survey.kind]
    scores = SCALES[asked.survey.kind].scores
    question = question_of(asked.survey.kind, asked.survey.questions, language)
    choices = "".join(
        f'<label><input type="radio" name="score" value="{score}" required'
        f"{' checked' if score == chosen else ''}> {score}</label>\n"
        for score in scores
    )
    notice = f'<div class="notice" role="alert"><p>{say.missing}</p></div>' if is_missing else ""
    return f"""{notice}
<form method="post" action="?">
<fieldset class="field scores"><legend>{escape(question)}</legend>
{choices}<p>{scores[0]}: {escape(least)}, {scores[-1]}: {escape(most)}</p></fieldset>
<div class="field"><label for="comment">{escape(say.comment)}
<span class="optional">({say.optional})</span></label>
<textarea id="comment" name="comment" rows="4" maxlength="{MAX_COMMENT}">
{escape(comment)}</textarea></div>
<button>{say.send}</button>
</form>"""


def _thanks(asked: Asked, review: str | None) -> str:
    say = PHRASES[asked.invitation.language]
    asking = ""
    if review is not None:
        asking = f'<p><a href="{escape(review)}" rel="noopener">{escape(say.review)}</a></p>'
    return f'<p role="status">{say.thanks}</p>\n{asking}\n<p><a href="?">{say.again}</a></p>'


def _over(asked: Asked) -> str:
    return f'<p role="status">{PHRASES[asked.invitation.language].over}</p>'
