"""Every setting of a tenant: its key, what it may be, and what holds where the tenant has not set it."""

import re
from collections.abc import Mapping
from dataclasses import field

from app.changes.networks import ALLOWED_NETWORKS, Networks
from app.core.canonical import JSON, canonical
from app.core.values import dataclass
from app.store.documents import Stored

MOST = 2**31 - 1
_SHOWN = 60  # characters of a refused value that a message repeats
_DIGITS = re.compile(r"[+-]?[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """True or false; their texts are taken too, because forms and scripts send them."""

    allowed: str = "true or false"

    def read(self, value: JSON) -> JSON:
        """Give the boolean that is meant; None for anything else."""
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.lower())
        return value if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An integer from `least` to `most`; its digits are taken too."""

    least: int = 0
    most: int = MOST

    @property
    def allowed(self) -> str:
        """Say what is taken."""
        return f"an integer from {self.least} to {self.most}"

    def read(self, value: JSON) -> JSON:
        """Give the integer that is meant; None for anything else."""
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if self.least <= value <= self.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text, of a pattern where there is one."""

    pattern: str = r"[^\0]{0,10000}"
    allowed: str = "a text of at most 10000 characters"

    def read(self, value: JSON) -> JSON:
        """Give the text; None for anything else."""
        return value if isinstance(value, str) and re.fullmatch(self.pattern, value, re.DOTALL) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of a few texts; `spelled` are further spellings of them."""

    texts: tuple[str, ...]
    spelled: Mapping[str, str] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        """Say what is taken."""
        return f"one of: {', '.join(self.texts)}"

    def read(self, value: JSON) -> JSON:
        """Give the text that is meant; None for anything else."""
        text = str(value).lower() if isinstance(value, bool) else value
        if not isinstance(text, str):
            return None
        text = self.spelled.get(text, text)
        return text if text in self.texts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A set of texts of a pattern, stored sorted."""

    pattern: str
    allowed: str
    most: int = 10_000

    def read(self, value: JSON) -> JSON:
        """Give the texts, each once; None for anything else."""
        if not isinstance(value, list) or len(value) > self.most:
            return None
        texts = [text for text in value if isinstance(text, str) and re.fullmatch(self.pattern, text)]
        return [*sorted(set(texts))] if len(texts) == len(value) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllBut:
    """Everything but a set of texts: `{"allBut": [...]}`, so that what is new is in it from its birth."""

    names: Names
    allowed: str

    def read(self, value: JSON) -> JSON:
        """Give the exceptions, each once; None for anything else."""
        listed = self.names.read(value["allBut"]) if isinstance(value, dict) and set(value) == {"allBut"} else None
        return None if listed is None else {"allBut": listed}


Form = Flag | Number | Line | OneOf | Networks | Names | AllBut


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `default` holds where a tenant has no document of it.

    `otherwise` is what any other text means to Rudder, so in the versions that speak its contract. `ours` are those
    that Rudder does not have; they are listed from 25 on.
    """

    key: str
    form: Form
    default: JSON
    otherwise: str | None = None
    ours: bool = False

    def read(self, value: JSON, *, strict: bool) -> JSON:
        """Give the value as it is stored; None when it cannot be taken."""
        read = self.form.read(value)
        if read is None and isinstance(value, str) and not strict:
            return self.otherwise
        return read

    def fault(self, value: JSON) -> str:
        """Say why the value cannot be taken: the key, the value and what is allowed."""
        bad = self.form.faults(value) if isinstance(self.form, Networks) else []
        if bad:
            return " ; ".join(bad)
        text = value if isinstance(value, str) else canonical(value).decode()
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        return f"Setting '{self.key}' cannot be '{shown}'; use {self.form.allowed}"


_MODES = OneOf(texts=("enforce", "audit"))
_STATES = ("enabled", "ignored", "empty-policies", "initializing", "preparing-eol")
_DURATION = Line(
    pattern=r"[0-9]+ ?(?:ms|millis|milliseconds?|s|seconds?|m|min|minutes?|h|hours?|d|days?)",
    allowed="a duration such as '0 seconds' or '5 minutes'",
)
_GENERATION = OneOf(
    texts=("all", "onlyManual", "none"),
    spelled={
        "allGeneration": "all",
        "manual": "onlyManual",
        "onlyManualGeneration": "onlyManual",
        "noGeneration": "none",
    },
)
_HANDLES = Names(
    pattern=r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}",
    allowed='a list of user names and account ids, such as ["alice", "ci"]',
)
_SUPERVISED = AllBut(
    names=Names(pattern=r"(?:group|special|policyServer):[A-Za-z0-9._:@{}+-]{1,200}", allowed="targets"),
    allowed='the targets that are not supervised, such as {"allBut": ["group:web", "special:all"]}',
)
_PLACING = OneOf(texts=("warn", "refuse"))
_METRICS = OneOf(texts=("not_defined", "no", "minimal", "complete"), spelled={"true": "complete", "false": "no"})

