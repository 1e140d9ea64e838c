"""TLS with a collector: whom to trust, and what a program is told where there is no trust."""

from __future__ import annotations

import ssl

from tracewire.addresses import Address
from tracewire.configuration import Configuration

# OpenSSL's codes (x509_vfy.h).
_NOT_YET_VALID = 9
_EXPIRED = 10
_OTHER_NAME = (62, 64)
#: What alerts about a client's certificate have in their names.
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
_STRANGERS = ("WRONG_VERSION_NUMBER", "PROTOCOL_VERSION", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL", "RECORD_LAYER_FAILURE")


class UnusableFile(OSError):
    """A file that is named for TLS is not what it has to be. The text says which."""


def context_of(configuration: Configuration) -> ssl.SSLContext | None:
    """What connections are encrypted with; None where they are not. Reads the files that are named, as they are now.

    Raises:
        UnusableFile: if one cannot be used.
    """
    if not configuration.uses_tls:
        return None
    authorities = configuration.tls_ca
    try:
        context = ssl.create_default_context(cafile=authorities)
    except (OSError, ValueError):
        raise UnusableFile(_unusable(authorities, "certificate")) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["tracewire"])
    certificate, key = configuration.tls_certificate, configuration.tls_key
    if certificate is not None and key is not None:
        try:
            # A passphrase would be asked for at the terminal.
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ValueError) as error:
            if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
                raise UnusableFile(
                    "the client's certificate and key cannot be used together: do they belong to each other?"
                ) from None
            raise UnusableFile(_unusable(f"{certificate} or {key}", "certificate or private key without a passphrase")) from None
    return context


def _unusable(path: str | None, what: str) -> str:
    return f"{path}, which is named for TLS, holds no {what} in PEM that can be read here"


def trouble(address: Address, error: OSError) -> str | None:
    """Why there is no connection that is encrypted and trusted; None if something else went wrong."""
    if isinstance(error, UnusableFile):
        return str(error)
    if not isinstance(error, ssl.SSLError) or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    collector = f"the collector at {address}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(collector, address, error.verify_code)
    reason = error.reason or type(error).__name__
    if any(word in reason for word in _STRANGERS):
        return (
            f"what answers at {address} speaks no TLS, or none that is safe: connect without TLS, or have it served with a "
            "certificate"
        )
    if "ALERT" in reason and any(word in reason for word in _REFUSALS):
        return (
            f"{collector} takes only clients with a certificate that it trusts ({reason}): set TRACEWIRE_TLS_CERTIFICATE and "
            "TRACEWIRE_TLS_KEY"
        )
    return f"TLS with {collector} failed ({reason}): is it a Tracewire collector?"


def _distrust(collector: str, address: Address, code: int) -> str:
    if code in _OTHER_NAME:
        return (
            f"{collector} has a certificate for another name than '{address.host}': connect to a name that is in it, or have one "
            "made for this one"
        )
    if code == _EXPIRED:
        return f"the certificate of {collector} has expired: it needs a new one"
    if code == _NOT_YET_VALID:
        return f"the certificate of {collector} is not valid yet: is the time right on both machines?"
    return (
        f"the certificate of {collector} is not signed by an authority that is trusted here: name the PEM file of its authority "
        "with TRACEWIRE_TLS_CA"
    )


def wanted(address: Address) -> str:
    """What a program is told whose collector speaks TLS only."""
    what_to_do = "set TRACEWIRE_TLS=true, or TRACEWIRE_TLS_CA to the PEM file of its authority"
    return f"the collector at {address} speaks TLS only: {what_to_do}"
