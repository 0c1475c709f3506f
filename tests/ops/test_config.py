"""The layers of the configuration, its refusals, and that code, file and page say the same."""

import re
import stat
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.config import Config, ConfigError, config_files, load, make_data_dir

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(Config.model_fields)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_without_any_layer_the_defaults_of_the_code_hold(folder: Path) -> None:
    config = load()

    assert (config.host, config.port, config.threads, config.processes) == ("127.0.0.1", 8080, 16, 1)
    assert config.data_dir == folder / "data"


def test_the_database_and_the_keys_are_in_the_data_directory_unless_said_otherwise(folder: Path) -> None:
    config = load(data_dir="elsewhere")

    assert config.database_url == f"sqlite:///{folder}/elsewhere/sternpost.db"
    assert config.keys_dir == folder / "elsewhere" / "keys"


def test_later_files_win_over_default_toml_whatever_their_names(folder: Path) -> None:
    write(folder, "config/default.toml", "threads = 2\nprocesses = 1\nlog_level = 'error'")
    write(folder, "config/a-site.toml", "threads = 3\nlog_level = 'warning'")
    write(folder, "config/b-site.toml", "threads = 4")

    config = load()

    assert (config.threads, config.log_level) == (4, "warning")


def test_the_named_file_wins_over_the_folder_and_the_environment_over_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "config/site.toml", "threads = 3\nmax_body_bytes = 2000\nrequest_timeout_s = 5")
    monkeypatch.setenv("STERNPOST_CONFIG", str(write(folder, "more.toml", "threads = 4\nmax_body_bytes = 3000")))
    monkeypatch.setenv("STERNPOST_THREADS", "5")

    config = load()

    assert (config.threads, config.max_body_bytes, config.request_timeout_s) == (5, 3000, 5)


def test_the_checkout_s_folder_is_read_when_the_working_directory_has_none() -> None:
    assert config_files()[0] == ROOT / "config" / "default.toml"


def test_an_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_THREADS", "")

    assert load().threads == 16


def test_variables_of_the_tests_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_TEST_ANYTHING", "x")

    assert load().threads == 16


def test_an_unknown_variable_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_THREAD", "4")

    with pytest.raises(ConfigError, match=r"STERNPOST_THREAD; the nearest allowed: STERNPOST_THREADS"):
        load()


def test_an_unknown_name_in_a_file_is_refused_with_the_file_and_the_nearest_name(folder: Path) -> None:
    write(folder, "config/site.toml", "max_body_byte = 4")

    with pytest.raises(ConfigError, match=r"'max_body_byte' in config/site.toml; the nearest allowed: max_body_bytes"):
        load()


def test_a_name_like_no_other_is_refused_with_all_allowed_ones(folder: Path) -> None:
    write(folder, "config/site.toml", "[zzz]\nqqq = 1")

    with pytest.raises(ConfigError, match=r"allowed are: admin_token, auto_migrate, .*trusted_proxies"):
        load()


def test_a_file_that_is_not_toml_is_named(folder: Path) -> None:
    write(folder, "config/site.toml", "threads 4")

    with pytest.raises(ConfigError, match=r"config/site.toml is not TOML"):
        load()


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_CONFIG", "absent.toml")

    with pytest.raises(ConfigError, match=r"Cannot read absent.toml .*STERNPOST_CONFIG"):
        load()


def test_several_processes_on_sqlite_are_refused_with_postgresql_as_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"STERNPOST_PROCESSES '4' .*PostgreSQL"):
        load(processes=4)


def test_several_processes_on_postgresql_are_accepted() -> None:
    assert load(processes=4, database_url="postgresql://localhost/x").processes == 4


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("listen", "8080", "ADDRESS:PORT"),
        ("listen", "127.0.0.1:70000", "ADDRESS:PORT"),
        ("threads", "0", "greater than or equal to 1"),
        ("threads", "many", "valid integer"),
        ("public_read", "perhaps", "valid boolean"),
        ("registration", "closed", "'off' or 'open'"),
        ("trusted_proxies", "10.0.0.0/8,proxy", "'proxy'"),
        ("public_url", "sternpost.example", "https://"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    monkeypatch.setenv(f"STERNPOST_{name.upper()}", value)

    with pytest.raises(ConfigError) as refusal:
        load()

    assert f"STERNPOST_{name.upper()}" in refusal.value.message
    assert "cannot be used" in refusal.value.message
    assert remedy in refusal.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("admin_token", "short-secret"),
        ("database_url", "mysql://root:short-secret@localhost/x"),
        ("database_url", "sqlite:///:memory:"),
    ],
)
def test_a_refused_value_that_may_hold_a_secret_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(**{name: value})

    assert f"STERNPOST_{name.upper()} cannot be used: write" in refusal.value.message
    assert value not in refusal.value.message


def test_secrets_are_not_in_the_printed_form() -> None:
    config = load(admin_token=SecretStr("a" * 30), database_url="postgresql://me:hidden@localhost/x")

    assert "aaa" not in repr(config)
    assert "hidden" not in repr(config)


def test_proxies_are_a_comma_list_in_the_environment_and_a_list_in_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "config/site.toml", "trusted_proxies = ['10.0.0.1', '10.1.0.0/16']")
    from_file = load().trusted_proxies
    monkeypatch.setenv("STERNPOST_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16")

    assert from_file == load().trusted_proxies == ("10.0.0.1", "10.1.0.0/16")


@pytest.mark.parametrize(("listen", "host", "port"), [("[::1]:0", "::1", 0), ("0.0.0.0:443", "0.0.0.0", 443)])
def test_the_address_is_split_into_host_and_port(listen: str, host: str, port: int) -> None:
    config = load(listen=listen)

    assert (config.host, config.port) == (host, port)


def test_the_configuration_cannot_be_changed_after_it_was_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().threads = 3


def test_the_data_directory_is_made_for_its_owner_only(data_dir: Path) -> None:
    make_data_dir(load(data_dir=data_dir))

    assert [stat.S_IMODE(path.stat().st_mode) for path in (data_dir, data_dir / "run")] == [0o700, 0o700]


def test_a_data_directory_that_cannot_be_made_is_named_with_the_remedy(folder: Path) -> None:
    write(folder, "file", "")

    with pytest.raises(ConfigError, match=r"Cannot make the folder .*/file/data .*STERNPOST_DATA_DIR"):
        make_data_dir(load(data_dir=folder / "file" / "data"))


@pytest.mark.parametrize("name", NAMES)
def test_default_toml_gives_the_default_of_the_code_and_its_meaning(name: str) -> None:
    text = (ROOT / "config" / "default.toml").read_text()

    assert tomllib.loads(text)[name] == plain_default(name)
    assert re.search(rf"^# {re.escape(meaning(name))}\n{name} = ", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_the_configuration_has_the_row_of_each_name(name: str) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    default = plain_default(name)
    shown = ",".join(default) if isinstance(default, list) else str(default).lower()

    assert f"| `{name}` | `STERNPOST_{name.upper()}` | {f'`{shown}`' if shown else ''} | {meaning(name)} |" in page


def test_the_page_and_the_file_have_no_row_too_many() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    file = tomllib.loads((ROOT / "config" / "default.toml").read_text())

    assert re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE) == list(file) == list(NAMES)


def plain_default(name: str) -> object:
    default = Config.model_fields[name].default
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, Path):
        return "" if default == Path() else f"./{default}"
    return list(default) if isinstance(default, tuple) else default


def meaning(name: str) -> str:
    return str(Config.model_fields[name].description)
