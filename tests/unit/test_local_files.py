from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wirecopy.errors import ServerError
from wirecopy.local import elasticsearch, files


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Unlike pytest's own folders, one that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


def test_a_closed_folder_anywhere_above_hides_what_is_below(open_folder: Path) -> None:
    deep = open_folder / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert files.reachable_for_others(deep)
    (open_folder / "a").chmod(0o700)
    assert not files.reachable_for_others(deep)
    assert not files.reachable_for_others(open_folder / "a" / "not" / "there" / "yet")


def test_only_root_keeps_elasticsearch_elsewhere_and_only_when_it_must(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_folder / "data"
    data.mkdir()
    monkeypatch.setattr(files, "is_root", lambda: True)
    assert files.elasticsearch_folder(data) == data
    data.chmod(0o700)
    elsewhere = files.elasticsearch_folder(data)
    assert elsewhere.parent == files.SHARED_ROOT
    assert files.elasticsearch_folder(data) == elsewhere, "the same folder at every start"
    assert files.elasticsearch_folder(data / "other") != elsewhere
    monkeypatch.setattr(files, "is_root", lambda: False)
    assert files.elasticsearch_folder(data) == data


def test_a_new_folder_is_open_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        made = files.make_folder(tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755
    made.chmod(0o711)
    assert stat.S_IMODE(files.make_folder(made).stat().st_mode) == 0o711


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "planted").symlink_to(tmp_path / "target")
    with pytest.raises(ServerError, match="belongs to another user"):
        files.make_folder(tmp_path / "planted")


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match=r"local\.data_dir"):
        files.make_folder(tmp_path / "file" / "folder")


def test_a_lock_is_held_by_one_at_a_time_and_freed_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    taken = pytest.raises(ServerError, match=rf"in use \(process {os.getpid()}\)")
    with files.locked(path, "in use"), taken, files.locked(path, "in use"):
        pass
    with files.locked(path, "in use"):
        pass


def test_documents_of_a_deleted_data_folder_are_not_found_again(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (elsewhere / "documents").write_text("of an earlier run")
    elasticsearch.forget_deleted(data, elsewhere)
    assert not elsewhere.exists()
    elsewhere.mkdir()
    (elsewhere / "documents").write_text("of this one")
    elasticsearch.forget_deleted(data, elsewhere)
    assert (elsewhere / "documents").read_text() == "of this one"


def test_documents_inside_the_data_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch").mkdir()
    elasticsearch.forget_deleted(tmp_path, tmp_path / "elasticsearch")
    assert (tmp_path / "elasticsearch").is_dir()
