# ruff: noqa: INP001 -- a script, not a package
"""The page of all settings: ``python docs/generate_settings.py`` writes it, a test holds it against the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr

from wirecopy.settings import PREFIX, Settings

PAGE = Path(__file__).with_name("settings.md")
HEAD = f"""\
# Settings

<!-- Written by `python docs/generate_settings.py` from `wirecopy/settings.py`. Change them there. -->

A value is taken from the first of these that has one:

1. the command line: `wirecopy --set kafka.bootstrap=broker-1:9093 …`, before the command, once for each setting;
2. the environment: `{PREFIX}KAFKA__BOOTSTRAP=broker-1:9093` (two underscores between section and name);
3. the settings file, YAML with one mapping a section: `--config FILE`, else `{PREFIX}CONFIG`, else `wirecopy.yaml` in
   the folder where the command runs;
4. the default below.

A setting marked *secret* can be read from a file: `{PREFIX}ELASTICSEARCH__API_KEY_FILE=/run/secrets/es-key`. A list on
the command line or in the environment is separated by commas. A name that does not exist, or a value that is not
allowed, stops the command with exit code 2 and is named. `wirecopy config show` prints every value and where it came
from, secrets hidden.

```yaml
# wirecopy.yaml
producer:
  feeds: feeds.yml
  contact: https://newsroom.example/feed-reader
kafka:
  bootstrap: broker-1:9093,broker-2:9093
  security_protocol: SSL
```
"""


def page() -> str:
    """The whole page, with a line feed at its end."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for section, field in Settings.model_fields.items():
        group: Any = field.annotation
        yield f"## `{section}`\n\n{' '.join((group.__doc__ or '').replace('``', '`').split())}\n"
        yield "| setting | allowed | default | meaning |\n|---|---|---|---|"
        for name, setting in group.model_fields.items():
            yield _row(f"`{section}.{name}`", _allowed(setting), _default(setting), setting.description or "")
        yield ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _allowed(setting: Any) -> str:
    kinds = [kind for kind in (get_args(setting.annotation) or (setting.annotation,)) if kind is not type(None)]
    if get_origin(setting.annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    names = {bool: "true, false", int: "whole number", float: "number", str: "text", Path: "path"}
    if get_origin(setting.annotation) is tuple:
        return "list of text"
    if kinds[0] is SecretStr:
        return "text, *secret*"
    return ", ".join([names[kinds[0]], *_limits(setting.metadata)])


def _limits(metadata: list[Any]) -> Iterator[str]:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    for limit in metadata:
        for name, sign in signs.items():
            if hasattr(limit, name):
                yield f"{sign} {getattr(limit, name)}"
        if getattr(limit, "pattern", None):
            yield f"like `{limit.pattern}`"


def _default(setting: Any) -> str:
    if setting.default is None or setting.default == ():
        return "none"
    shown = str(setting.default).lower() if isinstance(setting.default, bool) else str(setting.default)
    return f"`{shown}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
