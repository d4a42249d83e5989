"""Handlers of ``/feeds/add``, ``/feeds/change`` and ``/dead-letter/ID``: editors' changes, and what only they see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import anyio
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from stream_apps.indexing import desk_operations_queries as queries
from stream_apps.indexing.queries import BadQuery
from stream_apps.web.answers import Page, as_html, page_endpoint, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.editing import Editing, Refused
from stream_apps.web.editors_form import MAX_VALUE, editor, editors_form
from stream_apps.web.form_key import about_change
from stream_apps.web.letter_page import letter_page
from stream_apps.web.login import Person
from stream_apps.web.pages.operations import ask, feeds_of
from stream_apps.web.rendering import address
from wirecopy.dlq.letters import Letter, LetterId
from wirecopy.errors import NotFound, ServerError, SettingsError, WirecopyError
from wirecopy.feed_edits import FeedEdit, FeedWish, NotAdded

MAX_TAGS: Final = 20
LOOKS, BETWEEN = 25, 0.2
"""Looks for a change in the index, and seconds between them, before the page is shown without it."""


@dataclass(frozen=True)
class AddForm:
    """The form to add a feed as filled in, and its result."""

    address: str = ""
    outlet: str = ""
    tags: str = ""
    full_text: bool = False
    refused: NotAdded | None = None

    def wish(self, *, unchecked: bool) -> FeedWish:
        tags = tuple(filter(None, (tag.strip() for tag in self.tags.split(",")[:MAX_TAGS])))
        return FeedWish(self.address, self.outlet or None, tags, self.full_text, unchecked)


# ---- feeds ------------------------------------------------------------------------------------------------------


async def add_feed(request: Request) -> Page | Response:
    if request.method != "POST":
        editor(request)
        return _add_page(AddForm(request.query_params.get("address", "")[:MAX_VALUE]))
    editing, person, _, fields = await editors_form(request, "add")
    form = AddForm(fields.get("address", ""), fields.get("outlet", ""), fields.get("tags", ""), "full_text" in fields)
    answer = await _added(editing, person, form.wish(unchecked="unchecked" in fields))
    if isinstance(answer, FeedEdit):
        return await _led_on(request, editing, person, answer, outlet=answer.outlet)
    return as_html(request, _add_page(replace(form, refused=answer)), 422)


async def _added(editing: Editing, person: Person, wish: FeedWish) -> FeedEdit | NotAdded:
    if not wish.address:
        return NotAdded("Write the address of a feed, or of a site that has one.")
    try:
        return await editing.add_feed(person, wish)
    except WirecopyError as error:
        return NotAdded(str(error))


def _add_page(form: AddForm) -> Page:
    return Page("add_feed.html", "Add a feed", form)


async def change_feed(request: Request) -> Response:
    """Pause, resume or remove a feed; where that fails, show the table again with the reason beside the feed."""
    editing, person, action, fields = await editors_form(request, "pause", "resume", "remove")
    name = fields.get("feed", "")
    try:
        edit = await editing.change_feed(person, action, name)
    except (NotFound, SettingsError, ServerError) as error:
        view = QueryParams([(key, fields[key]) for key in ("condition", "outlet") if fields.get(key)])
        page = await feeds_of(request.state.desk, view, problem=(name, str(error)))
        return as_html(request, page, 503 if isinstance(error, ServerError) else 422)
    return await _led_on(
        request, editing, person, edit, outlet=fields.get("outlet", ""), condition=fields.get("condition", "")
    )


async def _led_on(request: Request, editing: Editing, person: Person, edit: FeedEdit, **view: str) -> Response:
    """Redirect to the feeds, once the index shows the change."""
    desk: Desk = request.state.desk
    for _ in range(LOOKS):
        if await _is_shown(desk, edit):
            break
        await anyio.sleep(BETWEEN)
    seal = editing.key.token(person, about_change(edit.done, edit.id), desk.now())
    if edit.done not in ("removed", "added"):
        view["condition"] = ""  # it has another one now
    return RedirectResponse(address("/feeds", {**view, "done": edit.done, "feed": edit.id, "seal": seal}), 303)


async def _is_shown(desk: Desk, edit: FeedEdit) -> bool:
    answer = await ask(desk, "feeds", queries.feed_request(edit.id))
    found = next((hit["_source"] for hit in answer["hits"]["hits"]), None)
    listed = bool(found and found.get("listed"))
    if edit.done == "removed":
        return not listed
    return listed and (edit.done == "unchanged" or bool(found and found.get("paused")) == (edit.done == "paused"))


# ---- dead letters -----------------------------------------------------------------------------------------------


async def letter(request: Request) -> Page:
    return await _letter_page(request)


async def _letter_page(request: Request, problem: str = "") -> Page:
    desk: Desk = request.state.desk
    place = _place(request)
    answer = await ask(desk, "dead-letters", queries.dead_letter_request(str(place)))
    stored = next((hit["_source"] for hit in answer["hits"]["hits"]), None)
    found, closed = await _opened(request, place)
    if stored is None and found is None and not problem:
        raise NotFound(f"the index has no dead letter {place}. {closed}".rstrip())
    return Page("dead_letter.html", f"Dead letter {place}", letter_page(place, stored, found, closed), extra={
        "problem": problem,
    })  # fmt: skip


async def _opened(request: Request, place: LetterId) -> tuple[Letter | None, str]:
    """Return the letter's content for an editor, else the reason why it stays closed."""
    desk: Desk = request.state.desk
    person: Person = request.state.person
    if desk.editing is None:
        return None, f"This desk does not ask Kafka (`web.editing` is off): `wirecopy dlq show {place}` shows it."
    if not person.may_edit:
        return None, "Only editors see what is in it."
    try:
        found = await desk.editing.read_letter(place)
    except ServerError as error:
        return None, str(error)
    return found, "" if found else "It is not in Kafka any more."


async def send_letter(request: Request) -> Response:
    editing, person, _, _ = await editors_form(request, "send")
    place = _place(request)
    try:
        await editing.send_letter(person, place)
    except (NotFound, Refused, ServerError) as error:
        page = await _letter_page(request, problem=str(error))
        return as_html(request, page, 503 if isinstance(error, ServerError) else 422)
    return RedirectResponse(f"/dead-letter/{place}", 303)


def _place(request: Request) -> LetterId:
    try:
        return LetterId.parse(request.path_params["place"])
    except ValueError as error:
        raise BadQuery(str(error)) from None


ROUTES = [
    Route("/feeds/add", page_endpoint(add_feed), methods=["GET", "POST"], name="feeds-add"),
    Route("/feeds/change", page_endpoint(change_feed), methods=["POST"], name="feeds-change"),
    Route("/dead-letter/{place}/send", page_endpoint(send_letter), methods=["POST"], name="dead-letter-send"),
    *page_routes("/dead-letter/{place}", letter, "dead-letter"),
]
