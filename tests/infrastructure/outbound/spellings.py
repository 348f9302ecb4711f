"""Ways of writing an address or a name that must not be connected to, and what a resolver says to the names among them."""

from __future__ import annotations

import socket

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

LOOPBACK = """
127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 0177.0.0.1 0177.1 0x7f.0.0.1 0x7f000001 0x7f.1 0X7F000001 2130706433 017700000001 127.0.0.1.
127.000.000.001 127.0.0.01 0x7f.0x0.0x0.0x1 0177.0000.0000.0001 127。0。0。1 １２７.０.０.１ ①②⑦.⓪.⓪.① 127．0．0．1 %31%32%37.0.0.1 127.0.0.1%00
[::1] ::1 [0:0:0:0:0:0:0:1] 0:0:0:0:0:0:0:1 [0000:0000:0000:0000:0000:0000:0000:0001] [::ffff:127.0.0.1] ::ffff:127.0.0.1 ::ffff:7f00:1 [::ffff:7f00:1]
[::ffff:0:127.0.0.1] ::127.0.0.1 [::7f00:1] [64:ff9b::7f00:1] 64:ff9b::127.0.0.1 [64:ff9b:1::7f00:1] [2002:7f00:1::] 2002:7f00:0001::1 [2001:0:7f00:1::]
[fe80::5efe:7f00:1] [2a00:1450::5efe:127.0.0.1] [2a00:1450::200:5efe:7f00:1] ::1%lo [::1%25lo] [127.0.0.1] 0 0.0.0.0 00.0.0.0 0x0 [::] ::
localhost LOCALHOST localhost. localhost.localdomain ⓛⓞⓒⓐⓛⓗⓞⓢⓣ inner.example ip6-localhost six.example
""".split()
INNER = """
10.0.0.1 10.255.255.255 012.0.0.1 0xa.0.0.1 167772161 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1.1 0xc0a80101 3232235777 192.168.257 [::ffff:192.168.1.1]
[::ffff:c0a8:101] [64:ff9b::192.168.1.1] [2002:c0a8:101::] [fc00::1] [fd12:3456:789a::1] [fec0::1] [fe80::1] fe80::1%eth0 100.64.0.1 100.127.255.254 nas.example
""".split()
NEVER = """
169.254.169.254 0xa9fea9fe 2852039166 169.254.43518 0251.0376.0251.0376 [::ffff:169.254.169.254] [fd00:ec2::254] metadata.example 100.100.100.200 192.0.0.192
198.18.0.1 192.0.2.1 198.51.100.7 203.0.113.9 192.88.99.1 224.0.0.1 239.255.255.250 [ff02::1] 240.0.0.1 255.255.255.255 [2001:db8::1] [3fff::1] [100::1] [2001:2::1]
[5f00::1] [4000::1] mixed.example mixed6.example
""".split()
NONSENSE = [
    "public.example@127.0.0.1", "127.0.0.1#.public.example", "127.0.0.1/.public.example", "127.0.0.1\\.public.example", "public.example%00.127.0.0.1", ".", "..",
    "a" * 300, "a" * 64 + ".example", "exa mple.example", "-host.example", "host-.example", "public..example", "[public.example]", "[::1", "::1]", "public.example:80",
    "127.0.0.1\n", "127.0.0.1\t", " 127.0.0.1", "127.0.0.1 ", "public.example\x00", "public\u202e.example", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x", "1e3", "empty.example",
]  # fmt: skip
SPELLINGS = [*LOOPBACK, *INNER, *NEVER, *NONSENSE]

NAMES = {
    "public.example": [PUBLIC, PUBLIC_6], "mail.example": [PUBLIC], "localhost": ["127.0.0.1", "::1"], "localhost.localdomain": ["127.0.0.1"], "inner.example": ["127.0.0.1"],
    "ip6-localhost": ["::1"], "six.example": ["::1"], "nas.example": ["192.168.1.20"], "metadata.example": ["169.254.169.254"],
    "mixed.example": [PUBLIC, "127.0.0.1"], "mixed6.example": [PUBLIC_6, "::1"], "empty.example": [],
}  # fmt: skip


def resolve(name: str, port: int, seconds: float) -> list[str]:
    """What a resolver would say; numbers are read as the C library reads them, which is more than ours should."""
    if name in NAMES:
        return NAMES[name]
    return [str(row[4][0]) for row in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)]
