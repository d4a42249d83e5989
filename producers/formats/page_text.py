"""The record of a page's text, for travel between processes; apart from ``article_text``, whose import takes 40 MB."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class PageText:
    """The text of an article's page: paragraphs of plain text, and the language that the page names."""

    paragraphs: tuple[str, ...]
    language: str | None = None

    def as_html(self) -> str:
        return "".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in self.paragraphs)
