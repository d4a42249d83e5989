"""The pages say what the code does: names, commands, topics and links are held against it."""

from __future__ import annotations

import ast
import functools
import re
import runpy
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import pytest
import yaml

from producers import errors
from producers.assignment import tracking
from producers.registry import feedlist
from schemas import dead_letters, elasticsearch, feed_conditions
from schemas.elasticsearch import INDEX_KINDS, IndexKind
from schemas.topics import TOPICS, Topic
from tests.promql import SERIES
from wirecopy.cli.registry import GROUP, OPTIONS_WITH_VALUE
from wirecopy.errors import WirecopyError
from wirecopy.settings import Settings, is_known
from wirecopy.wireday.day import generate

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMANDS = {entry.name.replace(".", " ") for entry in entry_points(group=GROUP)}
DO_VERBS = set(re.findall(r"^(\w+)\)$", (ROOT / "do").read_text(encoding="utf-8"), re.MULTILINE))
INVOCATION = re.compile(r"(?:^|[\s`($]|\./do |bin/)wirecopy((?: +[^\s`]+)+)")
PLACEHOLDER = re.compile(r"[A-Z…][A-Z.]*")
"""What stands for a command, as in `wirecopy COMMAND --help`."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_of(page: Path) -> list[str]:
    """Lines of code blocks, and what stands between backticks."""
    fenced = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
    blocks, prose = fenced.findall(text_of(page)), fenced.sub("", text_of(page))
    return [*(line for block in blocks for line in block.splitlines()), *re.findall(r"`([^`\n]+)`", prose)]


def said(page: Path) -> Iterator[list[str]]:
    """The words after each `wirecopy` that is a command, options of `wirecopy` itself left out."""
    for code in code_of(page):
        for found in INVOCATION.finditer(code.split(" #")[0]):
            words = found[1].split()
            while words and words[0] in OPTIONS_WITH_VALUE:
                words = words[2:]
            if words and not words[0].startswith("-") and not PLACEHOLDER.fullmatch(words[0]):
                yield words


def exists(words: list[str]) -> bool:
    return bool({words[0], " ".join(words[:2])} & COMMANDS)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def by_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_the_settings_page_is_that_of_the_code() -> None:
    generator = runpy.run_path(str(ROOT / "docs/generate_settings.py"))
    assert text_of(ROOT / "docs/settings.md") == generator["page"](), "run python docs/generate_settings.py"


def test_the_data_dictionary_is_that_of_the_mappings() -> None:
    generator = runpy.run_path(str(ROOT / "docs/generate_data_dictionary.py"))
    assert text_of(ROOT / "docs/data-dictionary.md") == generator["page"](), "run docs/generate_data_dictionary.py"


@pytest.mark.parametrize("kind", INDEX_KINDS)
def test_every_field_of_an_index_has_its_meaning_and_an_example(kind: IndexKind) -> None:
    generator = runpy.run_path(str(ROOT / "docs/generate_data_dictionary.py"))
    meanings = yaml.safe_load(text_of(ROOT / "schemas/elasticsearch/meanings.yml"))[kind]
    fields = elasticsearch.fields(kind)
    own = {name for name in fields if "fields" not in fields.get(name.rpartition(".")[0], {})}
    assert set(generator["spread"](meanings)) == own
    rows = re.findall(
        r"^\| `([\w.]+)`[^|]*\| ([\w ]+) \| ([^|]*) \| ([^|]*) \|$",
        "\n".join(generator["_section"](kind, meanings)),
        re.MULTILINE,
    )
    assert len(rows) == sum("properties" not in fields[name.replace("KIND", "person")] for name in meanings)
    without = {name for name, _, meaning, example in rows if not (meaning.strip() and example.strip())}
    assert without <= {"retired"}, "what is gone is not parked, too"


@pytest.mark.parametrize("section", Settings.model_fields)
def test_every_setting_says_what_it_means(section: str) -> None:
    group = getattr(Settings(), section)
    assert group.__doc__
    assert [name for name, field in type(group).model_fields.items() if not field.description] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_exist(page: Path) -> None:
    assert [words for words in said(page) if not exists(words)] == []


def test_the_readme_names_commands_that_the_test_finds() -> None:
    found = {words[0] for words in said(ROOT / "README.md")}
    assert {"search", "story", "feeds", "doctor", "up"} <= found


def test_the_readme_counts_right() -> None:
    day, readme = generate(), " ".join(text_of(ROOT / "README.md").split())
    articles = sum(1 for _ in day.items())
    feeds = text_of(ROOT / "producers/feeds/world.opml").count("xmlUrl")
    assert f"{articles} articles by {len(day.carriers)} outlets and {len(day.agencies)} agencies" in readme
    assert f"{feeds} feeds of India and the world" in readme


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_verbs_of_do_exist(page: Path) -> None:
    assert {"up", "test"} <= DO_VERBS
    assert {verb for code in code_of(page) for verb in re.findall(r"\./do (\w+)", code)} <= DO_VERBS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_its_section(command: str) -> None:
    section = re.search(
        rf"^### `wirecopy {command}`\n(.*?)(?=^##|\Z)", text_of(ROOT / "docs/commands.md"), re.MULTILINE | re.DOTALL
    )
    assert section, command
    assert section[1].strip()


def test_exit_codes_are_those_of_the_errors() -> None:
    page = text_of(ROOT / "docs/commands.md")
    codes = {error.exit_code for error in WirecopyError.__subclasses__()}
    assert codes
    assert [code for code in codes if f"\n| {code} |" not in page] == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_is_in_the_table(topic: Topic) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \| (N|E) \| ([^|]+) \| (.*) \|$", architecture(), re.MULTILINE)
    key, partitions, kept, record = {name: cells for name, *cells in rows}[topic.name]
    assert key == topic.key
    assert partitions == ("E" if topic.partitioning == "engines" else "N")
    assert kept == ("compacted" if topic.compacted else f"{topic.retention_days} days")
    assert topic.record is None or f"`{topic.record.__name__}`" in record
    assert ("**public**" in record) == topic.public


def test_every_topic_of_the_flow_is_in_the_picture() -> None:
    picture = text_of(ROOT / "docs/flow.svg")
    assert [topic.name for topic in TOPICS if not topic.changelog and topic.name not in picture] == []


def test_headers_of_dead_letters_are_explained() -> None:
    named = [name for name, _ in dead_letters.headers("stage", "reason", "detail", "source")]
    assert named
    assert [name for name in named if f"| `{name}` |" not in architecture()] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_settings_exist(page: Path) -> None:
    sections = "|".join(Settings.model_fields)
    code = re.sub(r"-m \S+", "", "\n".join(code_of(page)))  # Python modules have names like settings
    named = re.findall(rf"(?<![\w./-])({sections})\.([a-z_]+)(?![\w./(-])", code)
    files = {"py", "md", "yml", "yaml", "json"}
    assert [name for name in named if name[1] not in files and not is_known(*name)] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_metrics_exist(page: Path) -> None:
    registered = {*SERIES, *(metric.name for metric in SERIES.values())}
    assert "wirecopy_feeds_in_condition" in registered
    assert [name for name in re.findall(r"`(wirecopy_[a-z_]+)[`{]", text_of(page)) if name not in registered] == []


def test_every_condition_of_feeds_is_watched() -> None:
    named = set(re.findall(r'wirecopy_feeds_in_condition\{condition="(\w+)"\}', runbook()))
    assert named == set(tracking.CONDITIONS)


def test_every_state_of_a_feed_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs/feeds.md"), re.MULTILINE))
    assert {*feed_conditions.ORDER} - explained == {"new", "ok"}


def test_every_key_of_a_feed_list_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs/feeds.md"), re.MULTILINE))
    assert set(feedlist._KEYS) <= explained


def test_every_reason_for_a_failing_feed_has_its_advice() -> None:
    advised = set(re.findall(r"`(\w+)`", section_of(runbook(), "A feed fails")))
    assert set(get_args(errors.Reason)) - advised == set()


def test_every_reason_of_a_dead_letter_of_feeds_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", section_of(architecture(), "Dead letters")))
    assert {"not_a_feed", "xml_entities", "entries_left_out"} <= reasons()
    assert reasons() - explained == {"no_article"}  # of a page: its entry is published without it


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_lines_of_the_log_are_those_of_the_code(page: Path) -> None:
    spoken = re.compile(r"`((?:the feed|feeds (?:taken|given|lost)|files that|pages not|there are no feeds)[^`\n]*)`")
    assert [line for line in spoken.findall(text_of(page)) if line not in source()] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        path, _, anchor = unquote(link).partition("#")
        if "://" in link:
            continue
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def test_scripts_of_the_runbook_compile_and_find_their_imports() -> None:
    scripts = re.findall(r"<<'PYTHON'\n(.*?)^PYTHON$", text_of(ROOT / "docs/runbook.md"), re.MULTILINE | re.DOTALL)
    assert len(scripts) == 1
    for script in scripts:
        tree = ast.parse(script)
        imports: list[ast.stmt] = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), "runbook", "exec"), {})


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    index = text_of(folder / "README.md")
    assert [path.name for path in folder.glob("[0-9]*.md") if f"({path.name})" not in index] == []


def architecture() -> str:
    return text_of(ROOT / "docs/architecture.md")


def runbook() -> str:
    return text_of(ROOT / "docs/runbook.md")


def section_of(text: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@functools.cache
def source() -> str:
    return "".join(text_of(path) for path in sorted(ROOT.glob("producers/**/*.py")))


def reasons() -> set[str]:
    """Why a feed, or a file in a folder, becomes a dead letter; archives have a page of their own."""
    calls = re.compile(r'(?:BadInput\(|DeadLetter\([^)]*?|_report\(taken, )"([a-z_]+)"')
    return {
        reason
        for path in ROOT.glob("producers/*/*.py")
        if path.parent.name != "backfill"
        for reason in calls.findall(text_of(path))
    }
