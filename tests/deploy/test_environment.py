"""The virtual environment: installed once, again when it must be, and with a pip from wherever there is one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.scripts import bootstrap, script


@pytest.fixture
def work(copy: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What rebuilding does, noted instead of done."""
    done: list[str] = []

    def create(venv: Path) -> None:
        done.append("create")
        shutil.rmtree(venv, ignore_errors=True)
        script(venv / "bin" / "python", "")

    monkeypatch.setattr(bootstrap, "ROOT", copy)
    monkeypatch.setattr(bootstrap, "create", create)
    monkeypatch.setattr(bootstrap, "install", lambda python, lock: done.append("install"))
    return done


@pytest.fixture
def prepare(copy: Path) -> Callable[[], None]:
    return lambda: bootstrap.prepare(copy / ".venv", copy / "requirements.txt")


def test_the_second_start_installs_nothing(work: list[str], prepare: Callable[[], None]) -> None:
    prepare()
    prepare()
    assert work == ["create", "install"]


def test_a_new_lock_installs_into_the_same_environment(copy: Path, work: list[str], prepare: Callable[[], None]) -> None:
    prepare()
    (copy / "requirements.txt").write_text("django==6.0")
    prepare()
    assert work == ["create", "install", "install"]


def test_another_python_starts_afresh(work: list[str], prepare: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    monkeypatch.setattr(bootstrap.platform, "python_version", lambda: "3.99.0")
    prepare()
    assert work == ["create", "install"] * 2


def test_an_environment_whose_python_is_gone_starts_afresh(copy: Path, work: list[str], prepare: Callable[[], None]) -> None:
    prepare()
    python = copy / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    prepare()
    assert work == ["create", "install"] * 2


def test_an_interrupted_installation_leaves_no_stamp(
    copy: Path, work: list[str], prepare: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    (copy / "requirements.txt").write_text("django==6.0")

    def interrupted(python: Path, lock: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(bootstrap, "install", interrupted)
        prepare()
    assert not (copy / ".venv/handoff.stamp").exists()
    prepare()
    assert work == ["create", "install"] * 2


def test_a_lock_that_does_not_install_is_told_and_leaves_no_stamp(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", copy)
    monkeypatch.setattr(bootstrap, "find_pip", lambda python, scratch: ["false"])
    with pytest.raises(bootstrap.Stop, match=r"^pip could not install requirements\.txt: .* run it again\.$"):
        bootstrap.prepare(copy / ".venv", copy / "requirements.txt")
    assert not (copy / ".venv/handoff.stamp").exists()


# --- A pip for a Python without ensurepip -------------------------------------------------------------------------------------------------


def page(folder: Path, *wheels: tuple[str, str]) -> None:
    (folder / "pip").mkdir()
    links = (f'<a href="../files/{name}#sha256={digest}" data-requires-python="&gt;=3.9">{name}</a>' for name, digest in wheels)
    (folder / "pip" / "index.html").write_text("<!DOCTYPE html>\n" + "<br>\n".join(links))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index, of which the administrator's setting tells. Its folder stands for its server."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple/")
    shelf = tmp_path / "index"
    (shelf / "files").mkdir(parents=True)

    def fetch(address: str) -> bytes:
        path = address.removeprefix("http://index.invalid/simple/")
        return (shelf / path / "index.html" if path.endswith("/") else shelf / path).read_bytes()

    monkeypatch.setattr(bootstrap, "fetch", fetch)
    return shelf


def test_the_newest_pip_comes_from_the_configured_index(index: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"the wheel").hexdigest()
    page(index, *((f"pip-{version}-py3-none-any.whl", digest) for version in ("9.0", "25.10", "26.1", "25.2", "99.0")))
    (index / "files" / "pip-26.1-py3-none-any.whl").write_bytes(b"the wheel")
    wheel = bootstrap.wheel_from_index(tmp_path)
    assert (wheel.name, wheel.read_bytes()) == ("pip-26.1-py3-none-any.whl", b"the wheel")


def test_a_pip_that_does_not_match_its_digest_is_refused(index: Path, tmp_path: Path) -> None:
    page(index, ("pip-26.1-py3-none-any.whl", "0" * 64))
    (index / "files" / "pip-26.1-py3-none-any.whl").write_bytes(b"another wheel")
    with pytest.raises(bootstrap.Stop, match="does not match its digest"):
        bootstrap.wheel_from_index(tmp_path)
    assert not list(tmp_path.glob("*.whl"))


def test_an_index_without_pip_or_out_of_reach_is_passed_over(index: Path, tmp_path: Path) -> None:
    assert bootstrap.wheel_from_index(tmp_path) is None
    page(index)
    assert bootstrap.wheel_from_index(tmp_path) is None


def test_the_index_is_read_from_pips_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://index.invalid/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert bootstrap.configured_index() == "http://index.invalid/simple"


def test_without_any_pip_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "output_of", lambda command: None)
    for source in ("wheel_in", "wheel_from_index", "wheel_from_debian"):
        monkeypatch.setattr(bootstrap, source, lambda place: None)
    with pytest.raises(bootstrap.Stop, match="apt-get install python3-venv"):
        bootstrap.find_pip(tmp_path / "python", tmp_path)
