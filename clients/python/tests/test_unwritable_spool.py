"""A spool's file that cannot be written: what the program is told, and that nothing is lost for it."""

import errno
import logging
import os

import pytest

from support.fake_collector import FakeCollector
from support.waiting import wait_until
from tracewire.codes import Code
from tracewire.notices import general
from tracewire.owner import OWNER_BYTES, OwnerFile
from tracewire.unwritable import UnwritableFile

NEXT = "that is tried again, and nothing is lost: make room on its disk, or look at its permissions"


@pytest.fixture
def broken_disk(monkeypatch):
    """Whether writes to owner files fail, as they do on a disk that is gone. Nothing else is written with `os.pwrite` here."""
    state = {"fails": False}
    write = os.pwrite

    def pwrite(descriptor, data, offset):
        if state["fails"]:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return write(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    return state


def owner_of(tmp_path):
    (spool,) = [path for path in (tmp_path / "spool").iterdir() if path.is_dir()]
    return spool / "owner"


def test_an_epoch_that_cannot_be_written_is_said_with_the_file_and_the_reason(
    collector, client_of, broken_disk, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(general, "_said", set())
    caplog.set_level(logging.INFO, "tracewire")
    client = client_of(collector.address)
    broken_disk["fails"] = True
    client.start_workflow("w")
    wait_until(lambda: client._runtime._sender.link._fruitless > 3)
    what = f"the spool's file {owner_of(tmp_path)} cannot be written: Input/output error; {NEXT}"
    assert client.report().error == what
    messages = [record.message for record in caplog.records if "cannot be written" in record.message]
    assert messages == [f"tracewire: nothing is delivered, and what is recorded waits: {what}"]
    broken_disk["fails"] = False
    assert client.flush(timeout=20).is_complete


def test_an_acknowledgement_that_cannot_be_written_is_said_and_the_batch_counts_once(collector, client_of, broken_disk, tmp_path):
    client = client_of(collector.address)
    client.start_workflow("first")
    assert client.flush(timeout=20).is_complete
    broken_disk["fails"] = True
    client.start_workflow("second")
    wait_until(lambda: client.report().error is not None)
    assert client.report().error == f"the spool's file {owner_of(tmp_path)} cannot be written: Input/output error; {NEXT}"
    broken_disk["fails"] = False
    assert client.flush(timeout=20).is_complete
    assert collector.value("SELECT count(*) FROM workflows") == 2


def test_a_new_producer_that_cannot_be_written_is_no_defect(client_of, tmp_path, caplog):
    fake = FakeCollector(refusal=(Code.PRODUCER_EXPIRED, "it is unknown"))
    client = client_of(fake.address)
    client.start_workflow("first")
    wait_until(lambda: fake.hellos)

    def fail(producer, destination):
        raise UnwritableFile(str(owner_of(tmp_path)), OSError(errno.EIO, os.strerror(errno.EIO)))

    client._runtime._spool.owner.write = fail
    client._runtime._sender.link._renumberings = 0
    client.start_workflow("second")
    what = f"the spool's file {owner_of(tmp_path)} cannot be written: Input/output error; {NEXT}"
    wait_until(lambda: client.report().error == what)
    assert not [record for record in caplog.records if "defect" in record.message]
    fake.stop()


def test_a_file_that_has_no_room_is_named(tmp_path, monkeypatch):
    def posix_fallocate(descriptor, offset, count):
        assert count == OWNER_BYTES
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", posix_fallocate)
    path = str(tmp_path / "owner")
    owner = OwnerFile.locked(path, os.O_EXCL)
    with pytest.raises(UnwritableFile, match=f"{path} cannot be written: No space left on device"):
        owner.write(bytes(16), "127.0.0.1:4747")
    owner.close()
