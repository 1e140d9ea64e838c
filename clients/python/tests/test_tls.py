"""Delivery over TLS, with certificates of the test's own; and what a program is told where there is no trust."""

import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import pytest

import tracewire
from support.collector import Collector
from support.waiting import wait_until
from tracewire.configuration import configuration_from

MAKE = pathlib.Path(__file__).parents[3] / "Tests" / "certificates.sh"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificates")
    subprocess.run([MAKE, directory], check=True, stderr=subprocess.DEVNULL)
    return directory


@pytest.fixture
def certificates(made, tmp_path):
    """A directory of certificates that the test may change."""
    return pathlib.Path(shutil.copytree(made, tmp_path / "certificates"))


@pytest.fixture
def serving(certificates, tmp_path):
    """Starts collectors that show a certificate."""
    started = []

    def serve(name, *options):
        place = tmp_path / f"collector-{len(started)}"
        place.mkdir()
        files = ("--tls-certificate", certificates / f"{name}.pem", "--tls-key", certificates / f"{name}.key")
        started.append(Collector(place, *(map(str, files) if name else ()), *map(str, options)))
        return started[-1]

    yield serve
    for collector in started:
        collector.kill()


def record(client, text="x"):
    client.start_workflow("w", user_input=text).end()


def found(collector, certificates):
    return int(
        collector.run(
            "sql", "SELECT count(*) FROM workflows", "--format", "csv", "--tls-ca", str(certificates / "ca.pem")
        ).split()[1]
    )


def error_of(client):
    """What a client says in its report once it has tried."""
    record(client)
    wait_until(lambda: client.flush(timeout=0.05).error is not None)
    return client.report().error


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_recorded_comes_over_tls_to_a_collector_that_is_trusted(serving, certificates, client_of, host):
    collector = serving("server")
    client = client_of(f"{host}:{collector.port}", tls_ca=str(certificates / "ca.pem"))
    record(client)
    assert client.flush(timeout=20).is_complete
    assert found(collector, certificates) == 1


@pytest.mark.parametrize("compression", ["stream", "none"])
def test_megabytes_come_over_tls_as_they_were(serving, certificates, client_of, compression):
    collector = serving("server")
    authority = str(certificates / "ca.pem")
    client = client_of(collector.address, tls_ca=authority, compression=compression)
    text = "".join(f"{number:x}" for number in range(1_000_000))
    record(client, text)
    for number in range(200):
        record(client, str(number))
    assert client.flush(timeout=30).is_complete
    statement = "SELECT length(user_input) FROM workflows WHERE length(user_input) > 1000"
    assert collector.run("sql", statement, "--format", "csv", "--tls-ca", authority).split()[1] == str(len(text))
    assert found(collector, certificates) == 201


@pytest.mark.parametrize(
    ("name", "authority", "sentence"),
    [
        ("server", None, "not signed by an authority that is trusted here"),
        ("server", "other-ca", "not signed by an authority that is trusted here"),
        ("elsewhere", "ca", "another name than '127.0.0.1'"),
        ("expired", "ca", "has expired"),
        ("future", "ca", "is not valid yet"),
    ],
)
def test_a_certificate_that_is_not_to_be_trusted_is_named_and_gets_nothing(
    serving, certificates, client_of, name, authority, sentence
):
    collector = serving(name)
    client = client_of(collector.address, tls=True, tls_ca=authority and str(certificates / f"{authority}.pem"))
    assert sentence in error_of(client)
    assert client.report().unknown == 2


def test_what_waited_is_delivered_when_the_collector_is_trusted(serving, certificates, client_of):
    collector = serving("elsewhere")
    client = client_of(collector.address, tls_ca=str(certificates / "ca.pem"))
    assert "another name" in error_of(client)
    for ending in ("key", "pem"):
        (certificates / f"server.{ending}").replace(certificates / f"elsewhere.{ending}")
    collector.process.send_signal(signal.SIGHUP)
    assert client.flush(timeout=20).is_complete
    assert found(collector, certificates) == 1


def test_a_client_shows_its_certificate_where_one_is_wanted(serving, certificates, client_of):
    collector = serving("server", "--tls-client-ca", certificates / "ca.pem")
    settings = {"tls_ca": str(certificates / "ca.pem"), "spool": "memory"}

    def own(name):
        return {"tls_certificate": str(certificates / f"{name}.pem"), "tls_key": str(certificates / f"{name}.key")}

    client = client_of(collector.address, **settings, **own("client"))
    record(client)
    assert client.flush(timeout=20).is_complete
    for other in ({}, own("stranger")):
        assert "takes only clients with a certificate" in error_of(client_of(collector.address, **settings, **other))


def test_each_side_is_told_where_the_other_speaks_no_tls(serving, certificates, client_of):
    secured, plain = serving("server"), serving(None)
    assert "speaks TLS only: set TRACEWIRE_TLS=true" in error_of(client_of(secured.address, spool="memory"))
    assert "speaks no TLS" in error_of(client_of(plain.address, tls=True, spool="memory"))


def test_files_that_cannot_be_used_are_named(certificates, client_of):
    ca, client, key = (str(certificates / name) for name in ("ca.pem", "client.pem", "server.key"))
    assert "none.pem" in error_of(client_of("127.0.0.1:1", tls_ca=str(certificates / "none.pem"), spool="memory"))
    other = client_of("127.0.0.1:1", tls_ca=ca, tls_certificate=client, tls_key=key, spool="memory")
    assert "belong to each other" in error_of(other)


def test_a_handshake_that_stands_still_is_given_up(certificates, client_of):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = client_of(address, tls=True, connect_timeout=0.1, spool="memory")
        assert "no answer came in time" in error_of(client)


def test_the_end_of_a_client_is_a_goodbye_that_tls_knows(certificates, client_of):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    said = []

    def serve(listener):
        peer, _ = listener.accept()
        with context.wrap_socket(peer, server_side=True, suppress_ragged_eofs=False) as secured:
            said.append(secured.recv(4)[:4])
            # What nobody understands: the client ends the connection.
            secured.sendall(b"no frame of this protocol" * 4)
            while secured.recv(65536):
                pass
            said.append("goodbye")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        client = client_of(f"127.0.0.1:{listener.getsockname()[1]}", tls_ca=str(certificates / "ca.pem"), rare_backoff=60)
        record(client)
        thread.join(timeout=20)
    assert said == [b"TWIR", "goodbye"]


@pytest.mark.parametrize(
    ("variables", "uses"),
    [
        ({}, False),
        ({"TRACEWIRE_TLS": "true"}, True),
        ({"TRACEWIRE_TLS_CA": "/ca"}, True),
        ({"TRACEWIRE_TLS_CA": "/ca", "TRACEWIRE_TLS": "false"}, False),
        ({"TRACEWIRE_TLS": "", "TRACEWIRE_TLS_CA": ""}, False),
        ({"TRACEWIRE_TLS_CERTIFICATE": "/c", "TRACEWIRE_TLS_KEY": "/k"}, False),
    ],
)
def test_the_environment_switches_tls(variables, uses):
    assert configuration_from(variables).uses_tls == uses


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="TRACEWIRE_TLS is neither"):
        configuration_from({"TRACEWIRE_TLS": "maybe"})
    with pytest.raises(ValueError, match="go together"):
        tracewire.Configuration(tls=True, tls_key="/k").clamped()
    with pytest.raises(ValueError, match="neither True nor False"):
        tracewire.Configuration(tls="yes").clamped()  # type: ignore[arg-type]
