from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import FetchError
from producers.web.addresses import AddressPolicy, CheckedResolver, SystemResolver, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.0.2.1",
        "::1", "::", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
        "2606:4700::1111%eth0",
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
        # digits that are no ASCII, and full stops that are none: IDNA makes them plain
        ("http://\u2460\u2461\u2466.0.0.1/", "forbidden_address"),
        ("http://\uff11\uff12\uff17.0.0.1/", "forbidden_address"),
        ("http://127\u30020\u30020\u30021/", "forbidden_address"),
        # what resolvers take for 127.0.0.1 although it does not look so
        ("http://2130706433/", "bad_address"),
        ("http://0x7f000001/", "bad_address"),
        ("http://0x7f.1/", "bad_address"),
        ("http://0177.0.0.1/", "bad_address"),
        ("http://127.1/", "bad_address"),
        ("http://0/", "bad_address"),
        ("http://127.0.0.1./", "bad_address"),
        ("http://8.8.8.8.8/", "bad_address"),
        ("http://a.example.0x1/", "bad_address"),
        ("http://%31%32%37.0.0.1/", "bad_address"),
        # IPv4 inside IPv6, zones
        ("http://[64:ff9b::10.0.0.1]/", "forbidden_address"),
        ("http://[2002:7f00:1::]/", "forbidden_address"),
        ("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "forbidden_address"),
        ("http://[fe80::1%25eth0]/", "bad_address"),
        ("http://[2606:4700::1111%25eth0]/", "bad_address"),
        # another host than one thinks
        ("http://a.example@127.0.0.1/", "bad_address"),
        ("http://a.example%2f@127.0.0.1/", "bad_address"),
        ("http://a.example\\@127.0.0.1/", "bad_address"),
        ("http://127.0.0.1\\.a.example/", "bad_address"),
        ("http:/\\127.0.0.1/", "bad_address"),
        ("http://@a.example:@b.example/", "bad_address"),
        ("http://a.example\r\nX: 1/", "bad_address"),
        ("http://a.example\t/", "bad_address"),
        ("http://a.example/\x00", "bad_address"),
        ("http://a.example:443:80/", "bad_address"),
        ("http://a.example:0/", "forbidden_port"),
        ("http://a.example%00.b.example/", "bad_address"),
        ("http://a..example/", "bad_address"),
        ("http://.example/", "bad_address"),
        ("http://-a.example/", "bad_address"),
        ("http://a b.example/", "bad_address"),
        ("http://" + "a" * 64 + ".example/", "bad_address"),
        ("http://" + "a." * 130 + "example/", "bad_address"),
        ("", "bad_address"),
    ],
)
def test_bad_addresses_and_ports_are_refused(address: str, reason: str) -> None:
    with pytest.raises(FetchError) as error:
        AddressPolicy().checked(address)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://a.example/f?x=1#part", "https://a.example/f?x=1#part"),
        ("HTTP://A.Example:80/", "http://a.example/"),
        ("https://a_b.example./f", "https://a_b.example./f"),
        ("http://m\u00fcnchen.example/", "http://xn--mnchen-3ya.example/"),
        ("http://\u0939\u093f\u0928\u094d\u0926\u0940.example/", "http://xn--j2bd4cyah0f.example/"),
        ("http://1und1.example/", "http://1und1.example/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:443/", "http://[2606:4700::1111]:443/"),
        ("http://a.example/with blank", "http://a.example/with%20blank"),
    ],
)
def test_web_addresses_on_web_ports_are_allowed(address: str, asked: str) -> None:
    assert str(AddressPolicy().checked(address)) == asked


@given(st.text(max_size=60) | st.builds("http://{}/".format, st.text(max_size=40)))
def test_an_address_is_fetched_as_it_was_checked_or_not_at_all(address: str) -> None:
    try:
        url = AddressPolicy().checked(address)
    except FetchError:
        return
    assert url.scheme in ("http", "https")
    assert url.port in (80, 443)
    assert AddressPolicy().checked(str(url)).raw_host == url.raw_host


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_all_its_wrappings(ip: IPv4Address) -> None:
    number = int(ip)
    wrapped = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address(0x2002 << 112 | number << 80),
    ]
    assert {is_public(str(address)) for address in wrapped} == {is_public(str(ip))}
    assert not is_public(str(IPv6Address(number)))


@given(
    st.ip_addresses(v=4, network="10.0.0.0/8")
    | st.ip_addresses(v=4, network="100.64.0.0/10")
    | st.ip_addresses(v=6, network="fc00::/7")
    | st.ip_addresses(v=6, network="2001::/32")
)
def test_no_address_of_a_private_network_passes(ip: IPv4Address | IPv6Address) -> None:
    assert not is_public(str(ip))


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


@pytest.mark.parametrize(
    "address",
    [
        "http://feeds.example:8081/", "http://feeds.example:18080/", "http://x.feeds.example:8080/",
        "http://feeds.example.evil.example:8080/", "http://feeds.example.:8080/", "http://feeds.example:80:8080/",
        "http://feeds.example@evil.example:8080/", "http://evil.example:8080/#feeds.example:8080",
    ],
)  # fmt: skip
def test_an_allowed_host_is_that_host_and_that_port_only(address: str) -> None:
    policy = AddressPolicy(["Feeds.example:8080"])
    assert policy.checked("http://feeds.EXAMPLE:8080/f").port == 8080
    assert not policy.is_own(address)
    with pytest.raises(FetchError):
        policy.checked(address)
    with pytest.raises(FetchError):
        policy.check_resolved("feeds.example", 80, ["10.0.0.1"])
    policy.check_resolved("feeds.example", 8080, ["10.0.0.1"])


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


@pytest.mark.parametrize("name", ["localhost", "localhost.", "a.localhost"])
async def test_names_of_this_machine_are_refused(name: str) -> None:
    resolver = CheckedResolver(AddressPolicy())
    with pytest.raises((FetchError, OSError)) as error:
        await resolver.resolve(name, 80)
    await resolver.close()
    if isinstance(error.value, FetchError):  # a system without the name does not find it at all
        assert error.value.reason == "forbidden_address"


async def test_the_system_resolver_is_used_and_keeps_the_zone_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 443, 0, 2)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    resolver = SystemResolver()
    answers = await resolver.resolve("a.example", 443)
    await resolver.close()
    assert [(answer["host"], answer["family"]) for answer in answers] == [
        ("fe80::1%2", socket.AF_INET6),
        ("8.8.8.8", socket.AF_INET),
    ]
