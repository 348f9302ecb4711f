"""Hosts and addresses, judged without asking anybody."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_app.infrastructure.outbound_addresses import HostRefused, Reach, parse_host, reach

# What IANA's registries of special addresses hold, with an address from each end.
SPECIAL = [
    ("0.0.0.0/8", Reach.NEVER), ("10.0.0.0/8", Reach.INNER), ("100.64.0.0/10", Reach.INNER), ("127.0.0.0/8", Reach.INNER), ("169.254.0.0/16", Reach.NEVER),
    ("172.16.0.0/12", Reach.INNER), ("192.0.0.0/24", Reach.NEVER), ("192.0.2.0/24", Reach.NEVER), ("192.88.99.0/24", Reach.NEVER), ("192.168.0.0/16", Reach.INNER),
    ("198.18.0.0/15", Reach.NEVER), ("198.51.100.0/24", Reach.NEVER), ("203.0.113.0/24", Reach.NEVER), ("224.0.0.0/4", Reach.NEVER), ("240.0.0.0/4", Reach.NEVER),
    ("::1/128", Reach.INNER), ("::/128", Reach.NEVER), ("64:ff9b:1::/48", Reach.NEVER), ("100::/64", Reach.NEVER), ("2001::/23", Reach.NEVER), ("2001:db8::/32", Reach.NEVER),
    ("2002::/16", Reach.NEVER), ("3fff::/20", Reach.NEVER), ("5f00::/16", Reach.NEVER), ("fc00::/7", Reach.INNER), ("fe80::/10", Reach.NEVER), ("fec0::/10", Reach.NEVER),
    ("ff00::/8", Reach.NEVER),
]  # fmt: skip


@pytest.mark.parametrize(("net", "expected"), SPECIAL)
def test_special_addresses_are_known_from_end_to_end(net, expected):
    network = ipaddress.ip_network(net)
    assert reach(network[0]) is expected and reach(network[-1]) is expected


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "100.63.255.255", "126.255.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_open_up_to_the_edges(address):
    assert reach(ipaddress.ip_address(address)) is Reach.PUBLIC


@given(st.ip_addresses(v=4))
def test_no_way_of_carrying_an_address_leads_further_than_the_address(address):
    inside, low = reach(address), int(address)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | low)
    nat64 = ipaddress.IPv6Address((0x64FF9B << 96) | low)
    isatap = ipaddress.IPv6Address((0x2A001450 << 96) | (0x5EFE << 32) | low)
    assert reach(mapped) is inside
    for carried in (nat64, isatap):
        assert reach(carried) is (Reach.PUBLIC if inside is Reach.PUBLIC else Reach.NEVER)
    assert reach(ipaddress.IPv6Address((0x2002 << 112) | (low << 80))) is Reach.NEVER
    assert reach(ipaddress.IPv6Address(low)) is not Reach.PUBLIC


@given(st.ip_addresses())
def test_what_python_calls_private_or_special_is_never_public(address):
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local:
        carries = isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address in ipaddress.ip_network("64:ff9b::/96"))
        assert carries or reach(address) is not Reach.PUBLIC


@pytest.mark.parametrize(("text", "parsed"), [("Mail.Example.ORG.", "mail.example.org"), ("bücher.example", "xn--bcher-kva.example"), ("a_b.example", "a_b.example"), ("nas", "nas"), ("1.2.3.4", ipaddress.ip_address("1.2.3.4")), ("[2606:4700::1111]", ipaddress.ip_address("2606:4700::1111")), ("2606:4700::1111", ipaddress.ip_address("2606:4700::1111"))])
def test_usual_spellings_are_read(text, parsed):
    assert parse_host(text) == parsed


@given(st.text(max_size=80))
def test_no_text_makes_it_fail_in_another_way(text):
    try:
        parsed = parse_host(text)
    except HostRefused:
        return
    assert str(parse_host(str(parsed))) == str(parsed), "what was read is read the same again"
    if isinstance(parsed, str):
        assert parsed.isascii() and parsed == parsed.lower() and not set(parsed) & set(" %@/\\?#:\r\n\t")
        assert not parsed.rpartition(".")[2].isdigit()
