"""What a page gives, as it travels between processes; apart from what makes it, which takes 40 MB to import."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class PageText:
    """An article as its page has it: paragraphs of plain text, and the language that the page says it is in."""

    paragraphs: tuple[str, ...]
    language: str | None = None

    def as_html(self) -> str:
        return "".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in self.paragraphs)
