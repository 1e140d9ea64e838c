import pytest

import tracewire
from support.collector import Collector
from support.recorded import silent_client
from tracewire.addresses import parse_addresses
from tracewire.notices import general


@pytest.fixture
def collector(tmp_path):
    place = tmp_path / "collector"
    place.mkdir()
    collector = Collector(place)
    yield collector
    collector.kill()


@pytest.fixture
def client_of(tmp_path):
    """Makes clients with a spool of the test's own, and ends them with the test."""
    made = []

    def make(address, **settings):
        settings = {"spool": str(tmp_path / "spool"), "batch_delay": 0.002, "backoff": (0.005, 0.02), **settings}
        client = tracewire.Client(tracewire.Configuration(addresses=parse_addresses(address), **settings))
        made.append(client)
        return client

    yield make
    for client in made:
        client.shutdown(timeout=0.0)


@pytest.fixture
def quiet_client():
    """A client that records into memory and reaches nobody."""
    client = silent_client()
    yield client
    client.shutdown(timeout=0.0)


@pytest.fixture
def default_client(quiet_client, monkeypatch):
    """The same, used by the functions of the module."""
    monkeypatch.setattr("tracewire.default._client", quiet_client)
    return quiet_client


@pytest.fixture
def default_client_of(monkeypatch):
    """Makes clients that record into memory, with settings of their own. The functions of the module use the last one."""
    made = []

    def make(**settings):
        made.append(silent_client(**settings))
        monkeypatch.setattr("tracewire.default._client", made[-1])
        return made[-1]

    yield make
    for client in made:
        client.shutdown(timeout=0.0)


@pytest.fixture(autouse=True)
def nothing_went_wrong_before():
    """What went wrong in the test before, and belonged to no client, counts in the reports of all."""
    general.failures = general.refusals = 0


@pytest.fixture(autouse=True)
def nothing_is_current():
    """No test leaves a workflow behind in the context of the next."""
    yield
    assert tracewire.current_workflow() is tracewire.current_node() is None
