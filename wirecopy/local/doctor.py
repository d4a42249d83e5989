"""Checks of this machine and this deployment, each with a remedy."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from elasticsearch import ApiError, AuthenticationException, AuthorizationException, Elasticsearch, TransportError
from packaging.requirements import Requirement

from schemas import access
from schemas.topics import TOPICS
from wirecopy.errors import MissingSoftware, ServerError, SettingsError
from wirecopy.kafka_access import is_known, unseen, who
from wirecopy.local import probes
from wirecopy.local.files import in_checkout, is_root
from wirecopy.local.java import find_jdk
from wirecopy.local.maven import find_maven
from wirecopy.local.secret_files import secret_files
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, Settings, environment, without_secrets

State = Literal["ok", "not set", "not visible", "missing", "wrong", "unreachable"]
"""``not visible``: who asks may not see it, and so cannot say whether it is there."""

MAJOR = "9"
"""Of Elasticsearch: the client speaks to a server of its own major version only."""
TEMPLATES = ("articles", "stories")


@dataclass(frozen=True)
class Finding:
    """The result of one check. ``todo`` is empty where nothing is to be done."""

    name: str
    state: State
    detail: str
    todo: str = ""

    @property
    def good(self) -> bool:
        return self.state in {"ok", "not set", "not visible"}


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the finding of each check; raises nothing. Takes up to half a minute where servers are away."""
    probes.quieten_clients()
    yield python_version(sys.version_info[:2])
    if in_checkout():  # only a checkout starts servers, and needs their software
        yield _software("JDK", _describe_jdk)
        yield _software("Maven", find_maven)
    yield packages("wirecopy")
    yield model(settings.tagging.model)
    yield from kafka(settings.kafka)
    yield from elasticsearch(settings.elasticsearch)
    yield feed_list(settings)


def python_version(version: tuple[int, int]) -> Finding:
    good = (3, 11) <= version < (3, 14)
    todo = "" if good else "install Python 3.11, 3.12 or 3.13 and make the environment again"
    return Finding("Python", "ok" if good else "wrong", platform.python_version(), todo)


def packages(distribution: str) -> Finding:
    """Check that every requirement of the project is installed in a fitting version."""
    try:
        required = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", "missing", f"{distribution} is not installed", "run ./do test, or pip install -e .")
    wrong = [problem for text in required if (problem := _package_problem(Requirement(text)))]
    if wrong:
        return Finding("packages", "missing", "; ".join(wrong), "pip install --require-hashes -r requirements.lock")
    return Finding("packages", "ok", f"all that {distribution} requires")


def _package_problem(requirement: Requirement) -> str | None:
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    fits = requirement.specifier.contains(version, prereleases=True)
    return None if fits else f"{requirement.name} is {version}, needed {requirement.specifier}"


def model(name: str) -> Finding:
    """Check that spaCy can load the settings' pipeline."""
    try:
        import spacy  # noqa: PLC0415  # takes a second to import, which only this check should pay

        (find,) = importlib.metadata.entry_points(group="wirecopy.pipelines")
        pipeline = spacy.load(find.load()(name))
    except Exception as error:  # noqa: BLE001  # whatever a pipeline's own code raises is the finding
        todo = "install the pipeline as a package, or set tagging.model to an installed one or to a path"
        return Finding("spaCy model", "missing", f"{name}: {str(error)[:200]}", todo)
    if "ner" not in pipeline.pipe_names:
        return Finding("spaCy model", "wrong", f"{name} has no `ner`", "set tagging.model to a pipeline with `ner`")
    return Finding("spaCy model", "ok", f"{name} {pipeline.meta.get('version', '')}".strip())


def kafka(settings: KafkaSettings) -> Iterator[Finding]:
    """Check that Kafka answers and has our topics."""
    try:
        brokers, present = probes.broker_count(settings), probes.topic_names(settings)
    except (ServerError, SettingsError) as error:
        yield Finding("Kafka", "unreachable", str(error), _start("kafka.bootstrap"))
        return
    yield Finding("Kafka", "ok", f"{settings.bootstrap}, {brokers} broker{'s' if brokers > 1 else ''}")
    yield topics(settings, present)


