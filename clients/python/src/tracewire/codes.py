"""The codes that this client meets (SPEC.md, section 9)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Why a session ended, or what is said of a record."""

    OK = 0
    NOT_TRACEWIRE = 100
    UNSUPPORTED_VERSION = 101
    INVALID_HEADER = 102
    CHECKSUM_MISMATCH = 103
    FRAME_TOO_LARGE = 104
    UNKNOWN_FRAME_TYPE = 105
    MALFORMED_BODY = 106
    DECOMPRESSION_FAILED = 107
    UNEXPECTED_FRAME = 108
    MISSING_FEATURE = 109
    TIMED_OUT = 110
    CREDIT_EXCEEDED = 111
    SEQUENCE_GAP = 112
    PRODUCER_EXPIRED = 113
    STALE_EPOCH = 114
    UNAUTHORIZED = 115
    TOO_MANY_CONNECTIONS = 116
    SHUTTING_DOWN = 117
    STORAGE_UNAVAILABLE = 118
    INTERNAL_FAILURE = 119
    BATCH_TOO_LARGE = 120
    TLS_REQUIRED = 121
    PARKED = 200
    TOO_LARGE = 208


#: The producer's numbers are of no use to the collector: the client takes a new one.
NEW_PRODUCER = frozenset((Code.SEQUENCE_GAP, Code.PRODUCER_EXPIRED, Code.STALE_EPOCH))

#: Only a person can mend these: trying again soon does not help.
NEEDS_A_PERSON = frozenset(
    (
        Code.NOT_TRACEWIRE,
        Code.UNSUPPORTED_VERSION,
        Code.INVALID_HEADER,
        Code.FRAME_TOO_LARGE,
        Code.UNKNOWN_FRAME_TYPE,
        Code.MALFORMED_BODY,
        Code.DECOMPRESSION_FAILED,
        Code.UNEXPECTED_FRAME,
        Code.MISSING_FEATURE,
        Code.CREDIT_EXCEEDED,
        Code.UNAUTHORIZED,
        Code.BATCH_TOO_LARGE,
        Code.TLS_REQUIRED,
    )
)


def code_name(code: int) -> str:
    try:
        return Code(code).name.lower()
    except ValueError:
        return f"code {code}"


class ProtocolError(Exception):
    """The other side breaks a rule; the session ends with the code."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
