"""A Kafka and an Elasticsearch as a deployment has them: over TLS, with a login, and with rights for each role.

The broker has a listener for each thing that can be wrong with it, and one without a login for whoever sets it up.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from cryptography.hazmat.primitives import serialization
from kafka.admin import UserScramCredentialDeletion, UserScramCredentialUpsertion

from tests.integration.places import CACHE, port_from
from wirecopy.kafka import admin_client
from wirecopy.local import elasticsearch, kafka, probes, process
from wirecopy.local.files import NOBODY, give, is_root, locked, make_folder
from wirecopy.local.java import find_jdk
from wirecopy.settings import ElasticsearchSettings, KafkaSettings, LocalSettings

YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
LISTENERS = {
    "PLAIN": "PLAINTEXT",
    "LOGIN": "SASL_SSL",
    "CERTIFICATE": "SSL",
    "EXPIRED": "SASL_SSL",
    "ELSEWHERE": "SASL_SSL",
    "SHORT": "SASL_SSL",
    "CONTROLLER": "PLAINTEXT",
}
"""With a login; with our certificate; with a certificate of the broker's that has expired, or is for another host; and
with a login that has to be shown again every few seconds.
"""
SUPERUSER, PASSWORD = "superuser", "bassoon-of-the-cluster"
BROKER = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:superuser
inter.broker.listener.name=PLAIN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.truststore.type=PEM
listener.name.certificate.ssl.client.auth=required
listener.name.short.scram-sha-512.connections.max.reauth.ms=4000
listener.name.certificate.ssl.principal.mapping.rules=RULE:^.*CN=([^,]+).*$/$1/,DEFAULT
"""
LOGIN = """
listener.name.{name}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    user_editor="trombone";
listener.name.{name}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class Certificates:
    """Those of one authority for this machine, and what somebody could show in place of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority, other = trustme.CA(), trustme.CA()
        self.authority, self.other_authority = folder / "authority.pem", folder / "other-authority.pem"
        self._authority.cert_pem.write_to_path(self.authority)
        other.cert_pem.write_to_path(self.other_authority)
        self._other = other

    def client(self, name: str, *, expired: bool = False, strange: bool = False) -> Path:
        """A certificate by which a client says that it is ``name``, with its key in the same file."""
        authority = self._other if strange else self._authority
        until = YESTERDAY if expired else None
        found = authority.issue_cert(f"{name}.example", common_name=name, not_after=until)
        path = self._folder / f"{name}{'-expired' if expired else ''}{'-strange' if strange else ''}.pem"
        found.private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def server(self, host: str = "127.0.0.1", *, expired: bool = False) -> tuple[bytes, bytes]:
        """Key and certificates in PEM. The key is in PKCS 8, as Kafka wants it and trustme does not write it."""
        found = self._authority.issue_cert(host, not_after=YESTERDAY if expired else None)
        key = serialization.load_pem_private_key(found.private_key_pem.bytes(), None)
        packed = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return packed, b"".join(part.bytes() for part in found.cert_chain_pems)


@dataclass
class SecuredKafka:
    """A broker that runs. ``ports`` by the names of ``LISTENERS``."""

    ports: Mapping[str, int]
    certificates: Certificates

    def address(self, listener: str = "LOGIN") -> str:
        return f"127.0.0.1:{self.ports[listener]}"

    def make_user(self, name: str, password: str) -> None:
        """Or give one that is there another password."""
        with self.unsecured() as admin:
            answer = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(name, "SCRAM-SHA-512", password)])
        assert answer == {name: None}

    def remove_user(self, name: str) -> None:
        with self.unsecured() as admin:
            answer = admin.alter_user_scram_credentials([UserScramCredentialDeletion(name, "SCRAM-SHA-512")])
        assert answer == {name: None}

    def unsecured(self) -> contextlib.AbstractContextManager[Any]:
        return admin_client(KafkaSettings(bootstrap=self.address("PLAIN")), patience=60)


@contextlib.contextmanager
def secured_kafka(folder: Path, certificates: Certificates) -> Iterator[SecuredKafka]:
    """A broker in ``folder``, which must be one that is not in use."""
    ports = {name: port_from(39300 + 100 * number) for number, name in enumerate(LISTENERS)}
    jdk = find_jdk(for_others=is_root())
    with locked(make_folder(CACHE) / "lock"):
        lib = kafka.install(CACHE, jdk, print)
    local = LocalSettings(data_dir=make_folder(folder), cache_dir=CACHE, kafka_port=ports["PLAIN"])
    child = kafka.prepare(local, lib, jdk)
    properties = folder / "kafka" / "server.properties"
    properties.write_text(
        _broker(properties.read_text(), ports, _keystores(folder, certificates), certificates.authority)
    )
    child.start()
    try:
        process.wait_until(lambda: process.port_answers(ports["LOGIN"]), child, 120)
        broker = SecuredKafka(ports, certificates)
        broker.make_user(SUPERUSER, PASSWORD)
        yield broker
    finally:
        child.stop()