def topics(settings: KafkaSettings, present: set[str]) -> Finding:
    """Check the topics that our login may see: brokers hide the others.

    The table of roles has the topics of a login that is called PREFIX-ROLE; any other login has to see at least one.
    """
    every = [topic.full_name(settings.topic_prefix) for topic in TOPICS]
    ours = _seen_by(settings.topic_prefix, settings.sasl_username) if is_known(settings) else None
    wanted = every if ours is None else [name for name in every if name in ours]
    absent, hidden = probes.missing(wanted, present), len(every) - len(wanted)
    if is_known(settings) and ours is None and absent and len(absent) < len(wanted):
        detail = f"{len(absent)} of {len(wanted)}: {_some(absent)}; not there, or not for {who(settings)}"
        return Finding("topics", "not visible", detail, "ask with an operator's login to know")
    if absent:
        todo = f"run `wirecopy topics apply`{unseen(settings)}"
        return Finding("topics", "missing", f"{len(absent)} of {len(wanted)}: {_some(absent)}", todo)
    others = f"; {hidden} of others are not visible with this login" if hidden else ""
    return Finding("topics", "ok", f"all {len(wanted)}{others}")


def _seen_by(prefix: str, login: str | None) -> set[str] | None:
    """Return the topics that a login sees by its role; None where its name has no role."""
    known = (rule for rule in access.rules(prefix) if rule.resource == "topic")
    return {rule.name for rule in known if f"{prefix}-{rule.role}" == login} or None


def elasticsearch(settings: ElasticsearchSettings) -> Iterator[Finding]:
    """Check that Elasticsearch answers, in the right version and with our index templates."""
    try:
        with probes.elasticsearch_client(settings) as client:
            version = str(client.info()["version"]["number"])
            templates = _templates(client, settings)
    except (AuthenticationException, AuthorizationException) as error:
        detail = f"{settings.url} refuses us: {str(error)[:200]}"
        yield Finding("Elasticsearch", "wrong", detail, "see elasticsearch.api_key; `wirecopy index keys` shows rights")
        return
    except (ApiError, TransportError, SettingsError) as error:
        detail = f"{settings.url} does not answer: {str(error)[:200]}"
        yield Finding("Elasticsearch", "unreachable", detail, _start("elasticsearch.url"))
        return
    fits = version.split(".", maxsplit=1)[0] == MAJOR
    todo = "" if fits else f"connect to Elasticsearch {MAJOR}: set elasticsearch.url"
    yield Finding("Elasticsearch", "ok" if fits else "wrong", f"{settings.url}, version {version}", todo)
    yield templates


def _templates(client: Elasticsearch, settings: ElasticsearchSettings) -> Finding:
    """Check our index templates. Raises the client's errors."""
    try:
        answer = client.indices.get_index_template(name=f"{settings.index_prefix}-*")
    except AuthorizationException:
        detail = "this key lets us into Elasticsearch, and not look at templates"
        return Finding("index templates", "not visible", detail, "ask with an operator's key to know")
    wanted = [f"{settings.index_prefix}-{name}" for name in TEMPLATES]
    absent = probes.missing(wanted, {entry["name"] for entry in answer["index_templates"]})
    if absent:
        detail = f"{len(absent)} of {len(wanted)}: {_some(absent)}"
        return Finding("index templates", "missing", detail, "run `wirecopy index apply`")
    return Finding("index templates", "ok", f"all {len(wanted)}")


def feed_list(settings: Settings) -> Finding:
    """Check that the feed list can be read, by running its command, which belongs to another package."""
    path = settings.producer.feeds
    if path is None:
        return Finding("feed list", "not set", "no feeds are polled outside `wirecopy up`", "set producer.feeds")
    command = [sys.executable, "-m", "wirecopy", "feeds", "list", "--json"]
    with tempfile.TemporaryDirectory() as folder, secret_files(settings, Path(folder)) as secrets:
        env = {**without_secrets(os.environ), **environment({"producer.feeds": path}), **secrets}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        return Finding("feed list", "wrong", done.stderr.strip()[-300:], "correct the list, or producer.feeds")
    return Finding("feed list", "ok", f"{path}, {count_json(done.stdout)} feeds")


def count_json(text: str) -> int:
    """Count the records that a command has printed: one JSON array, or JSON lines."""
    try:
        whole = json.loads(text)
    except ValueError:
        return len([line for line in text.splitlines() if line.strip()])
    return len(whole) if isinstance(whole, list) else 1


def _start(setting: str) -> str:
    here = "`wirecopy up` starts one on this machine; for another, " if in_checkout() else ""
    return f"{here}set {setting}"


def _describe_jdk() -> str:
    jdk = find_jdk(for_others=is_root())
    return f"{jdk.version} in {jdk.home}"


def _software(name: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", find())
    except MissingSoftware as error:
        problem, _, todo = str(error).rpartition(": ")
        return Finding(name, "missing", problem, todo)


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
