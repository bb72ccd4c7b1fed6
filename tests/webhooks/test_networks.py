"""Which addresses may be called: the internet's, and none that lie around the gateway."""

from ipaddress import ip_address

import pytest

from gateway.settings import Settings
from gateway.webhooks.networks import Reach, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "2001:4860:4860::8888",
    "2a00:1450:4002:403::200e",
    "::ffff:8.8.8.8",  # IPv4-mapped
    "2002:808:808::1",  # 6to4
    "64:ff9b::808:808",  # NAT64
]

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # carriers' NAT
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # metadata of clouds
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible, long obsolete
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",  # a network's own NAT64
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internets_hosts_are_public(address: str) -> None:
    assert is_public(ip_address(address))
    assert Reach().allows("https", [address])
    assert not Reach().allows("http", [address])


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_lies_around_is_not(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not Reach().allows("https", [address])


def test_each_address_of_a_host_must_be_allowed() -> None:
    assert Reach().allows("https", ["8.8.8.8", "2001:4860:4860::8888"])
    assert not Reach().allows("https", ["8.8.8.8", "10.0.0.1"])
    assert not Reach().allows("https", ["8.8.8.8", "nonsense"])
    assert not Reach().allows("https", [])


def test_opened_networks_are_reached_by_http_too_and_nothing_beside_them() -> None:
    reach = Reach.parse("10.1.0.0/16, 127.0.0.1,fd00::/8")
    for address in ("10.1.2.3", "127.0.0.1", "::ffff:10.1.2.3", "fd12::1"):
        assert reach.allows("http", [address])
        assert reach.allows("https", [address])
    for address in ("10.2.0.1", "127.0.0.2", "fe80::1", "::1"):
        assert not reach.allows("https", [address])
    assert not reach.allows("http", ["8.8.8.8"])
    assert not reach.allows("http", ["127.0.0.1", "8.8.8.8"])


def test_a_setting_that_is_no_network_is_told() -> None:
    Settings(_env_file=None, webhook_networks="10.0.0.0/8, ::1")
    with pytest.raises(ValueError, match="webhook_networks"):
        Settings(_env_file=None, webhook_networks="10.0.0.0/8,intranet")
