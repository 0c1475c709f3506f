"""One typed, frozen value with everything an operator can set, read from TOML files and the environment.

Later layers win: the defaults below, `config/*.toml` in order of their names, the file that `STERNPOST_CONFIG` names,
`STERNPOST_*` variables. `config/` is that of the working directory, or else that of the checkout.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from app.config_checks import check_mail_from, check_networks, check_smtp_url, read_table, split_commas, split_listen
from app.config_mails import StepMail, StepName
from app.core.errors import SternpostError

PREFIX = "STERNPOST_"
MORE_FILE = "STERNPOST_CONFIG"
TEST_PREFIX = "STERNPOST_TEST_"
_CHECKOUT = Path(__file__).resolve().parent.parent / "config"
_SHORTEST_TOKEN = 20


Networks = Annotated[tuple[str, ...], BeforeValidator(split_commas), AfterValidator(check_networks)]


class ConfigError(SternpostError):
    """The configuration cannot be used as it is; the message names the value and the remedy."""


class Config(BaseModel):
    """Everything an operator can set; `load` builds it.

    `data_dir` and `keys_dir` are absolute, `database_url` and `keys_dir` are filled in when they were left empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    listen: str = Field("127.0.0.1:8080", description="Address and port to serve on; port 0 takes a free one.")
    data_dir: Path = Field(
        Path("./data"), description="Folder of all that is kept; made with mode 0700 when it is missing."
    )
    database_url: str = Field(
        "",
        repr=False,
        description="`sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; "
        "empty means `sternpost.db` in the data directory.",
    )
    keys_dir: Path = Field(
        Path(), description="Folder of the encryption, tag and signing keys; empty means `keys` in the data directory."
    )
    admin_token: SecretStr = Field(
        SecretStr(""),
        description="Shared secret of the tenants' admin API (header `X-Admin-Token`), at least 20 characters; "
        "empty closes it.",
    )
    threads: int = Field(16, ge=1, le=512, description="Requests that one process answers at the same time.")
    processes: int = Field(1, ge=1, le=128, description="Serving processes; more than 1 needs PostgreSQL.")
    max_body_bytes: int = Field(8_388_608, ge=1024, description="Largest request body.")
    max_upload_bytes: int = Field(
        268_435_456, ge=1024, description="Largest body that brings an archive as a file of a multipart form."
    )
    panel_max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body of a panel's dashboard.")
    panel_requests_per_s: int = Field(50, ge=0, description="Requests per second of one panel key; 0 sets no limit.")
    request_timeout_s: int = Field(
        60, ge=1, le=3600, description="Seconds that a request may take before it is cancelled."
    )
    public_read: bool = Field(
        default=False, description="Answer reads of version 25 without a credential from the `public` tenant."
    )
    registration: Literal["off", "open"] = Field(
        "off", description="Whether people may register at `/auth/register` and get a tenant: `off` or `open`."
    )
    domain_token_days: int = Field(5, ge=1, le=365, description="Days that a token of `POST /token` opens its tenant.")
    trusted_proxies: Networks = Field(
        (),
        description="Addresses or networks whose `X-Forwarded-*` headers are believed; "
        "separated by commas in the environment.",
    )
    public_url: str = Field(
        "", description="URL under which people reach the server, for links in mails; empty means that of `listen`."
    )
    smtp_url: Annotated[SecretStr, AfterValidator(check_smtp_url)] = Field(
        SecretStr(""),
        description="Mail server: `smtp://HOST:25`, `smtps://USER:PASSWORD@HOST:465` or "
        "`smtp+starttls://USER:PASSWORD@HOST:587`; empty sends no mail.",
    )
    mail_from: Annotated[str, AfterValidator(check_mail_from)] = Field(
        "sternpost@localhost", description="Address that mails come from."
    )
    mail_steps: Annotated[dict[StepName, StepMail], BeforeValidator(read_table)] = Field(
        {}, description="Mails about change requests: a table for each step, see below; none sends no such mail."
    )
    webhook_networks: Networks = Field(
        (),
        description="Private addresses or networks that webhooks may reach beside public ones; "
        "separated by commas in the environment.",
    )
    webhook_timeout_s: int = Field(10, ge=1, le=60, description="Seconds that the target of a webhook may take.")
    notice_log_days: int = Field(
        30, ge=1, le=3650, description="Days for which it is kept what webhooks were told and which mails were sent."
    )
    event_retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after which logins and refusals leave the log, each run of them for one event; "
        "0 means never.",
    )
    report_retention_days: int = Field(
        30, ge=1, le=3650, description="Days that nodes' runs are kept; the newest of each node stays."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="`debug`, `info`, `warning` or `error`."
    )
    auto_migrate: bool = Field(default=True, description="Apply pending database migrations when `serve` starts.")
    docs_public: bool = Field(
        default=True, description="Show the API documents under `/api/docs` without a credential."
    )

    @property
    def host(self) -> str:
        """Give the address part of `listen`, an IPv6 one without brackets."""
        return split_listen(self.listen)[0]

    @property
    def port(self) -> int:
        """Give the port part of `listen`; 0 means any free one."""
        return split_listen(self.listen)[1]

    @property
    def link_base(self) -> str:
        """Give what links in mails begin with."""
        return self.public_url or f"http://{self.listen}"

    @property
    def run_dir(self) -> Path:
        """Name the folder of what lives as long as one start: tokens, the URL."""
        return self.data_dir / "run"

    @property
    def uses_sqlite(self) -> bool:
        """Tell the embedded database from PostgreSQL."""
        return self.database_url.startswith("sqlite:")

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: str) -> str:
        split_listen(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _fill_database_url(cls, value: str, info: ValidationInfo) -> str:
        if not value and "data_dir" in info.data:
            return f"sqlite:///{info.data['data_dir']}/sternpost.db"
        if value.startswith("sqlite:///") and value != "sqlite:///" and ":memory:" not in value:
            return value
        if value.startswith(("postgresql://", "postgresql+psycopg://")):
            return value
        raise ValueError("write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")

    @field_validator("keys_dir")
    @classmethod
    def _fill_keys_dir(cls, value: Path, info: ValidationInfo) -> Path:
        if value == Path() and "data_dir" in info.data:
            return Path(info.data["data_dir"]) / "keys"
        return value.expanduser().absolute()

    @field_validator("admin_token")
    @classmethod
    def _check_token(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _SHORTEST_TOKEN:
            raise ValueError(f"write at least {_SHORTEST_TOKEN} characters, or leave it empty")
        return value

    @field_validator("processes")
    @classmethod
    def _check_processes(cls, value: int, info: ValidationInfo) -> int:
        if value > 1 and str(info.data.get("database_url", "")).startswith("sqlite:"):
            raise ValueError(
                "SQLite serves one process; set STERNPOST_DATABASE_URL to a PostgreSQL database "
                "(postgresql://USER:PASSWORD@HOST/NAME), or STERNPOST_PROCESSES to 1"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("write a URL that begins with http:// or https://")
        return value.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


def load(**overrides: object) -> Config:
    """Read every layer; `overrides` win over all of them.

    Raises:
        ConfigError: a name is unknown, or a value cannot be used.
    """
    values: dict[str, Any] = {}
    for path in config_files():
        values |= _read(path)
    try:
        return Config(**{**values, **_environment(), **overrides})
    except ValidationError as fault:
        raise ConfigError(_sentence(fault)) from fault


def _environment() -> dict[str, Any]:
    """Read the variables; one that is set to nothing counts as one that is not set."""
    names = {f"{PREFIX}{name.upper()}": name for name in Config.model_fields}
    values: dict[str, Any] = {}
    for variable in sorted(os.environ):
        if not variable.startswith(PREFIX) or variable.startswith(TEST_PREFIX) or variable == MORE_FILE:
            continue
        if variable not in names:
            raise ConfigError(f"Unknown environment variable {variable}; {_hint(variable, [*names, MORE_FILE])}")
        text = os.environ[variable]
        if text:
            values[names[variable]] = text
    return values


def config_files() -> tuple[Path, ...]:
    """List the TOML files that are read, the weakest first."""
    files = sorted(Path("config").glob("*.toml")) or sorted(_CHECKOUT.glob("*.toml"))
    # default.toml states the defaults, so it comes before files whose names sort before it.
    files.sort(key=lambda path: (path.name != "default.toml", path.name))
    more = os.environ.get(MORE_FILE)
    return (*files, Path(more)) if more else tuple(files)


def make_data_dir(config: Config) -> None:
    """Make the data directory and its `run` folder, readable by their owner only."""
    for folder in (config.data_dir, config.run_dir):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise ConfigError(
                f"Cannot make the folder {folder} ({fault.strerror}); set STERNPOST_DATA_DIR to one that can be written"
            ) from fault


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise ConfigError(f"Cannot read {path} ({fault.strerror}); correct {MORE_FILE} or the file's mode") from fault
    except ValueError as fault:
        raise ConfigError(f"{path} is not TOML: {fault}") from fault
    for name in values:
        if name not in Config.model_fields:
            raise ConfigError(f"Unknown name '{name}' in {path}; {_hint(name, list(Config.model_fields))}")
    return values


def _hint(name: str, allowed: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(allowed), n=3)
    return f"the nearest allowed: {', '.join(near)}" if near else f"allowed are: {', '.join(sorted(allowed))}"


def _sentence(fault: ValidationError) -> str:
    texts = []
    for error in fault.errors(include_url=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        remedy = error["msg"].removeprefix("Value error, ")
        # Those that may hold a secret are not repeated.
        shown = "" if name in {"admin_token", "database_url", "smtp_url"} else f" '{error['input']}'"
        texts.append(f"{PREFIX}{name.upper()}{shown} cannot be used: {remedy}")
    return "; ".join(texts)
