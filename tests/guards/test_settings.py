"""CFG-02: unsafe settings are refused in one sentence; safe ones need nothing."""

from __future__ import annotations

import runpy
import stat
from pathlib import Path

import pytest

from crm_app.domain.outbox.rules import read_sender
from crm_app.infrastructure.outbound_addresses import Allowance, read_allowances
from crm_app.jobs.runner import PATIENT_WORKERS
from crm_app.settings import SECRET_FILE, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
GOOD = "k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "PUBLIC_URL", "DATABASE_URL", "MINDFULCRM_HOST", "MINDFULCRM_PORT", "MINDFULCRM_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


BAD = [
    ({"host": "0.0.0.0"}, "PUBLIC_URL"),
    ({"host": "::"}, "PUBLIC_URL"),
    ({"host": "192.0.2.7"}, "PUBLIC_URL"),
    ({"host": "crm.example.org"}, "PUBLIC_URL"),
    ({"public_url": "http://crm.example.org", "secret_key": GOOD}, "https://"),
    ({"public_url": "crm.example.org", "secret_key": GOOD}, "https://"),
    ({"public_url": "https://", "secret_key": GOOD}, "https://"),
    ({"public_url": "https://crm.example.org"}, "SECRET_KEY"),
    ({"secret_key": "short"}, "too weak"),
    ({"secret_key": "a" * 64}, "too weak"),
    ({"secret_key": "abababab" * 8}, "too weak"),
    ({"port": 70000}, "MINDFULCRM_PORT"),
    ({"port": "eighty"}, "MINDFULCRM_PORT"),
    ({"db_pool_size": 0}, "MINDFULCRM_DB_POOL_SIZE"),
    ({"db_job_pool_size": 2}, "MINDFULCRM_DB_JOB_POOL_SIZE"),
    ({"log_level": "LOUD"}, "MINDFULCRM_LOG_LEVEL"),
    ({"smtp_host": "mail.example.org"}, "SMTP_FROM is required"),
    ({"smtp_host": "mail.example.org", "smtp_from": "nobody"}, "SMTP_FROM must be an address"),
    ({"smtp_host": "mail.example.org", "smtp_from": "crm@example.org", "smtp_security": "ssl"}, "SMTP_SECURITY"),
    ({"smtp_host": "mail.example.org", "smtp_from": "crm@example.org", "smtp_security": "none", "smtp_password": "x"}, "without encryption"),
    ({"smtp_port": 0}, "SMTP_PORT"),
    ({"inner_hosts": "mail.lan"}, "MINDFULCRM_INNER_HOSTS"),
    ({"inner_hosts": "mail.lan:25, 0x7f.1:25"}, "0x7f.1:25"),
    ({"inner_hosts": "mail.lan:70000"}, "mail.lan:70000"),
    ({"inner_hosts": "mail.lan:²5"}, "MINDFULCRM_INNER_HOSTS"),
    ({"max_upload_mb": 100000}, "MINDFULCRM_MAX_UPLOAD_MB"),
]


@pytest.mark.parametrize(("values", "words"), BAD)
def test_cfg_02_a_bad_setting_is_refused_by_name(values: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(data_dir=tmp_path / "data", **values)
    assert words in str(refused.value)
    assert str(values.get("secret_key", "never shown")) not in str(refused.value)


def test_the_secret_is_made_once_kept_private_and_never_shown(tmp_path: Path) -> None:
    first = load_settings(data_dir=tmp_path / "data")
    again = load_settings(data_dir=tmp_path / "data")
    assert first.key == again.key
    assert len(first.key) >= 32
    assert stat.S_IMODE((tmp_path / "data" / SECRET_FILE).stat().st_mode) == 0o600
    assert first.key.decode() not in repr(first) + str(first.model_dump())


def test_tok_06_a_lost_secret_beside_a_database_is_refused_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "data" / "postgres" / "pgdata").mkdir(parents=True)
    with pytest.raises(SettingsError, match="put the file back"):
        load_settings(data_dir=tmp_path / "data")
    assert not (tmp_path / "data" / SECRET_FILE).exists()


def test_production_with_everything_given_is_taken(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, host="0.0.0.0", public_url="https://crm.example.org/", secret_key=GOOD)
    assert settings.is_production
    assert settings.public_url == "https://crm.example.org"


def test_mail_is_set_up_with_three_lines_and_inner_hosts_are_read_one_by_one(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, smtp_host="mail.lan", smtp_from="Stillwater <crm@example.org>", inner_hosts=" Mail.LAN.:25,[fd00::5]:587, ,10.0.0.4:2525 ")
    assert (settings.smtp_port, settings.smtp_security) == (587, "starttls")
    assert str(read_sender(settings.smtp_from)) == "Stillwater <crm@example.org>" and str(read_sender("crm@bücher.example")) == "MindfulCRM <crm@xn--bcher-kva.example>"
    assert read_allowances(settings.inner_hosts) == {Allowance("mail.lan", 25), Allowance("fd00::5", 587), Allowance("10.0.0.4", 2525)}


def test_the_configuration_page_is_not_stale() -> None:
    render = runpy.run_path(str(ROOT / "scripts" / "write_configuration_docs.py"))["render"]
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == render()


def test_the_page_for_hosts_counts_the_connections_as_they_are() -> None:
    """Two pools, room in one of them for who waits, one that listens, one that leads, two more while it starts or backs up."""
    settings = load_settings()
    said = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    pages, work = settings.db_pool_size, settings.db_job_pool_size
    counted = f"({pages} and {work}), three for jobs that wait for others' servers, one that listens, one that leads, and two more while it starts or backs up"
    assert PATIENT_WORKERS == 3 and f"{counted}: {pages + work + 7} in all." in said
