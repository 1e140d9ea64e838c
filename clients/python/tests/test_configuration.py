"""Settings, from arguments and from the environment. A bad one records nothing, and says so once."""

import math
import os
import pathlib
import threading

import pytest

import tracewire
from tracewire.addresses import Address, parse_address, parse_addresses
from tracewire.configuration import configuration_from
from tracewire.spool import default_directory


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """No default client, and an environment that says nothing but where nobody is."""
    monkeypatch.setattr("tracewire.default._client", None)
    for name in list(os.environ):
        if name.startswith("TRACEWIRE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRACEWIRE_CONNECT", "127.0.0.1:1")
    monkeypatch.setenv("TRACEWIRE_SPOOL", str(tmp_path / "spool"))
    yield monkeypatch
    tracewire.shutdown(timeout=0.0)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("traces.internal:4800", ("traces.internal", 4800)),
        ("traces.internal", ("traces.internal", 4747)),
        ("[::1]:5000", ("::1", 5000)),
        ("[::1]", ("::1", 4747)),
    ],
)
def test_addresses_are_a_host_and_perhaps_a_port(text, address):
    assert parse_address(text) == Address(*address)


@pytest.mark.parametrize("text", ["", ":5000", "5000", "a:", "a:0", "a:65536", "a:x", "[::1", "[]:5", "[::1]5", "a,,b", "a, "])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=r"missing|port|bracket"):
        parse_addresses(text)


def test_an_address_is_written_as_it_is_read():
    assert [str(one) for one in parse_addresses("a:1, [::1]:2")] == ["a:1", "[::1]:2"]


def test_the_environment_changes_the_defaults():
    found = configuration_from(
        {
            "TRACEWIRE_CONNECT": "a:1, b",
            "TRACEWIRE_TOKEN": "t",
            "TRACEWIRE_SPOOL": "Memory",
            "TRACEWIRE_SAMPLE_RATE": "0.25",
            "TRACEWIRE_ENABLED": "Off",
        }
    )
    assert found.addresses == (Address("a", 1), Address("b", 4747))
    assert (found.token, found.spool, found.sample_rate, found.enabled) == ("t", "memory", 0.25, False)
    assert "t'" not in repr(found)


def test_an_empty_variable_is_none():
    empty = dict.fromkeys(
        ("TRACEWIRE_CONNECT", "TRACEWIRE_TOKEN", "TRACEWIRE_SPOOL", "TRACEWIRE_SAMPLE_RATE", "TRACEWIRE_ENABLED"), ""
    )
    assert configuration_from(empty) == configuration_from({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACEWIRE_CONNECT", "nonsense:port"),
        ("TRACEWIRE_SPOOL", "relative/path"),
        ("TRACEWIRE_SAMPLE_RATE", "2"),
        ("TRACEWIRE_SAMPLE_RATE", "nan"),
        ("TRACEWIRE_SAMPLE_RATE", "half"),
        ("TRACEWIRE_ENABLED", "maybe"),
    ],
)
def test_a_bad_variable_records_nothing_and_says_so_once(nobody, caplog, name, value):
    nobody.setenv(name, value)
    nobody.setattr("tracewire.notices.general._said", set())
    for _ in range(3):
        with tracewire.workflow("w") as workflow:
            assert not workflow.is_recording
    assert [record.message for record in caplog.records if name in record.message] == [
        record.message for record in caplog.records
    ]
    assert len(caplog.records) == 1
    assert name in tracewire.report().error


