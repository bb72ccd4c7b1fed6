"""The help pages as HTML; they work without any script."""

from collections.abc import Mapping, Sequence
from html import escape

from gateway.articles.markup import to_html, to_text
from gateway.articles.searching import Found
from gateway.database.schema import ArticleText
from gateway.doors.form_markup import frame
from gateway.doors.help_texts import TEXTS


def list_page(
    root: str,
    asked: str,
    found: Sequence[Found],
    spoken: tuple[str, str],
    *,
    contact: str | None,
) -> str:
    """What fits what was asked, or everything.

    `spoken` is the page's language and the reader's; `contact` is where to write to a person.
    """
    say = TEXTS[spoken[0]]
    heading = say["found"].format(number=len(found)) if asked else say["all"]
    if not found:
        heading = say["none"] if asked else say["empty"]
    links = "".join(_link(root, each, spoken) for each in found)
    body = f"""
<h1>{say["title"]}</h1>
{_search(root, asked, spoken)}
<h2 role="status">{heading}</h2>
{f"<ul>{links}</ul>" if links else ""}
{_person(contact, say)}"""
    return frame(say["title"], body, spoken[0])


def article_page(
    root: str, text: ArticleText, spoken: tuple[str, str], *, has_voted: bool, contact: str | None
) -> str:
    """One article, with the question whether it helped."""
    say = TEXTS[spoken[0]]
    opinion = f'<p role="status">{say["thanks"]}</p>' if has_voted else _ballot(say)
    body = f"""
<p><a href="{root}?lang={escape(spoken[1])}">{say["home"]}</a></p>
<article lang="{escape(text.language)}">
<h1>{escape(text.title)}</h1>
{to_html(text.body)}
</article>
{opinion}
{_person(contact, say)}"""
    return frame(escape(text.title), body, spoken[0])


def _search(root: str, asked: str, spoken: tuple[str, str]) -> str:
    say = TEXTS[spoken[0]]
    return f"""<form action="{root}" role="search">
<div class="field"><label for="q">{say["search"]}</label>
<input id="q" name="q" type="search" maxlength="200" value="{escape(asked)}"></div>
<input type="hidden" name="lang" value="{escape(spoken[1])}">
<button>{say["find"]}</button>
</form>"""


def _link(root: str, found: Found, spoken: tuple[str, str]) -> str:
    where = f"{root}/{found.id}?lang={escape(spoken[1])}"
    excerpt = escape(to_text(found.excerpt))
    return (
        f'<li lang="{escape(found.language)}"><a href="{where}">{escape(found.title)}</a>'
        f"<p>{excerpt}</p></li>\n"
    )


def _person(contact: str | None, say: Mapping[str, str]) -> str:
    return f'<p><a href="{contact}">{say["contact"]}</a></p>' if contact else ""


def _ballot(say: Mapping[str, str]) -> str:
    return f"""<form method="post">
<p class="field" id="asked">{say["asked"]}</p>
<div class="field" role="group" aria-labelledby="asked">
<button name="helped" value="yes">{say["yes"]}</button>
<button name="helped" value="no">{say["no"]}</button>
</div>
</form>"""