SETTINGS: Mapping[str, Setting] = {
    one.key: one
    for one in (
        Setting(ALLOWED_NETWORKS, Networks(), []),
        Setting("change_message_prompt", Line(), "Please enter a reason explaining this change."),
        Setting("commandPrefix", Line(), "/", ours=True),
        Setting("currencyName", Line(), "Coins", ours=True),
        Setting("developerMode", Flag(), False, ours=True),
        Setting("discordRoleSyncEnabled", Flag(), False, ours=True),
        Setting("discordRoleSyncPreferDiscord", Flag(), False, ours=True),
        Setting("display_recent_changes_graphs", Flag(), True),
        Setting("domainName", Line(), "", ours=True),
        Setting("economyEnabled", Flag(), False, ours=True),
        Setting("enable_change_message", Flag(), True),
        Setting("enable_change_request", Flag(), False),
        Setting("enable_javascript_directives", OneOf(texts=("enabled", "disabled")), "enabled"),
        Setting("enable_self_deployment", Flag(), True),
        Setting("enable_self_validation", Flag(), False),
        Setting("enable_validate_all", Flag(), False),
        Setting("first_run_hour", Number(most=23), 0),
        Setting("first_run_minute", Number(most=59), 0),
        Setting("global_policy_mode", _MODES, "enforce"),
        Setting("global_policy_mode_overridable", Flag(), True),
        Setting("instance_capacity_check", _PLACING, "warn", ours=True),
        Setting("instance_cpu_limit_per_user", Number(), 0, ours=True),
        Setting("instance_limit_per_user", Number(), 0, ours=True),
        Setting("instance_memory_limit_per_user", Number(), 0, ours=True),
        Setting("instance_port_check", _PLACING, "warn", ours=True),
        Setting("mandatory_change_message", Flag(), False),
        Setting("messagePrefix", Line(), "", ours=True),
        Setting("modified_file_ttl", Number(), 30),
        Setting("node_accept_duplicated_hostname", Flag(), False),
        Setting("node_onaccept_default_policyMode", OneOf(texts=("default", "audit", "enforce")), "default"),
        Setting("node_onaccept_default_state", OneOf(texts=_STATES), "enabled", otherwise="enabled"),
        Setting("output_file_ttl", Number(), 7),
        Setting("relay_server_synchronization_method", OneOf(texts=("classic", "rsync", "disabled")), "classic"),
        Setting("relay_server_synchronize_policies", Flag(), True),
        Setting("relay_server_synchronize_shared_files", Flag(), True),
        Setting(
            "reporting_mode",
            OneOf(texts=("full-compliance", "changes-only", "reports-disabled")),
            "full-compliance",
        ),
        Setting("require_time_synchronization", Flag(), True),
        Setting("rudder_compute_changes", Flag(), True),
        Setting("rudder_compute_dyngroups_max_parallelism", Line(), "1"),
        Setting("rudder_generation_compute_dyngroups", Flag(), True),
        Setting("rudder_generation_continue_on_error", Flag(), False),
        Setting("rudder_generation_delay", _DURATION, "0 seconds"),
        Setting("rudder_generation_js_timeout", Number(), 30),
        Setting("rudder_generation_max_parallelism", Line(), "x0.5"),
        Setting("rudder_generation_policy", _GENERATION, "all"),
        Setting("rudder_report_protocol_default", Line(), "HTTPS"),
        Setting("rudder_setup_done", Flag(), False),
        Setting("run_frequency", Number(least=1), 5),
        Setting("send_metrics", _METRICS, "not_defined"),
        Setting("serverChatName", Line(), "Sternpost", ours=True),
        Setting("splay_time", Number(), 4),
        Setting("supervised_targets", _SUPERVISED, {"allBut": []}, ours=True),
        Setting("validated_users", _HANDLES, [], ours=True),
    )
}
"""By key, sorted (conventions, section 12). What a tenant has not said of a policy server is `DEFAULT_NETWORKS`."""


def setting(key: str, stored: Stored | None) -> JSON:
    """Read a setting from its document; the default where there is none."""
    return SETTINGS[key].default if stored is None else stored.document["value"]
