"""Kafka and Elasticsearch over TLS, with a login and rights of its own for each stage: the whole path, and refusals."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from elasticsearch import AsyncElasticsearch
from kafka import KafkaProducer
from kafka.errors import KafkaError
from pydantic import SecretStr

from producers.registry.feeds_topic import read_feeds
from schemas import dead_letters
from schemas.access import ROLES
from schemas.elasticsearch.access import INDEX_ROLES, KIBANA
from schemas.topics import ARTICLES, DEAD_LETTERS, RAW
from stream_apps.dedup import engine_process as engine
from stream_apps.fingerprint import app as fingerprint
from stream_apps.indexing import app as indexing
from stream_apps.indexing import finder, indices, keys
from stream_apps.indexing.bulk_operations import Operation
from stream_apps.indexing.client import connect, explained
from stream_apps.indexing.generations import cluster, retention, snapshots, swapping, sweeping
from stream_apps.indexing.generations.targets import Targets
from stream_apps.indexing.queries import Search
from stream_apps.indexing.sink import BulkSink
from stream_apps.indexing.stage import IndexingStage
from stream_apps.indexing.status import status
from stream_apps.runtime.linger import Linger
from stream_apps.runtime.stage_interface import Incoming
from stream_apps.runtime.watchdog import EXIT_CRASHED
from tests.integration.pipeline import poll
from tests.integration.secured import PASSWORD, SUPERUSER, SecuredElasticsearch, SecuredKafka, secured_elasticsearch
from tests.unit import indexing_examples as examples
from wirecopy import kafka_acls
from wirecopy.cli import topics
from wirecopy.dlq.letters import MAX_ATTEMPTS, LetterId
from wirecopy.dlq.topic import read_letter, send
from wirecopy.errors import ServerError, SettingsError
from wirecopy.feed_edits import FeedEdit, FeedWish, installed
from wirecopy.kafka import async_client_config, client_config, require_access
from wirecopy.local import doctor
from wirecopy.local.process import Child
from wirecopy.local.secret_files import write_secret
from wirecopy.local.stages import Workplace
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, Settings, environment, variable, without_secrets
from wirecopy.topic_reading import read_topic

pytestmark = [
    pytest.mark.servers,
    pytest.mark.secured,
    pytest.mark.timeout(600),
    # kafka-python 3.0.12 leaves the socket of a handshake that failed to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]
BY_CERTIFICATE = {"fingerprint", "indexing", "feeds"}
"""Roles that show a certificate; the others log in. So each of our clients does both: Faust, aiokafka, kafka-python."""
TEXT = (
    "The ferry between Talpur and Mossin stopped at noon on Tuesday when its only engine failed in the channel. "
    "Forty passengers were taken off by fishing boats within an hour, the harbour master of Talpur said. "
    "A second boat from the river authority is to run from Wednesday until the engine has been repaired."
)


@dataclass
class Deployment:
    """Both servers with topics, indices, rights, logins and keys."""

    kafka: SecuredKafka
    search: ElasticsearchSettings
    secrets: Path
    places: Path
    logs: Path
    passwords: dict[str, str] = field(default_factory=dict)

    def login(self, role: str, **changes: Any) -> KafkaSettings:
        """Settings of a client that has a role."""
        if role in BY_CERTIFICATE:
            given: dict[str, Any] = {
                "bootstrap": self.kafka.address("CERTIFICATE"),
                "security_protocol": "SSL",
                "cert_file": self.kafka.certificates.client(f"wirecopy-{role}"),
            }
        else:
            given = {
                "bootstrap": self.kafka.address(),
                "security_protocol": "SASL_SSL",
                "sasl_username": f"wirecopy-{role}",
                "sasl_password": SecretStr(self.passwords[role]),
            }
        return KafkaSettings.model_validate({"ca_file": self.kafka.certificates.authority, **given, **changes})

    def key(self, role: str) -> ElasticsearchSettings:
        """Settings of a client that has the key of a role, as it lies in its file now."""
        encoded = (self.secrets / f"elasticsearch-{role}.key").read_text()
        return self.search.model_copy(update={"username": None, "password": None, "api_key": SecretStr(encoded)})

    def settings(self, role: str, key: str | None = None) -> Settings:
        given = Settings()
        update: dict[str, Any] = {"kafka": self.login(role)}
        if key is not None:
            update["elasticsearch"] = self.key(key)
        return given.model_copy(update=update)

    def child(self, role: str, key: str | None = None, **more: Any) -> Child:
        """A process of the role's stage, as a service manager starts it: secrets are in files."""
        kafka = self.login(role)
        wanted: dict[str, object] = {
            f"kafka.{name}": value
            for name in ("bootstrap", "security_protocol", "ca_file", "cert_file", "sasl_username")
            if (value := getattr(kafka, name)) is not None
        }
        wanted |= {"faust.data_dir": self.places / "faust", "elasticsearch.url": self.search.url, **more}
        wanted |= {"elasticsearch.ca_file": self.search.ca_file}
        files = {}
        if kafka.sasl_password is not None:
            password = write_secret(self.secrets / f"kafka-{role}.password", kafka.sasl_password.get_secret_value())
            files["kafka.sasl_password"] = password
        if key is not None:
            files["elasticsearch.api_key"] = self.secrets / f"elasticsearch-{key}.key"
        env = {**without_secrets(os.environ), **environment(wanted)}
        env |= {variable(name) + "_FILE": str(path) for name, path in files.items()}
        return Workplace(env, self.logs).child(role, ["run", role])

    def change_password(self, role: str) -> None:
        self.passwords[role] = f"{role} plays the horn no. {len(self.passwords[role])}"
        self.kafka.make_user(f"wirecopy-{role}", self.passwords[role])


