"""Certificates in files: what is used, and what is said of those that cannot be."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from pydantic import SecretStr, ValidationError

from wirecopy.errors import SettingsError
from wirecopy.kafka import client_config, tls_context
from wirecopy.kafka_access import is_known, unseen, who
from wirecopy.settings import KafkaSettings
from wirecopy.tls import distrust, show_certificate, trusting


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ours(authority: trustme.CA, tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key, which is encrypted."""
    found = authority.issue_cert("engine.example", common_name="wirecopy-engine")
    cert, key = tmp_path / "engine.pem", tmp_path / "engine.key"
    cert.write_bytes(b"".join(part.bytes() for part in found.cert_chain_pems))
    packed = serialization.load_pem_private_key(found.private_key_pem.bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"bassoon"),
    )
    key.write_bytes(packed)
    return cert, key


def context() -> ssl.SSLContext:
    return trusting(None, "kafka.ca_file")


def test_host_names_and_certificates_are_always_checked(authority: trustme.CA, tmp_path: Path) -> None:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    made = trusting(path, "kafka.ca_file")
    assert made.check_hostname
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert len(made.get_ca_certs()) == 1


def test_files_of_authorities_that_cannot_be_used(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    none.write_text("nothing")
    with pytest.raises(SettingsError, match=r"elasticsearch\.ca_file: .*none\.pem holds no certificates in PEM"):
        trusting(none, "elasticsearch.ca_file")
    with pytest.raises(SettingsError, match=r"elasticsearch\.ca_file: cannot read .*: No such file"):
        trusting(tmp_path / "missing.pem", "elasticsearch.ca_file")


def test_a_certificate_is_shown_with_the_password_of_its_key(ours: tuple[Path, Path]) -> None:
    show_certificate(context(), *ours, "bassoon", "kafka")
    for wrong in (None, "oboe"):
        with pytest.raises(SettingsError, match=r"kafka\.cert_file: .* cannot be used: .*"):
            show_certificate(context(), *ours, wrong, "kafka")


def test_a_key_of_another_certificate(ours: tuple[Path, Path], authority: trustme.CA, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    authority.issue_cert("tagging.example").private_key_pem.write_to_path(other)
    with pytest.raises(SettingsError, match=r"kafka\.cert_file: .*engine\.pem and key .*other\.key cannot be used"):
        show_certificate(context(), ours[0], other, None, "kafka")
    with pytest.raises(SettingsError, match=r"kafka\.key_file: cannot read"):
        show_certificate(context(), ours[0], tmp_path / "missing.key", None, "kafka")


def test_settings_that_go_together() -> None:
    for wrong, said in (
        ({"cert_file": "a.pem"}, "shown over TLS only"),
        ({"key_file": "a.key", "security_protocol": "SSL"}, "belong to a cert_file"),
    ):
        with pytest.raises(ValidationError, match=said):
            KafkaSettings.model_validate(wrong)


def test_clients_get_one_context_for_all(ours: tuple[Path, Path]) -> None:
    assert tls_context(KafkaSettings()) is None
    cert, key = ours
    settings = KafkaSettings(security_protocol="SSL", cert_file=cert, key_file=key, key_password=SecretStr("bassoon"))
    assert isinstance(client_config(settings)["ssl_context"], ssl.SSLContext)
    assert is_known(settings)
    assert who(settings) == f"the certificate '{cert}' (kafka.cert_file)"
    assert "may not see it" in unseen(settings)
    assert not unseen(KafkaSettings())


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("certificate has expired", "have it renewed, or set the clock"),
        ("IP address mismatch, certificate is not valid for '127.0.0.1'.", "name the server in kafka.bootstrap"),
        ("unable to get local issuer certificate", "see kafka.ca_file"),
    ],
)
def test_what_to_do_about_a_certificate_depends_on_what_is_wrong(reason: str, said: str) -> None:
    text = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason} (_ssl.c:1000)"
    assert said in distrust(text, "kafka.ca_file", "kafka.bootstrap")