@pytest.mark.parametrize(
    "settings",
    [
        {"sample_rate": 7}, {"sample_rate": "7"}, {"compression": "gzip"}, {"compression": []}, {"spool": "x"}, {"spool": 7},
        {"colour": 1}, {"connect": "5"}, {"connect": 4747}, {"connect": b"host"}, {"value_limit": "a"}, {"batch_bytes": []},
        {"value_limit": float("nan")}, {"backoff": 5}, {"backoff": (1,)}, {"backoff": ("a", "b")}, {"batch_delay": "soon"},
        {"batch_delay": float("nan")}, {"connect_timeout": ()}, {"silence_timeout": "x"}, {"rare_backoff": "x"},
        {"exit_drain": "x"}, {"segment_bytes": 1j}, {"spool_limit": "1G"}, {"batch_records": float("inf")},
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_argument_records_nothing_and_raises_nothing(nobody, settings):
    client = tracewire.init(**settings)
    assert not client.is_recording
    assert next(iter(settings)) in client.report().error
    with tracewire.workflow("w") as workflow:
        assert not workflow.is_recording


def test_numbers_out_of_their_range_are_moved_into_it():
    most = threading.TIMEOUT_MAX
    found = tracewire.Configuration(
        batch_delay=-1, connect_timeout=math.inf, silence_timeout=0, backoff=(-1, math.inf), rare_backoff=1e300, exit_drain=-1.5,
        value_limit=1e9, batch_records=0, batch_bytes=True, stream_window_log=99,
    ).clamped()  # fmt: skip
    assert (found.batch_delay, found.connect_timeout, found.silence_timeout, found.exit_drain) == (0, most, 0.001, 0)
    assert (found.backoff, found.rare_backoff) == ((0, most), most)
    assert (found.value_limit, found.batch_records, found.batch_bytes, found.stream_window_log) == (64 << 20, 1, 1024, 20)


def test_an_environment_that_cannot_be_read_records_nothing(nobody):
    nobody.setattr("tracewire.default.configuration_from", None)
    assert not tracewire.client().is_recording
    assert tracewire.report().error


@pytest.mark.parametrize("configuration", [5, "127.0.0.1:1", object()], ids=str)
def test_a_client_of_no_configuration_records_nothing(configuration):
    client = tracewire.Client(configuration)
    assert not client.start_workflow("w").is_recording
    assert client.report().error


def test_arguments_come_before_the_environment(nobody, tmp_path):
    nobody.setenv("TRACEWIRE_SAMPLE_RATE", "nonsense")
    client = tracewire.init("h:1", sample_rate=1, spool=pathlib.Path(tmp_path / "other"), batch_records=10_000)
    assert client.is_recording
    assert client.configuration.addresses == (Address("h", 1),)
    assert client.configuration.spool == str(tmp_path / "other")
    assert client.configuration.batch_records == 4096


def test_without_init_the_environment_says_everything(nobody):
    assert tracewire.client().configuration.addresses == (Address("127.0.0.1", 1),)
    assert tracewire.client() is tracewire.client()


def test_the_spool_is_where_state_is_kept(monkeypatch):
    monkeypatch.setenv("HOME", "/home/mina")
    assert default_directory({"XDG_STATE_HOME": "/state"}) == "/state/tracewire/spool"
    assert default_directory({"XDG_STATE_HOME": "relative"}) == "/home/mina/.local/state/tracewire/spool"


def test_the_token_goes_to_the_collector_and_nowhere_else(client_of, caplog):
    from support.fake_collector import FakeCollector

    fake = FakeCollector(acknowledged=9)
    client = client_of(fake.address, token="hunter2")
    client.start_workflow("w")
    assert client.flush(timeout=20).committed == 1
    client.shutdown(timeout=5)
    fake.stop()
    (hello,) = fake.hellos
    assert hello["token"] == "hunter2"
    assert (hello["client_name"], hello["epoch"], hello["next_sequence"]) == ("tracewire-python", 1, 1)
    assert "hunter2" not in caplog.text + repr(client.configuration) + repr(client.report())


def test_a_client_of_a_bad_configuration_records_nothing():
    client = tracewire.Client(tracewire.Configuration(sample_rate=7))
    assert not client.start_workflow("w").is_recording
    assert "sample_rate" in client.report().error