@pytest.fixture(scope="module")
def deployment(
    secured_broker: SecuredKafka, server_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with secured_elasticsearch(server_folder / "secured-search", secured_broker.certificates) as node:
        made = Deployment(secured_broker, node.settings, folder / "secrets", folder, folder / "logs")
        superuser = {"sasl_username": SUPERUSER, "sasl_password": SecretStr(PASSWORD)}
        made.passwords["producer"] = "asked for below"
        admin = made.login("producer", **superuser)
        topics.apply(admin)
        kafka_acls.apply(admin)
        # A broker answers from what it has heard of the controller, moments later.
        poll(lambda: {step.action for step in kafka_acls.apply(admin)} == {"keep"}, "all rights are granted", 30)
        for role in ROLES:
            made.passwords[role.name] = f"{role.name} plays the horn"
            if role.name not in BY_CERTIFICATE:
                secured_broker.make_user(f"wirecopy-{role.name}", made.passwords[role.name])
        asyncio.run(_make_indices(node, made.secrets))
        yield made


async def _make_indices(node: SecuredElasticsearch, secrets: Path) -> None:
    async with connect(node.settings) as client:
        await indices.apply(client, node.settings)
        await keys.make(client, node.settings.index_prefix, INDEX_ROLES, secrets)


# ---- the whole path -------------------------------------------------------------------------------------------


class Wire:
    """Two outlets whose folders an agency fills."""

    def __init__(self, folder: Path) -> None:
        self.folders = [folder / "talpur", folder / "mossin"]
        for path in self.folders:
            path.mkdir(parents=True)
        self.list = folder / "feeds.yml"
        self.list.write_text(
            "\n".join(
                f"- {{url: 'file://{path}', outlet: {path.name}.example, interval: 0.5}}" for path in self.folders
            )
        )

    def settings(self) -> dict[str, Any]:
        return {
            "producer.feeds": self.list,
            "producer.folders": (str(self.list.parent),),
            "producer.min_interval": 0.5,
        }

    def deliver(self, number: int) -> None:
        """The same text to both."""
        for path in self.folders:
            text = f"{TEXT} The boat has the number {number}."
            item = f"<guid>{number}</guid><title>Ferry {number} stops</title><description>{text}</description>"
            waiting = path / f"{number}.xml.part"
            waiting.write_text(
                f"<rss version='2.0'><channel><title>{path.name}</title><item>{item}</item></channel></rss>"
            )
            past = time.time() - 60
            os.utime(waiting, (past, past))
            waiting.rename(path / f"{number}.xml")


def found(deployment: Deployment) -> int:
    """Articles that whoever only reads finds."""

    async def ask() -> int:
        settings = deployment.key("search")
        async with connect(settings) as client:
            return (await finder.find(client, settings.index_prefix, Search("ferry", copies=True))).total

    return asyncio.run(ask())


def test_the_whole_path_with_secrets_changed_on_the_way(deployment: Deployment, tmp_path: Path) -> None:
    wire = Wire(tmp_path / "wire")
    wire.deliver(1)
    children = {
        "producer": deployment.child("producer", None, **wire.settings()),
        "fingerprint": deployment.child("fingerprint"),
        "engine": deployment.child("engine"),
        "tagging": deployment.child("tagging"),
        "indexing": deployment.child("indexing", "indexing"),
    }
    try:
        for child in children.values():
            child.start()
        poll(lambda: _running(children) and found(deployment) == 2, "both copies are found", 180)
        assert len(read_feeds(deployment.login("feeds"))) == 2
        old_key = deployment.key("indexing")
        # Kafka goes on serving who is logged in, Elasticsearch takes both keys: nothing stops until we restart it.
        deployment.change_password("engine")
        asyncio.run(_new_key(deployment))
        wire.deliver(2)
        for name, again in (
            ("engine", deployment.child("engine")),
            ("indexing", deployment.child("indexing", "indexing")),
        ):
            children[name].stop()
            children[name] = again
            again.start()
        wire.deliver(3)
        poll(lambda: _running(children) and found(deployment) == 6, "what came meanwhile is found", 120)
        assert asyncio.run(_retired(deployment)) == {"indexing": 1}
        with pytest.raises(ServerError, match=r"the credentials were refused: set elasticsearch\.api_key"):
            asyncio.run(_ask(old_key, lambda client: client.info()))
        wire.deliver(4)
        poll(lambda: _running(children) and found(deployment) == 8, "what came after is found", 120)
        assert asyncio.run(_messages(deployment.login("reader"), ARTICLES.full_name("wirecopy")))
    finally:
        for child in children.values():
            child.stop()


def _running(children: dict[str, Child]) -> bool:
    ended = {name: child.last_lines() for name, child in children.items() if not child.running}
    assert not ended
    return True


async def _new_key(deployment: Deployment) -> None:
    async with connect(deployment.search) as client:
        await keys.make(client, "wirecopy", keys.chosen(["indexing"]), deployment.secrets)


async def _retired(deployment: Deployment) -> dict[str, int]:
    async with connect(deployment.search) as client:
        return await keys.retire(client, "wirecopy", keys.chosen(["indexing"]))


# ---- Kafka refuses --------------------------------------------------------------------------------------------


def test_a_wrong_password_after_it_was_changed(deployment: Deployment) -> None:
    with pytest.raises(ServerError, match=r"refuses the login of 'wirecopy-tagging': see kafka\.sasl_username"):
        require_access(deployment.login("tagging", sasl_password=SecretStr("guessed")))


@pytest.mark.parametrize(
    ("listener", "said"),
    [
        ("EXPIRED", r"\(certificate has expired\): have it renewed"),
        ("ELSEWHERE", r"not valid for '127\.0\.0\.1'\): name the server in kafka\.bootstrap as its certificate does"),
    ],
)
def test_certificates_of_brokers(deployment: Deployment, listener: str, said: str) -> None:
    with pytest.raises(ServerError, match=said):
        require_access(deployment.login("producer", bootstrap=deployment.kafka.address(listener)))


def test_another_authority(deployment: Deployment) -> None:
    other = deployment.kafka.certificates.other_authority
    with pytest.raises(ServerError, match=r"that we do not trust .*: see kafka\.ca_file \(.*other-authority\.pem\)"):
        require_access(deployment.login("producer", ca_file=other))


def test_our_certificate(deployment: Deployment) -> None:
    certificates = deployment.kafka.certificates
    with pytest.raises(ServerError, match=r"asks for a certificate of ours: see kafka\.cert_file"):
        require_access(deployment.login("feeds", cert_file=None))
    for wrong in (
        certificates.client("wirecopy-feeds", expired=True),
        certificates.client("wirecopy-feeds", strange=True),
    ):
        with pytest.raises(
            ServerError, match=r"does not accept our certificate \(certificate \w+\): see kafka\.cert_file"
        ):
            require_access(deployment.login("feeds", cert_file=wrong))
    with pytest.raises(SettingsError, match=r"kafka\.cert_file: .*authority\.pem and the key in it cannot be used"):
        require_access(deployment.login("feeds", cert_file=certificates.authority))


RUNS: dict[str, Callable[[Settings], None]] = {
    "fingerprint": fingerprint.run,
    "engine": engine.run,
    "indexing": indexing.run,
}


@pytest.mark.parametrize(
    ("app", "role", "said"),
    [
        ("fingerprint", "indexing", r"no topic wirecopy\.raw\.v1.*the certificate '.*indexing\.pem' .* may not see it"),
        ("engine", "producer", r"no topic wirecopy\.clean\.v1.*the login 'wirecopy-producer' .* may not see it"),
        # It may see every topic: so what it may not do with them is asked for by itself.
        (
            "indexing",
            "monitor",
            r"the login 'wirecopy-monitor' .* no right to read wirecopy\.articles\.v1, read wirecopy",
        ),
        ("indexing", "operator-of-topics", r"no right to the group wirecopy-indexing"),
    ],
)
def test_a_stage_with_the_login_of_another(deployment: Deployment, app: str, role: str, said: str) -> None:
    if role == "operator-of-topics":
        _grant_topics_only(deployment, role)
    with pytest.raises(ServerError, match=said) as caught:
        RUNS[app](deployment.settings(role, key="indexing"))
    assert "`wirecopy topics apply --acls` grants it" in str(caught.value)


@pytest.mark.parametrize(
    ("role", "state", "said"),
    [
        ("engine", "ok", r"all 5; 8 of others are not visible with this login"),
        ("operator", "ok", r"all 13$"),
        ("indexing", "not visible", r"not there, or not for the certificate '.*wirecopy-indexing\.pem'"),
    ],
)
def test_doctor_with_the_login_of_a_stage(deployment: Deployment, role: str, state: str, said: str) -> None:
    """The name of a certificate is not asked for a role: brokers may know it by another."""
    brokers, topics_seen = doctor.kafka(deployment.login(role))
    assert brokers.state == "ok"
    assert (topics_seen.state, bool(re.search(said, topics_seen.detail))) == (state, True), topics_seen


@pytest.mark.parametrize(
    ("role", "state"), [("operator", "ok"), ("indexing", "not visible"), ("search", "not visible")]
)
def test_doctor_with_the_key_of_a_role(deployment: Deployment, role: str, state: str) -> None:
    found = list(doctor.elasticsearch(deployment.key(role)))
    assert [(one.name, one.state) for one in found] == [("Elasticsearch", "ok"), ("index templates", state)]


def _grant_topics_only(deployment: Deployment, role: str) -> None:
    deployment.passwords[role] = "organ"
    deployment.kafka.make_user(f"wirecopy-{role}", "organ")
    wanted = [
        kafka_acls.Grant(f"User:wirecopy-{role}", "topic", "wirecopy.", "prefix", operation)
        for operation in ("Read", "Write")
    ]
    with deployment.kafka.unsecured() as admin:
        kafka_acls._grant(admin, wanted)


async def test_a_client_without_the_right_gets_nothing(deployment: Deployment) -> None:
    """What the brokers do, whatever our own checks say."""
    with pytest.raises(KafkaConnectionError):
        await _messages(deployment.login("reader", sasl_password=SecretStr("guessed")), ARTICLES.full_name("wirecopy"))
    with pytest.raises(TopicAuthorizationFailedError):
        await _messages(deployment.login("reader"), RAW.full_name("wirecopy"))


async def _messages(settings: KafkaSettings, topic: str) -> int:
    """How many there are, for a consumer that has a group of its own."""
    consumer = AIOKafkaConsumer(
        topic, **async_client_config(settings), group_id="wirecopy-reader-test", auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        return sum(len(some) for some in (await consumer.getmany(timeout_ms=20_000)).values())
    finally:
        await consumer.stop()


def test_the_desk_may_do_what_its_editors_ask_for_and_no_more(deployment: Deployment) -> None:
    kafka = deployment.login("desk")
    editor = installed(deployment.settings("desk", key="search"))
    added = editor.add(FeedWish("https://coast.example/rss", unchecked=True))
    assert isinstance(added, FeedEdit)
    assert [editor.pause(added.id).done, editor.resume(added.id).done] == ["paused", "resumed"]
    assert editor.remove(added.id).done == "removed"
    why = dead_letters.headers("fingerprint", "schema", "", "raw", at=(0, 1))
    producer = KafkaProducer(**client_config(deployment.login("fingerprint")))
    sent = producer.send(DEAD_LETTERS.full_name("wirecopy"), b"{}", b"a1", headers=list(why), partition=0)
    place = LetterId(0, sent.get(timeout=30).offset)
    producer.close()
    letter = read_letter(kafka, place)
    assert letter is not None
    assert send(kafka, iter([letter]), 20, MAX_ATTEMPTS).letters == 1
    assert read_letter(kafka, place) == replace(letter, done="sent again")
    with pytest.raises(ServerError, match=r"no topic wirecopy\.articles\.v1"):
        list(read_topic(kafka, ARTICLES))
    with pytest.raises(KafkaError):
        _write(kafka, ARTICLES.full_name("wirecopy"))


def _write(kafka: KafkaSettings, topic: str) -> None:
    producer = KafkaProducer(**client_config(kafka), max_block_ms=5_000)
    try:
        producer.send(topic, b"{}", b"a1").get(timeout=30)
    finally:
        producer.close()


# ---- Kafka refuses whoever is at work --------------------------------------------------------------------------


def at_work(deployment: Deployment, stage: str) -> Child:
    """A stage that is ready, on the listener where a login is asked for again every four seconds."""
    child = deployment.child(stage, None, **{"kafka.bootstrap": deployment.kafka.address("SHORT")})
    child.start()
    poll(lambda: says(child, '"ready"'), "it is ready", 90)
    return child


def says(child: Child, text: str, times: int = 1) -> bool:
    """Whether it has written this so often to its log since its start."""
    assert child.running, child.last_lines()
    return child.log.read_bytes()[child.log_start :].count(text.encode()) >= times


def test_a_stage_whose_login_is_taken_back_says_so_and_comes_back_with_it(deployment: Deployment) -> None:
    child = at_work(deployment, "tagging")
    try:
        deployment.kafka.remove_user("wirecopy-tagging")
        poll(lambda: says(child, '"not ready any more"'), "it is not ready any more", 120)
        assert says(child, "refuses the login of 'wirecopy-tagging': see kafka.sasl_username")
    finally:
        deployment.kafka.make_user("wirecopy-tagging", deployment.passwords["tagging"])
    try:
        poll(lambda: says(child, '"ready"', times=2), "it is ready again", 60)
    finally:
        child.stop()


@pytest.mark.parametrize("stage", ["tagging", "engine"])
def test_a_stage_whose_rights_are_taken_back_works_no_more_and_says_at_its_next_start_what_is_missing(
    deployment: Deployment, stage: str
) -> None:
    child = at_work(deployment, stage)
    with deployment.kafka.unsecured() as admin:
        rights = [one for one in kafka_acls._granted(admin, f"User:wirecopy-{stage}") if one.resource == "topic"]
        kafka_acls._revoke(admin, rights)
        try:
            # Faust's client may hear first that there is no such topic for it: then it is left without partitions.
            poll(lambda: not child.running or says(child, WITHOUT_PARTITIONS), "it works no more", 60)
            if not child.running:
                assert child.exit_code == EXIT_CRASHED
                assert "TopicAuthorizationFailedError" in child.last_lines(500)
            child.stop()
            child.start()
            poll(lambda: not child.running, "it does not start", 60)
            assert child.exit_code == ServerError.exit_code
            assert f"the login 'wirecopy-{stage}' (kafka.sasl_username) may not see it" in child.last_lines()
        finally:
            kafka_acls._grant(admin, rights)
            child.stop()


WITHOUT_PARTITIONS = '"partitions":"none'
"""Of `partitions assigned`, in the log."""


# ---- Elasticsearch refuses ------------------------------------------------------------------------------------


async def _ask(settings: ElasticsearchSettings, question: Callable[[AsyncElasticsearch], Any]) -> Any:
    async with connect(settings) as client, explained(settings.url):
        return await question(client)


DOCUMENT = Operation(
    "index",
    "wirecopy-articles-write",
    "a" * 32,
    1,
    {"id": "a" * 32},
    target=indices.first_index("wirecopy", "articles"),
)


async def test_each_key_can_do_its_own_and_nothing_else(deployment: Deployment) -> None:
    def write(client: AsyncElasticsearch) -> Any:
        return BulkSink.of(client, deployment.search, asyncio.Event()).write([DOCUMENT])

    def read(client: AsyncElasticsearch) -> Any:
        return finder.find(client, "wirecopy", Search("ferry"))

    assert not await _ask(deployment.key("indexing"), write)
    for role, question in (("search", write), ("indexing", read), ("search", _forget), ("indexing", _forget)):
        with pytest.raises(ServerError, match="this user or key may not do that"):
            await _ask(deployment.key(role), question)
    with pytest.raises(ServerError, match="this user or key may not do that"):
        await _ask(deployment.key("search"), lambda client: indices.apply(client, deployment.search))
    changes = await _ask(deployment.key("operator"), lambda client: indices.apply(client, deployment.search))
    assert {change.action for change in changes} == {"unchanged"}
    assert all(
        not kind.problems for kind in await _ask(deployment.key("operator"), lambda c: status(c, deployment.search))
    )


async def test_the_keys_are_enough_for_the_life_of_an_index(deployment: Deployment, tmp_path: Path) -> None:
    prefix, repository = "split", "split-copies"
    search = deployment.search.model_copy(
        update={"index_prefix": prefix, "period": "month", "snapshot_repository": repository, "retention_days": 365}
    )

    def with_key(role: str) -> ElasticsearchSettings:
        encoded = SecretStr((tmp_path / f"elasticsearch-{role}.key").read_text())
        return search.model_copy(update={"username": None, "password": None, "api_key": encoded})

    async def prepare(client: AsyncElasticsearch) -> None:
        await keys.make(client, prefix, INDEX_ROLES, tmp_path)
        about = {"type": "fs", "settings": {"location": repository}}
        await client.snapshot.create_repository(name=repository, repository=about)

    async def write(client: AsyncElasticsearch) -> None:
        sink = BulkSink(client)
        stage = IndexingStage(sink, Targets(sink, prefix), Linger(0.0, 1.0), {})
        months = [datetime(2026, month, 5, tzinfo=UTC) for month in (9, 10)]
        records = [examples.published(number, first_seen=month) for number, month in enumerate(months)]
        await stage.prepare([Incoming("articles", 0, n, b"", record.to_bytes()) for n, record in enumerate(records)])

    async def look_after(client: AsyncElasticsearch) -> list[str]:
        settings = with_key("operator")
        (before,) = await cluster.generations(client, prefix, "articles")
        await snapshots.take(client, settings, keep=1)
        await snapshots.restore(client, settings, None, ["articles"])
        swapped = await swapping.swap(client, settings, "articles", force=True)
        assert swapped.comparison is not None
        assert swapped.comparison.problems == []
        await sweeping.sweep(client, prefix, datetime.now(UTC), timedelta(hours=1))
        await retention.apply(client, settings, now=datetime(2027, 10, 20, tzinfo=UTC))
        assert await swapping.drop(client, settings, "articles") != list(before.indices), "September went from it"
        (after,) = await cluster.generations(client, prefix, "articles")
        return [after.period_of(name) for name in after.indices]

    await _ask(search, prepare)
    await _ask(with_key("operator"), lambda client: indices.apply(client, search))
    await _ask(with_key("indexing"), write)
    await _ask(search, lambda client: client.indices.refresh(index=f"{prefix}-articles"))
    found = await _ask(with_key("search"), lambda c: finder.find(c, prefix, Search("cold store", copies=True)))
    assert found.total == 2, "what indexing has made answers"
    version = indices.new_generation(search, "articles", 1, datetime.now(UTC)).stem

    async def read(client: AsyncElasticsearch, name: str) -> None:
        await client.search(index=name)

    for name in (f"{prefix}-articles", f"{version}-2026.09"):
        with pytest.raises(ServerError, match="this user or key may not do that"):
            await _ask(with_key("indexing"), partial(read, name=name))
    with pytest.raises(ServerError, match="this user or key may not do that"):
        await _ask(with_key("indexing"), lambda client: client.indices.create(index=f"{prefix}-events-v1-000009"))
    assert (await _ask(with_key("operator"), look_after))[0] == "2026.10"


def _forget(client: AsyncElasticsearch) -> Any:
    return client.indices.delete(index=indices.first_index("wirecopy", "articles"))


async def test_the_key_that_writes_dashboards_may_do_so_in_one_space_and_reads_no_article(
    deployment: Deployment,
) -> None:
    """As Kibana asks Elasticsearch, which it has told at its own start what its privileges come to."""
    features = {
        "indexPatterns": "index-pattern",
        "discover_v2": "search",
        "dashboard_v2": "dashboard",
        "canvas": "canvas-workpad",
    }
    told = {f"feature_{name}.all": {"actions": [f"saved_object:{kind}/create"]} for name, kind in features.items()}
    await _ask(deployment.search, lambda client: client.security.put_privileges(privileges={KIBANA: told}))

    def may(kind: str, space: str) -> Any:
        asked = {"application": KIBANA, "privileges": [f"saved_object:{kind}/create"], "resources": [f"space:{space}"]}
        return _ask(deployment.key("kibana"), lambda client: client.security.has_privileges(application=[asked]))

    for kind in ("index-pattern", "search", "dashboard"):
        assert (await may(kind, "default"))["has_all_requested"], kind
        assert not (await may(kind, "other"))["has_all_requested"], kind
    assert not (await may("canvas-workpad", "default"))["has_all_requested"]
    known = await _ask(deployment.key("kibana"), lambda c: c.field_caps(index="wirecopy-articles", fields="*"))
    assert "headline" in known["fields"]
    with pytest.raises(ServerError, match="this user or key may not do that"):
        await _ask(deployment.key("kibana"), lambda client: client.search(index="wirecopy-articles"))


async def test_a_wrong_password_and_no_login_at_all(deployment: Deployment) -> None:
    wrong = deployment.search.model_copy(update={"password": SecretStr("guessed")})
    nobody = deployment.search.model_copy(update={"username": None, "password": None})
    for settings in (wrong, nobody):
        with pytest.raises(ServerError, match=r"the credentials were refused: set elasticsearch\.api_key"):
            await _ask(settings, lambda client: client.info())


async def test_certificates_of_the_node(deployment: Deployment) -> None:
    other = deployment.search.model_copy(update={"ca_file": deployment.kafka.certificates.other_authority})
    with pytest.raises(ServerError, match=r"we do not trust its certificate .*: see elasticsearch\.ca_file"):
        await _ask(other, lambda client: client.info())
    elsewhere = deployment.search.model_copy(update={"url": deployment.search.url.replace("127.0.0.1", "localhost")})
    with pytest.raises(ServerError, match=r"not valid for 'localhost'.*: name the server in elasticsearch\.url"):
        await _ask(elsewhere, lambda client: client.info())
    none = deployment.search.model_copy(update={"ca_file": deployment.secrets / "elasticsearch-search.key"})
    with pytest.raises(SettingsError, match=r"elasticsearch\.ca_file: .* holds no certificates in PEM"):
        await _ask(none, lambda client: client.info())
