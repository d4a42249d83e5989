from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from producers.addresses import AddressPolicy, CheckedResolver, is_public
from producers.errors import FetchError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.0.2.1",
        "::1", "::", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "100::1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_of_our_own_networks_are_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://a.example/", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
        ("javascript:alert(1)", "bad_address"),
        ("https://user:secret@a.example/", "bad_address"),
        ("https:///nothing", "bad_address"),
        ("https://a.example:99999/", "bad_address"),
        ("https://a.example/" + "x" * 3000, "bad_address"),
        ("http://a.example:8080/", "forbidden_port"),
        ("http://a.example:22/", "forbidden_port"),
        ("http://127.0.0.1/", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://[::ffff:169.254.169.254]/", "forbidden_address"),
        ("http://\u2460\u2461\u2466.0.0.1/", "forbidden_address"),
    ],
)
def test_addresses_that_are_never_asked(address: str, reason: str) -> None:
    with pytest.raises(FetchError) as error:
        AddressPolicy().checked(address)
    assert error.value.reason in (reason, "bad_address")


def test_an_allowed_host_is_asked_on_any_port_and_an_allowed_port_only_there() -> None:
    by_host = AddressPolicy(["127.0.0.1", "::1"])
    assert by_host.checked("http://127.0.0.1:8080/f").port == 8080
    assert by_host.checked("http://[::1]:8080/f").port == 8080
    by_port = AddressPolicy(["127.0.0.1:8080"])
    assert by_port.checked("http://127.0.0.1:8080/f")
    with pytest.raises(FetchError):
        by_port.checked("http://127.0.0.1:8081/f")
    assert by_port.is_own("http://127.0.0.1:8080/f")
    assert not by_port.is_own("http://127.0.0.1:8081/f")
    assert not by_port.is_own("http://[broken")


class FixedResolver(AbstractResolver):
    """A name server that gives these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    public, mixed = FixedResolver("8.8.8.8", "2606:4700::1111"), FixedResolver("8.8.8.8", "10.0.0.1")
    found = await CheckedResolver(AddressPolicy(), public).resolve("a.example", 443)
    assert [result["host"] for result in found] == ["8.8.8.8", "2606:4700::1111"]
    with pytest.raises(FetchError) as error:
        await CheckedResolver(AddressPolicy(), mixed).resolve("a.example", 443)
    assert error.value.reason == "forbidden_address"
    assert await CheckedResolver(AddressPolicy(["a.example"]), mixed).resolve("a.example", 443)
