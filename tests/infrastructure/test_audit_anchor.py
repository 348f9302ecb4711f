"""What the anchors beside the database find: a log that was cut off, rewritten or put back."""

from __future__ import annotations

from crm_app.infrastructure.audit_anchor import ANCHOR_FILE, Anchors

LOG = {number: bytes([number]) * 32 for number in range(1, 10)}


def test_a_log_that_grew_is_the_one_that_was_anchored(tmp_path):
    anchors = Anchors(tmp_path, b"key")
    assert anchors.fault(LOG.get) == "" and not (tmp_path / ANCHOR_FILE).exists()
    for seq in (2, 5, 5, 9):
        anchors.write((seq, LOG[seq]))
    assert len((tmp_path / ANCHOR_FILE).read_text().splitlines()) == 3, "nothing new, no line"
    assert anchors.fault(LOG.get) == ""


def test_a_cut_end_and_another_entry_are_found(tmp_path):
    anchors = Anchors(tmp_path, b"key")
    anchors.write((5, LOG[5]))
    assert "the last of them are gone" in anchors.fault({number: LOG[number] for number in range(1, 5)}.get)
    assert "is not the one that stood there" in anchors.fault({**LOG, 5: bytes(32)}.get)


def test_a_line_that_somebody_else_wrote_is_found(tmp_path):
    anchors = Anchors(tmp_path, b"key")
    anchors.write((5, LOG[5]))
    path = tmp_path / ANCHOR_FILE
    path.write_text(path.read_text().replace('"entries": 5', '"entries": 4'))
    assert "was not written by this deployment" in anchors.fault(LOG.get)
    assert "was not written by this deployment" in Anchors(tmp_path, b"another key").fault(LOG.get)


def test_after_a_restore_what_was_noted_before_no_longer_binds(tmp_path):
    anchors = Anchors(tmp_path, b"key")
    anchors.write((9, LOG[9]))
    anchors.write((3, LOG[3]), restored=True)
    short = {number: LOG[number] for number in range(1, 5)}
    assert anchors.fault(short.get) == ""
    anchors.write((4, LOG[4]))
    assert anchors.fault(short.get) == ""
    assert anchors.fault({number: LOG[number] for number in range(1, 4)}.get) != ""
    anchors.write(None, restored=True)
    assert anchors.fault({}.get) == ""
