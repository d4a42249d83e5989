"""Every setting, once: what it means, its default and its limits.

Precedence: command line (``--set kafka.bootstrap=…``), then environment (``WIRECOPY_KAFKA__BOOTSTRAP``), then the
settings file (``--config``, ``WIRECOPY_CONFIG`` or ``./wirecopy.yaml``), then the default here. A secret can be read
from a file: ``WIRECOPY_ELASTICSEARCH__API_KEY_FILE=/run/secrets/es-key``. An unknown name or a bad value stops the
program before it starts, named.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from wirecopy.errors import SettingsError

PREFIX = "WIRECOPY_"
CONFIG_FILE = "wirecopy.yaml"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]", "::1")
_BROKER = re.compile(r"(\[[0-9a-fA-F:.%\w]+\]|[^\s\[\]:/@]+):[0-9]{1,5}")
_HOST = re.compile(r"(\[[0-9a-fA-F:.%\w]+\]|[^\s\[\]:/@,\"']+)(:(?P<port>[0-9]{1,5}))?")
_HEADER = r"^[A-Za-z0-9-]{1,60}$"
_MAX_PORT = 65535
_SHORTEST_KEY = 32
"""Characters of a key that signs."""
_HEARTBEATS = 3
"""Signs of life that a session has room for, as Kafka's documentation has it."""
_CODECS = {"zstd": ("zstandard", "cramjam")}
"""The packages, none of them ours, with which both of our Kafka clients can write and read it."""


class Section(BaseModel):
    """A group of settings; unknown names are an error."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class KafkaSettings(Section):
    """How to reach Kafka, and the shape of the topics."""

    bootstrap: str = Field(default="127.0.0.1:29092", description="brokers, `host:port` separated by commas")
    topic_prefix: str = Field(
        default="wirecopy", pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$", description="of topics and consumer groups"
    )
    partitions: int = Field(
        default=4, ge=1, le=512, description="of every topic but those of the engine; fixed once created"
    )
    replication: int = Field(default=1, ge=1, le=5, description="copies of each topic; fixed once created")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        default="PLAINTEXT", description="off this machine it must be encrypted"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="how to log in, with a SASL protocol"
    )
    sasl_username: str | None = Field(default=None, description="needed with a SASL protocol")
    sasl_password: SecretStr | None = Field(default=None, description="needed with a SASL protocol")
    ca_file: Path | None = Field(default=None, description="PEM of who signed the brokers' certificates")
    cert_file: Path | None = Field(default=None, description="PEM of our certificate, where brokers ask for one (mTLS)")
    key_file: Path | None = Field(default=None, description="PEM of its key, where that is not in `cert_file`")
    key_password: SecretStr | None = Field(default=None, description="of the key, where it is encrypted")
    allow_plaintext: bool = Field(default=False, description="permit unencrypted Kafka off this machine")
    compression: Literal["none", "gzip", "lz4", "zstd"] = Field(
        default="lz4", description="of what is written to topics; `zstd` needs packages of its own in every process"
    )

    def group(self, app: str) -> str:
        """Return the consumer group of a stream app."""
        return f"{self.topic_prefix}-{app}"

    @field_validator("bootstrap")
    @classmethod
    def _brokers(cls, value: str) -> str:
        brokers = [broker.strip() for broker in value.split(",")]
        for broker in brokers:
            if not _BROKER.fullmatch(broker) or not _is_port(broker.rpartition(":")[2]):
                raise ValueError(f"{broker!r} is no broker: write `host:port`, several separated by commas")
        return ",".join(brokers)

    @field_validator("compression")
    @classmethod
    def _codec_is_there(cls, value: str) -> str:
        missing = [name for name in _CODECS.get(value, ()) if importlib.util.find_spec(name) is None]
        if missing:
            raise ValueError(f"{value} needs the package {' and '.join(missing)}: install it, or use lz4, gzip or none")
        return value

    @model_validator(mode="after")
    def _encrypted_off_loopback(self) -> KafkaSettings:
        remote = [b for b in self.bootstrap.split(",") if b.rpartition(":")[0].strip() not in LOOPBACK_HOSTS]
        if remote and "SSL" not in self.security_protocol.split("_") and not self.allow_plaintext:
            raise ValueError(
                f"security_protocol {self.security_protocol} would send everything in the clear to {remote[0]}: "
                "set security_protocol to SSL or SASL_SSL, or allow_plaintext to true"
            )
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError("SASL needs sasl_username and sasl_password")
        return self

    @model_validator(mode="after")
    def _certificate_with_tls(self) -> KafkaSettings:
        if self.cert_file is None and (self.key_file or self.key_password):
            raise ValueError("key_file and key_password belong to a cert_file: set that too")
        if self.cert_file is not None and "SSL" not in self.security_protocol.split("_"):
            raise ValueError(
                f"cert_file is shown over TLS only, and security_protocol is {self.security_protocol}: "
                "set it to SSL or SASL_SSL"
            )
        return self


def _is_port(digits: str) -> bool:
    return 1 <= int(digits) <= _MAX_PORT


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _require_encryption(url: str, what: str, *, allow_plaintext: bool) -> None:
    """Refuse to send ``what`` unencrypted to another machine. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS and not allow_plaintext:
        raise ValueError(
            f"{parts.hostname} would get {what} in the clear: use https://, or set allow_plaintext to true"
        )


