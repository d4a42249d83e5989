"""The model card: what was learned from, under which licence, and how good it is (Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def write(report: Mapping[str, Any]) -> str:
    """A card in Markdown of a report of ``run.train``."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    passages, sizes = report["passages"], report["sizes"]
    yield f"# {report['name']} {report['version']}"
    yield ""
    yield f"Names of people, organisations, places and more in English newswire. Licence: {report['licence']}."
    yield ""
    yield f"Started from {report['base'] or 'nothing'}; width {sizes['width']}, depth {sizes['depth']}."
    yield f"Learned from {passages['learned']:,} paragraphs and {passages['added']:,} that were made or rehearsed;"
    yield f"judged on {passages['held_back']:,} of outlets, or documents, that were held back."
    yield ""
    yield "| file | label map |"
    yield "| --- | --- |"
    yield from (f"| {file} | {labels} |" for file, labels in report["files"].items())
    yield ""
    yield "| held back | precision | recall | F1 |"
    yield "| --- | ---: | ---: | ---: |"
    for label, score in report["held_back"].items():
        yield f"| {label} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} |"
    yield ""
    yield "The figures are those of the pipeline alone, paragraph by paragraph, without the rules and aliases."
