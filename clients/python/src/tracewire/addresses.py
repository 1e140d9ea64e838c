"""Where collectors listen."""

from __future__ import annotations

from typing import NamedTuple

STANDARD_PORT = 4747


class Address(NamedTuple):
    """A host's name or address, without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Reads `HOST:PORT`, `HOST` or `[IPV6]:PORT`. Digits alone are a port whose host was forgotten.

    Raises:
        ValueError: if it is none.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise ValueError("a bracket is not closed")
    else:
        host, colon, port = text.partition(":")
        rest = colon + port
    if not host or _is_digits(host):
        raise ValueError("the host is missing")
    if not rest:
        return Address(host, STANDARD_PORT)
    if not (rest[0] == ":" and _is_digits(rest[1:]) and 0 < int(rest[1:]) < 65_536):
        raise ValueError("the port is not 1 to 65535")
    return Address(host, int(rest[1:]))


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Reads addresses with commas between them, and spaces around them.

    Raises:
        ValueError: if one of them is none.
    """
    return tuple(parse_address(part.strip(" ")) for part in text.split(","))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