class ElasticsearchSettings(Section):
    """How to reach Elasticsearch, and the names of the indices."""

    url: str = Field(default="http://127.0.0.1:19200", pattern=r"^https?://", description="without a login in it")
    api_key: SecretStr | None = Field(default=None, description="encoded API key; holds over user name and password")
    username: str | None = Field(default=None, description="goes together with the password")
    password: SecretStr | None = Field(default=None, description="goes together with the user name")
    ca_file: Path | None = Field(default=None, description="PEM of who signed the server's certificate")
    index_prefix: str = Field(
        default="wirecopy", pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$", description="of indices, aliases and templates"
    )
    shards: int = Field(default=1, ge=1, le=64, description="of each index; fixed once created")
    replicas: int = Field(default=0, ge=0, le=4, description="further copies of each shard")
    refresh_interval: str = Field(
        default="1s", pattern=r"^(-1|\d+(ms|s|m))$", description="until what was written can be found; -1: never"
    )
    period: Literal["none", "month", "year"] = Field(
        default="none",
        description="of which articles and stories have one index each; `wirecopy index rebuild` changes it",
    )
    retention_days: int | None = Field(
        default=None, ge=30, description="how long the index keeps articles and stories after it saw them first"
    )
    snapshot_repository: str | None = Field(
        default=None,
        pattern=r"^[^\s/,*?\"<>|#]{1,100}$",
        description="registered with Elasticsearch, for `index snapshot`",
    )
    request_timeout: float = Field(default=30, gt=0, description="seconds")
    bulk_documents: int = Field(default=500, ge=1, le=10_000, description="documents a bulk request at most")
    bulk_bytes: int = Field(default=5 * 1024 * 1024, ge=64 * 1024, description="bytes a bulk request at most")
    allow_plaintext: bool = Field(default=False, description="permit unencrypted Elasticsearch off this machine")

    @model_validator(mode="after")
    def _encrypted_off_loopback(self) -> ElasticsearchSettings:
        if "@" in urlsplit(self.url).netloc:
            raise ValueError("url holds credentials: set username and password, or api_key, in place of that")
        _require_encryption(self.url, "everything", allow_plaintext=self.allow_plaintext)
        if bool(self.username) != bool(self.password):
            raise ValueError("username and password go together")
        return self


class KibanaSettings(Section):
    """How ``kibana push`` reaches Kibana. Without an API key it uses Elasticsearch's user name and password."""

    url: str = Field(default="http://127.0.0.1:5601", pattern=r"^https?://[^@]+$", description="without a login in it")
    api_key: SecretStr | None = Field(default=None, description="encoded API key of a user who may write dashboards")
    ca_file: Path | None = Field(default=None, description="PEM of who signed the server's certificate")
    space: str = Field(default="", pattern=r"^[a-z0-9_-]*$", description="of Kibana; empty for the default one")
    request_timeout: float = Field(default=30, gt=0, description="seconds")
    allow_plaintext: bool = Field(default=False, description="permit unencrypted Kibana off this machine")

    @model_validator(mode="after")
    def _encrypted_off_loopback(self) -> KibanaSettings:
        _require_encryption(self.url, "the login", allow_plaintext=self.allow_plaintext)
        return self


