"""``/feeds/add``, ``/feeds/change`` and ``/dead-letter/ID``: what editors change, and what only they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

import anyio
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from stream_apps.indexing import operations_queries as queries
from stream_apps.indexing.queries import BadQuery
from stream_apps.web.answers import Page, as_html, page_endpoint, page_routes
from stream_apps.web.app_state import Desk
from stream_apps.web.editing import Editing, Refused, record
from stream_apps.web.form_key import FORM, told_about
from stream_apps.web.letter_page import letter_page
from stream_apps.web.login import Person, require_editor
from stream_apps.web.metrics import Action
from stream_apps.web.pages.operations import ask, feeds_of
from stream_apps.web.rendering import address
from wirecopy.dlq.letters import Letter, LetterId
from wirecopy.errors import NotFound, ServerError, SettingsError, WirecopyError
from wirecopy.feed_edits import FeedEdit, FeedWish, NotAdded

MAX_FIELDS: Final = 20
MAX_VALUE: Final = 2_048
"""Characters of a field: an address."""
MAX_TAGS: Final = 20
LOOKS, BETWEEN = 25, 0.2
"""How often, and seconds apart, it is looked whether the index shows a change; then the page is shown as it is."""
FORM_TYPE: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class AddForm:
    """The form to add a feed as it was filled in, and what came of it."""

    address: str = ""
    outlet: str = ""
    tags: str = ""
    full_text: bool = False
    refused: NotAdded | None = None

    def wish(self, *, unchecked: bool) -> FeedWish:
        tags = tuple(filter(None, (tag.strip() for tag in self.tags.split(",")[:MAX_TAGS])))
        return FeedWish(self.address, self.outlet or None, tags, self.full_text, unchecked)


Fields = dict[str, str]


# ---- feeds ------------------------------------------------------------------------------------------------------


async def add_feed(request: Request) -> Page | Response:
    if request.method != "POST":
        editor(request)
        return _add_page(AddForm(request.query_params.get("address", "")[:MAX_VALUE]))
    editing, person, _, fields = await editors_form(request, "add")
    form = AddForm(fields.get("address", ""), fields.get("outlet", ""), fields.get("tags", ""), "full_text" in fields)
    if not form.address:
        refused: FeedEdit | NotAdded = NotAdded("Write the address of a feed, or of a site that has one.")
    else:
        refused = await _added(editing, person, form.wish(unchecked="unchecked" in fields))
    if isinstance(refused, FeedEdit):
        return await _led_on(request, editing, person, refused, outlet=refused.outlet)
    form = AddForm(form.address, form.outlet, form.tags, form.full_text, refused)
    return as_html(request, _add_page(form), 422)


async def _added(editing: Editing, person: Person, wish: FeedWish) -> FeedEdit | NotAdded:
    try:
        return await editing.add_feed(person, wish)
    except WirecopyError as error:
        return NotAdded(str(error))


def _add_page(form: AddForm) -> Page:
    return Page("add_feed.html", "Add a feed", form)


async def change_feed(request: Request) -> Response:
    """Pause, resume or remove; where that cannot be done, the table again with why beside the feed."""
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
    """To the feeds, once the index shows the change."""
    desk: Desk = request.state.desk
    for _ in range(LOOKS):
        if await _is_shown(desk, edit):
            break
        await anyio.sleep(BETWEEN)
    seal = editing.key.token(person, told_about(edit.done, edit.id), desk.now())
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
        raise NotFound(f"there is no dead letter {place}")
    return Page("dead_letter.html", f"Dead letter {place}", letter_page(place, stored, found, closed), extra={
        "problem": problem,
    })  # fmt: skip


async def _opened(request: Request, place: LetterId) -> tuple[Letter | None, str]:
    """The letter for an editor; else why it stays closed."""
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


# ---- who may, and what a form says ------------------------------------------------------------------------------


def editor(request: Request) -> tuple[Editing, Person]:
    """The means and the person. Raises a 403 where this desk changes nothing, or that person may not."""
    editing = request.state.desk.editing
    if editing is None:
        raise HTTPException(403, "this desk changes nothing: `web.editing` is off")
    return editing, require_editor(request)


async def editors_form(request: Request, *actions: Action) -> tuple[Editing, Person, Action, Fields]:
    """An editor's form that asks for one of these, and whose token is theirs. Raises a 403, recorded, for others."""
    fields = await read_fields(request)
    action = next((one for one in actions if one == fields.get("action")), None)
    if action is None:
        raise HTTPException(400, f"action is one of {', '.join(actions)}")
    try:
        editing, person = editor(request)
        _require_token(request, editing, person, fields.get("token", ""))
    except HTTPException as error:
        record(request.state.person, action, request.url.path, "refused", str(error.detail))
        raise
    return editing, person, action, fields


def _require_token(request: Request, editing: Editing, person: Person, token: str) -> None:
    if not editing.key.holds(token, person, FORM, request.state.desk.now()):
        raise HTTPException(403, "this form is too old, or was made for somebody else: load its page again")


async def read_fields(request: Request) -> Fields:
    """The fields of a form that was sent, each once. Raises a 415 for another type, a 400 for what is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(415, f"a form is sent as {FORM_TYPE}")
    try:
        sent = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None
    if any(len(values) > 1 or len(values[0]) > MAX_VALUE for values in sent.values()):
        raise HTTPException(400, f"a field comes twice, or is longer than {MAX_VALUE} characters")
    return {name: values[0].strip() for name, values in sent.items()}


ROUTES = [
    Route("/feeds/add", page_endpoint(add_feed), methods=["GET", "POST"], name="feeds-add"),
    Route("/feeds/change", page_endpoint(change_feed), methods=["POST"], name="feeds-change"),
    Route("/dead-letter/{place}/send", page_endpoint(send_letter), methods=["POST"], name="dead-letter-send"),
    *page_routes("/dead-letter/{place}", letter, "dead-letter"),
]