def _keystores(folder: Path, certificates: Certificates) -> dict[str, Path]:
    """A file with key and certificate for each listener that encrypts."""
    made = {
        "LOGIN": certificates.server(),
        "CERTIFICATE": certificates.server(),
        "EXPIRED": certificates.server(expired=True),
        "ELSEWHERE": certificates.server("kafka.example"),
        "SHORT": certificates.server(),
    }
    paths = {name: folder / f"{name.lower()}.pem" for name in made}
    for name, parts in made.items():
        paths[name].write_bytes(b"".join(parts))
    return paths


def _broker(given: str, ports: Mapping[str, int], keystores: Mapping[str, Path], authority: Path) -> str:
    replaced = ("listeners=", "advertised.listeners=", "listener.security", "controller.quorum", "inter.broker")
    lines = [line for line in given.splitlines() if not line.startswith(replaced)]
    listeners = [f"{name}://127.0.0.1:{port}" for name, port in ports.items()]
    lines += [
        f"listeners={','.join(listeners)}",
        f"advertised.listeners={','.join(one for one in listeners if not one.startswith('CONTROLLER'))}",
        f"listener.security.protocol.map={','.join(f'{name}:{kind}' for name, kind in LISTENERS.items())}",
        f"controller.quorum.voters=1@127.0.0.1:{ports['CONTROLLER']}",
        BROKER,
    ]
    for name, store in keystores.items():
        lines.append(f"listener.name.{name.lower()}.ssl.keystore.location={store}")
        lines.append(f"listener.name.{name.lower()}.ssl.truststore.location={authority}")
        lines += [LOGIN.format(name=name.lower())] if LISTENERS[name] == "SASL_SSL" else []
    return "\n".join(lines)


@dataclass
class SecuredElasticsearch:
    """A node that runs."""

    settings: ElasticsearchSettings
    """Of a superuser, by password."""


@contextlib.contextmanager
def secured_elasticsearch(folder: Path, certificates: Certificates) -> Iterator[SecuredElasticsearch]:
    """A node in ``folder``, which must be one that is not in use."""
    port = port_from(39900)
    jdk = find_jdk(for_others=is_root())
    with locked(make_folder(CACHE) / "lock"):
        home = elasticsearch.install(CACHE, jdk, print)
    local = LocalSettings(data_dir=make_folder(folder), cache_dir=CACHE, elasticsearch_port=port)
    child = elasticsearch.prepare(local, home, jdk)
    _secure_node(Path(child.env["ES_PATH_CONF"]), certificates)
    child.start()
    settings = ElasticsearchSettings(
        url=f"https://127.0.0.1:{port}", username=SUPERUSER, password=PASSWORD, ca_file=certificates.authority
    )
    try:
        process.wait_until(lambda: process.port_answers(port), child, elasticsearch.READY_TIMEOUT)
        process.wait_until(lambda: _answers(settings), child, elasticsearch.READY_TIMEOUT)
        yield SecuredElasticsearch(settings)
    finally:
        child.stop()
        shutil.rmtree(Path(child.env["ES_PATH_CONF"]).parent, ignore_errors=True)


def _secure_node(config: Path, certificates: Certificates) -> None:
    key, certificate = certificates.server()
    (config / "http.key").write_bytes(key)
    (config / "http.pem").write_bytes(certificate)
    path = config / "elasticsearch.yml"
    path.write_text(
        path.read_text().replace("xpack.security.enabled: false", "xpack.security.enabled: true")
        + "xpack.security.http.ssl.enabled: true\n"
        + "xpack.security.http.ssl.key: http.key\nxpack.security.http.ssl.certificate: http.pem\n"
    )
    (config / "users").write_text(f"{SUPERUSER}:{_hashed(PASSWORD)}\n")
    (config / "users_roles").write_text(f"superuser:{SUPERUSER}\n")
    for name in ("http.key", "http.pem", "users", "users_roles", "elasticsearch.yml"):
        give(config / name, NOBODY if is_root() else os.geteuid())


def _hashed(password: str) -> str:
    """As the file realm keeps passwords: PBKDF2 with HMAC-SHA512."""
    salt, rounds = os.urandom(32), 1000
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _answers(settings: ElasticsearchSettings) -> bool:
    with contextlib.suppress(Exception), probes.elasticsearch_client(settings) as client:
        return client.cluster.health()["status"] in {"green", "yellow"}
    return False