class ProducerSettings(Section):
    """Which feeds to poll, and how politely."""

    feeds: str | None = Field(default=None, description="feed list, OPML or YAML: a path or an http address")
    interval: float = Field(default=300, ge=0.2, description="seconds between polls of a feed that says nothing")
    min_interval: float = Field(default=60, ge=0.2, description="seconds; never poll a feed more often")
    max_interval: float = Field(default=6 * 3600, gt=0, description="seconds; never less often")
    concurrency: int = Field(default=32, ge=1, le=1000, description="fetches under way at once")
    per_host: int = Field(default=2, ge=1, le=64, description="connections to one host at once")
    timeout: float = Field(default=20, gt=0, description="seconds for a whole fetch")
    max_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="of a decoded body")
    max_entries: int = Field(default=2000, ge=1, le=5000, description="of one feed; all fit one state record")
    max_redirects: int = Field(default=5, ge=0, le=20, description="followed in one fetch")
    parse_processes: int = Field(default=2, ge=1, le=64, description="parsers; one hostile feed can hold up one")
    parse_timeout: float = Field(default=20, gt=0, description="seconds for parsing one feed")
    parse_memory: int = Field(default=1024**3, ge=128 * 1024**2, description="bytes of address space for one parser")
    allow_hosts: tuple[str, ...] = Field(
        default=(),
        description="`host` or `host:port` whose feeds may be private, with what they lead to: a local feed",
    )
    user_agent: str = Field(default="wirecopy/0.1 (feed reader)", description="what publishers see in their logs")
    host_interval: float = Field(default=1, ge=0, description="seconds at least between two requests to one host")
    park_after: int = Field(default=20, ge=1, description="failures in a row after which a feed is parked")
    park_interval: float = Field(default=86400, gt=0, description="seconds between two polls of a parked feed")
    session_timeout: float = Field(default=10, ge=1, description="seconds until a dead producer's feeds move")
    folders: tuple[str, ...] = Field(
        default=(), description="folders that a feed list may name as `file:` feeds, where agencies deliver items"
    )
    callback: str | None = Field(default=None, description="public address of our WebSub callback; none: WebSub is off")
    callback_secret: SecretStr | None = Field(
        default=None, description="what callbacks are derived from; needed with `callback`, the same for all producers"
    )
    callback_port: int = Field(default=18090, ge=1, le=65535, description="loopback port that the callback leads to")
    contact: str | None = Field(default=None, description="address or page told to publishers in the user agent")

    @field_validator("feeds", mode="before")
    @classmethod
    def _path_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, Path) else value

    @field_validator("allow_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            named = _HOST.fullmatch(host)
            is_named = named is not None and (named["port"] is None or _is_port(named["port"]))
            if not is_named and not _is_ip_address(host):
                raise ValueError(f"{host!r} is no host: write `host` or `host:port`, several separated by commas")
        return hosts

    @model_validator(mode="after")
    def _least_below_most(self) -> ProducerSettings:
        if self.min_interval > self.max_interval:
            raise ValueError(
                f"producer.min_interval ({self.min_interval:g} s) is above producer.max_interval "
                f"({self.max_interval:g} s)"
            )
        return self


class DedupSettings(Section):
    """When two articles are copies. Defaults are measured: see docs/decisions."""

    window_days: int = Field(default=7, ge=1, le=28, description="whole days that copies are looked for")
    snapshot_every: int = Field(
        default=2500, ge=1, description="messages between two snapshots of the engine: what a restart works through"
    )
    engine_languages: tuple[str, ...] = Field(
        default=(),
        description="languages (BCP 47, separated by spaces) of a second engine, of a third …; the first has the rest",
    )
    max_text: int = Field(default=200_000, ge=1000, description="characters of an article's text that are kept")

    @property
    def engines(self) -> int:
        """Return the number of engines that share the languages."""
        return 1 + len(self.engine_languages)


class TextSettings(Section):
    """How texts are read."""

    agencies: Path | None = Field(default=None, description="YAML that adds agencies and wordings; see docs/credits.md")


class TaggingSettings(Section):
    """The spaCy pipeline and how it runs."""

    model: str = Field(default="shipped", description="shipped, sm, md, another spaCy pipeline by its package or path")
    processes: int = Field(default=1, ge=1, le=64, description="model processes of one worker")
    openblas: bool = Field(default=True, description="use numpy's OpenBLAS in place of BLIS")
    max_chars: int = Field(default=100_000, ge=1000, description="of one article that are tagged")
    batch: int = Field(
        default=400, ge=1, le=5000, description="messages handled at once: a story is resolved once a batch"
    )
    aliases: tuple[Path, ...] = Field(
        default=(), description="folders of alias files joined with the built-in ones; or one file of `aliases build`"
    )
    cache_paragraphs: int = Field(default=20_000, ge=0, description="tagged paragraphs remembered by their text")


class FaustSettings(Section):
    """How the stream workers talk to Kafka."""

    batch: int = Field(default=100, ge=1, le=5000, description="messages handled before their results are awaited")
    session_timeout: float = Field(default=10, ge=1, description="seconds until a dead worker's partitions move")
    heartbeat_interval: float = Field(default=3, gt=0, description="seconds between two signs of life to the broker")
    commit_interval: float = Field(default=1, gt=0, description="seconds between two commits of what is done")
    data_dir: Path = Field(default=Path(".wirecopy/faust"), description="where a worker keeps its own files")

    @model_validator(mode="after")
    def _heartbeats_within_the_session(self) -> FaustSettings:
        if self.heartbeat_interval * _HEARTBEATS > self.session_timeout:
            raise ValueError(
                f"faust.heartbeat_interval ({self.heartbeat_interval:g} s) must be at most a third of "
                f"faust.session_timeout ({self.session_timeout:g} s): one that is late must not cost the partitions"
            )
        return self


class TelemetrySettings(Section):
    """Logs, metrics, probes and traces."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level told")
    log_format: Literal["auto", "json", "console"] = Field(default="auto", description="auto: console on a terminal")
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="port of `/metrics`, `/livez` and `/readyz`; none: they are off"
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="IP address that they are served on, unencrypted and to everybody who reaches it; `0.0.0.0`: all",
    )

    traces_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="where traces are sent by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; none: off",
    )
    traces_ratio: float = Field(default=0.01, gt=0, le=1, description="share of the articles that are traced")

    @field_validator("metrics_host")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError(f"{value!r} is no IP address: write 127.0.0.1, or 0.0.0.0 for all of this host") from None


class WebSettings(Section):
    """The desk: the pages of `wirecopy serve`."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address it listens at")
    port: int = Field(default=18070, ge=1, le=65535, description="port it listens at")
    allowed_hosts: tuple[str, ...] = Field(
        default=LOOPBACK_HOSTS[:3], description="names by which browsers may call it: what stands in the `Host` header"
    )
    login: Literal["none", "proxy"] = Field(
        default="none", description="`proxy`: a proxy before it logs people in, and says in headers who they are"
    )
    open_role: Literal["reader", "editor"] = Field(
        default="reader", description="what everybody may do where `login` is `none`"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="addresses or networks whose headers are believed, with `login` `proxy`; others are refused",
    )
    user_header: str = Field(default="X-Forwarded-User", pattern=_HEADER, description="names who is logged in")
    groups_header: str = Field(
        default="X-Forwarded-Groups", pattern=_HEADER, description="names their groups, separated by commas"
    )
    reader_groups: tuple[str, ...] = Field(default=(), description="who may read; none: whoever is logged in")
    editor_groups: tuple[str, ...] = Field(default=("editor",), description="who may change feeds and send again, too")
    editing: bool = Field(
        default=False,
        description="let editors change feeds and send dead letters again: needs Kafka, with the rights of `desk`",
    )
    form_key: SecretStr | None = Field(
        default=None,
        description="signs editors' forms; the same in every process that serves; made at the start where none is set",
    )
    timezone: str = Field(default="Asia/Kolkata", description="IANA name; of the times on a page as it is served")
    grouping: Literal["international", "indian"] = Field(
        default="international", description="of digits as a page is served: 100,000 or 1,00,000"
    )
    timeout: float = Field(default=10, gt=0, description="seconds for one question to Elasticsearch")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as error:
            raise ValueError(f"{value!r} is no IANA time zone, such as Asia/Kolkata") from error
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @model_validator(mode="after")
    def _closed_off_loopback(self) -> WebSettings:
        if self.login == "none" and self.host not in LOOPBACK_HOSTS:
            raise ValueError(
                f"host {self.host} can be reached from elsewhere, and login is none: everybody could read. Put a proxy "
                "that logs people in before it and set login to proxy, or leave host at 127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _somebody_edits(self) -> WebSettings:
        if self.editing and self.login == "none" and self.open_role != "editor":
            raise ValueError(
                "editing is on, and nobody is an editor: set login to proxy, so that people are known, or, on a "
                "machine of your own, open_role to editor"
            )
        if self.form_key is not None and len(self.form_key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"form_key has fewer than {_SHORTEST_KEY} characters: take `openssl rand -hex 32`")
        return self


class LocalSettings(Section):
    """The servers that ``wirecopy up`` and the tests start on this machine."""

    data_dir: Path = Field(default=Path(".wirecopy"), description="data and logs")
    cache_dir: Path = Field(default=Path(".wirecopy/cache"), description="downloads, which all data folders share")
    kafka_port: int = Field(default=29092, ge=1, le=65535, description="on 127.0.0.1")
    elasticsearch_port: int = Field(default=19200, ge=1, le=65535, description="on 127.0.0.1")
    kafka_heap: str = Field(default="512m", pattern=r"^\d+[mg]$", description="memory of the Java heap")
    elasticsearch_heap: str = Field(default="512m", pattern=r"^\d+[mg]$", description="memory of the Java heap")
    feeds_port: int = Field(default=18080, ge=1, le=65535, description="port of the wire day's feeds")


class Settings(BaseSettings):
    """All settings, by section."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", nested_model_default_partial_update=True
    )

    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    producer: ProducerSettings = ProducerSettings()
    dedup: DedupSettings = DedupSettings()
    text: TextSettings = TextSettings()
    tagging: TaggingSettings = TaggingSettings()
    faust: FaustSettings = FaustSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    web: WebSettings = WebSettings()
    local: LocalSettings = LocalSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the arguments: ``load`` has merged every source before, so that it can say where a value is from."""
        return (init_settings,)


@dataclass(frozen=True)
class Loaded:
    """The settings and, for each dotted name, where its value came from."""

    settings: Settings
    origins: Mapping[str, str]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Return ``(name, value, origin)`` of every setting, with secrets hidden."""
        for section in type(self.settings).model_fields:
            group: Section = getattr(self.settings, section)
            for key in type(group).model_fields:
                name = f"{section}.{key}"
                value = getattr(group, key)
                shown = "********" if isinstance(value, SecretStr) else _plain(value)
                yield name, shown, self.origins.get(name, "default")


def load(overrides: Mapping[str, str] | None = None, config: Path | None = None) -> Loaded:
    """Read the settings from every source.

    ``overrides`` are dotted names from the command line. Raises ``SettingsError`` naming each bad or unknown setting
    and its source.
    """
    values: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for origin, name, value in (*_from_file(config), *_from_environment(), *_from_command_line(overrides or {})):
        section, _, key = name.partition(".")
        values.setdefault(section, {})[key] = value
        origins[name] = origin
    unknown = [name for name in origins if not is_known(*name.split(".", 1))]
    if unknown:
        raise SettingsError("; ".join(f"unknown setting {name} ({origins[name]})" for name in unknown))
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # pydantic checks the sections
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(problem, origins) for problem in error.errors())) from None
    return Loaded(settings, origins)


def environment(overrides: Mapping[str, object]) -> dict[str, str]:
    """Return dotted names as environment variables for a child process. Secrets do not belong there."""
    assert not [name for name, value in overrides.items() if isinstance(value, SecretStr)], "secrets go into files"
    return {variable(name): _plain(value) for name, value in overrides.items()}


def variable(name: str) -> str:
    """Return the environment variable of a setting.

    >>> variable("kafka.bootstrap")
    'WIRECOPY_KAFKA__BOOTSTRAP'
    """
    return PREFIX + name.replace(".", "__").upper()


def without_secrets(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without secrets, for a foreign process, or one that gets secrets in files."""
    return {
        name: value for name, value in given.items() if not (name.startswith(PREFIX) and is_secret(*split_name(name)))
    }


def secrets(settings: Settings) -> dict[str, str]:
    """Return every secret that is set, by its dotted name, in the clear."""
    found: dict[str, str] = {}
    for section in type(settings).model_fields:
        for key, value in getattr(settings, section):
            if isinstance(value, SecretStr):
                found[f"{section}.{key}"] = value.get_secret_value()
    return found


def split_name(variable: str) -> tuple[str, str]:
    """Return section and key of an environment variable; the key is empty where there is no section.

    >>> split_name("WIRECOPY_KAFKA__BOOTSTRAP")
    ('kafka', 'bootstrap')
    """
    section, _, key = variable.removeprefix(PREFIX).lower().partition("__")
    return section, key


def is_known(section: str, key: str = "") -> bool:
    """Return whether there is a setting of this name."""
    return key in _keys(section)


def is_secret(section: str, key: str) -> bool:
    """Return whether this setting is a secret, and so may be given as a file."""
    fields = _keys(section)
    return key in fields and "SecretStr" in str(fields[key].annotation)


def _keys(section: str) -> Mapping[str, Any]:
    field = Settings.model_fields.get(section)
    if field is None or not isinstance(field.annotation, type):
        return {}
    return field.annotation.model_fields  # type: ignore[no-any-return]  # every section is a model


def _from_file(config: Path | None) -> Iterator[tuple[str, str, Any]]:
    named = config or (Path(os.environ[PREFIX + "CONFIG"]) if PREFIX + "CONFIG" in os.environ else None)
    path = named or Path(CONFIG_FILE)
    if named is None and not path.exists():
        return
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"the settings file {path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"the settings file {path} must hold sections, not {type(content).__name__}")
    for section, group in content.items():
        if not isinstance(group, dict):
            raise SettingsError(f"{path}: section {section} must hold settings, not {type(group).__name__}")
        for key, value in group.items():
            yield f"file {path}", f"{section}.{key}", value


def _from_environment() -> Iterator[tuple[str, str, Any]]:
    for name, value in sorted(os.environ.items()):
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG":
            continue
        section, key = split_name(name)
        if not is_known(section, key) and key.endswith("_file") and is_secret(section, key[:-5]):
            yield f"environment {name}", f"{section}.{key[:-5]}", _secret_file(name, value)
        else:
            yield f"environment {name}", f"{section}.{key}", _split(section, key, value)


def _from_command_line(overrides: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    for name, value in overrides.items():
        section, _, key = name.partition(".")
        if is_secret(section, key):
            raise SettingsError(
                f"{name} is a secret, and everybody on this machine can read a command line: "
                f"name a file that holds it in {variable(name)}_FILE"
            )
        yield "command line", name, _split(section, key, value)


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"{name}: cannot read the secret file {path}: {error.strerror}") from error


def _split(section: str, key: str, value: str) -> Any:
    """Split a list given as one text, at commas."""
    field = _keys(section).get(key)
    if field is not None and str(field.annotation).startswith("tuple"):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _explain(problem: Any, origins: Mapping[str, str]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    origin = origins.get(name) or next((o for n, o in origins.items() if n.startswith(f"{name}.")), "default")
    return f"bad setting {name} ({origin}): {problem['msg'].removeprefix('Value error, ')}"


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else str(value)
