"""Reads editors' forms: checks the person, the form's token and its fields."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from stream_apps.web.editing import Editing, record
from stream_apps.web.form_key import FORM
from stream_apps.web.login import Person, require_editor
from stream_apps.web.metrics import Action

MAX_FIELDS: Final = 20
MAX_VALUE: Final = 2_048
"""Characters of a field: an address."""
FORM_TYPE: Final = "application/x-www-form-urlencoded"

Fields = dict[str, str]


def editor(request: Request) -> tuple[Editing, Person]:
    """Return the actions and the person. Raises a 403 where the desk is read-only, or the person is no editor."""
    editing = request.state.desk.editing
    if editing is None:
        raise HTTPException(403, "this desk changes nothing: `web.editing` is off")
    return editing, require_editor(request)


async def editors_form(request: Request, *actions: Action) -> tuple[Editing, Person, Action, Fields]:
    """Return an editor's form for one of these actions, with their own token. Raises, and records, a 403 otherwise."""
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
    """Read the fields of a form, each once. Raises a 415 for another media type, a 400 for a broken form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(415, f"a form is sent as {FORM_TYPE}")
    try:
        sent = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None
    if any(len(values) > 1 or len(values[0]) > MAX_VALUE for values in sent.values()):
        raise HTTPException(400, f"a field comes twice, or is longer than {MAX_VALUE} characters")
    return {name: values[0].strip() for name, values in sent.items()}
