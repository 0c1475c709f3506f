"""The configuration of the demonstration: groups, parameters, directives and rules, as edits in the order of making."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.changes.change import Edit
from app.core.canonical import JSON, Document
from app.demo.machines import ROLES

Vars = Mapping[str, JSON]

_PACKAGES: Final[Mapping[str, Sequence[str]]] = {
    "base": ("curl", "htop", "jq", "rsync", "vim", "logrotate", "needrestart", "tcpdump", "acl", "unzip"),
    "security": ("auditd", "fail2ban", "unattended-upgrades", "debsums", "lynis"),
    "web": ("nginx",),
    "app": ("openjdk-17-jre-headless",),
    "db": ("postgresql", "pgbackrest"),
    "cache": ("redis-server",),
    "proxy": ("haproxy", "keepalived"),
    "backup": ("borgbackup",),
}
_SERVICES: Final[Mapping[str, Sequence[str]]] = {
    "base": ("cron", "rsyslog", "chrony"),
    "security": ("auditd", "fail2ban"),
    "web": ("nginx",),
    "db": ("postgresql",),
    "cache": ("redis-server",),
    "proxy": ("haproxy", "keepalived"),
}
_FILES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "base": (
        ("/etc/sysctl.d/60-demo.conf", "vm.swappiness = 10\n"),
        ("/etc/security/limits.d/60-demo.conf", "* soft nofile 65536\n"),
    ),
    "security": (("/etc/modprobe.d/60-demo.conf", "install dccp /bin/false\ninstall sctp /bin/false\n"),),
    "web": (
        ("/etc/nginx/conf.d/limits.conf", "client_max_body_size 16m;\n"),
        ("/etc/nginx/conf.d/tls.conf", "ssl_protocols TLSv1.2 TLSv1.3;\n"),
    ),
    "app": (("/etc/default/application", "JAVA_OPTS=-Xmx4g\n"),),
    "db": (("/etc/postgresql-common/createcluster.d/demo.conf", "data_checksums = on\n"),),
    "cache": (("/etc/redis/demo.conf", "maxmemory 12gb\nmaxmemory-policy allkeys-lru\n"),),
    "proxy": (("/etc/haproxy/demo.cfg", "timeout client 30s\ntimeout server 30s\n"),),
}
_JOBS: Final[Mapping[str, Sequence[tuple[str, str, str]]]] = {
    "base": (("apt-refresh", "/usr/bin/apt-get -qq update", "4"),),
    "security": (("audit-report", "/usr/sbin/aureport --summary", "6"),),
    "web": (("rotate-cache", "/usr/bin/find /var/cache/nginx -mtime +7 -delete", "3"),),
    "db": (
        ("backup-full", "/usr/bin/pgbackrest --type=full backup", "1"),
        ("vacuum", "/usr/bin/vacuumdb --all --analyze", "2"),
    ),
    "backup": (("prune", "/usr/bin/borg prune --keep-daily 14", "5"),),
}
_ALL: Final = ("base", "security", *ROLES)
_SINGLE: Final[Sequence[tuple[str, str, str, str, str, Vars]]] = (
    ("motd", "base", "Message of the day", "motdConfiguration", "Message",
     {"MOTD_TEXT": "This machine is configured by Sternpost; changes by hand do not last.\n"}),
    ("motd-production", "security", "Warning on production machines", "motdConfiguration", "Message",
     {"MOTD_TEXT": "Production. Everything that you do here is logged.\n", "MOTD_POSITION": "begin"}),
    ("ntp", "base", "Time synchronisation", "ntpConfiguration", "Server",
     {"NTP_SERVER_ADDRESS": "pool.ntp.org", "NTP_SERVER_KIND": "pool"}),
    ("ssh", "security", "SSH without passwords", "sshServer", "Login",
     {"SSH_PERMIT_ROOT_LOGIN": "prohibit-password", "SSH_PASSWORD_AUTHENTICATION": "no"}),
    ("ssh-proxy", "proxy", "SSH on the proxies", "sshServer", "Login",
     {"SSH_PERMIT_ROOT_LOGIN": "no", "SSH_PASSWORD_AUTHENTICATION": "no", "SSH_MAX_AUTH_TRIES": "3"}),
    ("journal", "base", "System journal", "journalConfiguration", "Journal",
     {"JOURNAL_MAX_SIZE": "2GiB", "JOURNAL_MAX_DAYS": "90"}),
    ("admins", "security", "Group of administrators", "groupManagement", "Group", {"GROUP_NAME": "admins"}),
    ("deployers", "app", "Group of those who deploy", "groupManagement", "Group", {"GROUP_NAME": "deployers"}),
    ("app-folder", "app", "Folder of the application", "fileManagement", "File",
     {"FILE_PATH": "/srv/application", "FILE_STATE": "directory"}),
    ("backup-folder", "backup", "Folder of the backups", "fileManagement", "File",
     {"FILE_PATH": "/srv/backups", "FILE_STATE": "directory"}),
    ("check-disk", "base", "Room on the disk", "commandExecution", "Command",
     {"COMMAND_TEXT": "test $(df --output=pcent / | tail -1 | tr -dc 0-9) -lt 90"}),
    ("check-replica", "db", "Lag of the replica", "commandExecution", "Command",
     {"COMMAND_TEXT": "/usr/local/bin/check-replica --most-seconds 30"}),
)  # fmt: skip
_PARAMETERS: Final[Mapping[str, JSON]] = {
    "mail_relay": "relay.demo.example",
    "dns_servers": ["192.0.2.53", "192.0.2.54"],
}
_RULES: Final = (
    ("packages", "Packages", ("pkg-",)),
    ("services", "Services", ("svc-",)),
    ("files", "Files", ("file-",)),
    ("operations", "Jobs and checks", ("job-", "one-")),
)
"""What a rule of each area brings: id, name, beginnings of the directives' ids."""


def groups() -> Iterator[Edit]:
    """Make the categories, the parameters and the groups, which find machines by their properties."""
    yield Edit("groupCategory", "roles", "create", {"name": "Roles", "description": "What machines are for"})
    yield Edit("groupCategory", "places", "create", {"name": "Places and environments"})
    for name, text in (("platform", "Platform"), ("services", "Services"), ("operations", "Operations")):
        yield Edit("ruleCategory", name, "create", {"name": text})
    for parameter, value in _PARAMETERS.items():
        yield Edit("parameter", parameter, "create", {"value": value, "description": "Used by several directives"})
    for role in ROLES:
        yield _group(f"role-{role}", f"All {role} machines", "roles", "role", role)
    for name, key, value in (
        *(("production", "environment", "production"), ("staging", "environment", "staging")),
        *(("site-north", "site", "north"), ("site-south", "site", "south")),
    ):
        yield _group(name, f"Machines: {value}", "places", key, value)


def _group(group: str, name: str, category: str, key: str, value: str) -> Edit:
    asked: Document = {
        "objectType": "serializedNodeProperty",
        "attribute": "name.value",
        "comparator": "eq",
        "value": f"{key}={value}",
    }
    query: Document = {"select": "node", "composition": "and", "where": [asked]}
    return Edit("group", group, "create", {"displayName": name, "categoryId": category, "query": query})


def directives(count: int) -> list[Edit]:
    """Make at most so many directives, those of every machine first."""
    return list(_directives())[:count]


def _directives() -> Iterator[Edit]:
    for area in _ALL:
        for package in _PACKAGES.get(area, ()):
            values: Vars = {"PACKAGE_LIST": package, "PACKAGE_STATE": "present"}
            yield _directive(f"pkg-{area}-{package}", f"Package {package}", "packageManagement", "Package", values)
        for service in _SERVICES.get(area, ()):
            yield _directive(
                f"svc-{area}-{service}", f"Service {service}", "serviceManagement", "Service", {"SERVICE_NAME": service}
            )
        for number, (path, content) in enumerate(_FILES.get(area, ()), 1):
            inner = {"Content": {"FILE_CONTENT": content}}
            yield _directive(
                f"file-{area}-{number}", f"File {path}", "fileManagement", "File", {"FILE_PATH": path}, inner
            )
        for name, command, hour in _JOBS.get(area, ()):
            inner = {"Schedule": {"CRON_MINUTE": "17", "CRON_HOUR": hour}}
            job: Vars = {"CRON_NAME": name, "CRON_COMMAND": command}
            yield _directive(f"job-{area}-{name}", f"Job {name}", "cronManagement", "Job", job, inner)
        for name, of_area, text, technique, section, values in _SINGLE:
            if of_area == area:
                yield _directive(f"one-{area}-{name}", text, technique, section, values)


def _directive(
    directive: str, name: str, technique: str, section: str, values: Vars, inner: Mapping[str, Vars] | None = None
) -> Edit:
    fields: Document = {
        "displayName": name,
        "shortDescription": f"Part of the demonstration: {name.lower()}",
        "techniqueName": technique,
        "parameters": section_of("sections", {}, {section: (values, inner or {})}),
        "tags": [{"area": directive.split("-")[1]}],
    }
    return Edit("directive", directive, "create", fields)


def section_of(name: str, values: Vars, inner: Mapping[str, tuple[Vars, Mapping[str, Vars]]]) -> Document:
    """Write a section of a directive's parameters as the API takes it."""
    variables: list[JSON] = [{"var": {"name": key, "value": value}} for key, value in values.items()]
    below: list[JSON] = [
        section_of(key, given, {deeper: (more, {}) for deeper, more in further.items()})
        for key, (given, further) in inner.items()
    ]
    return {"section": {"name": name, "vars": variables, "sections": below}}


def rules(made: Sequence[Edit], count: int) -> list[Edit]:
    """Make at most so many rules that bring the directives that were made to the machines they are for."""
    return list(_rules([edit.id for edit in made]))[:count]


def _rules(ids: Sequence[str]) -> Iterator[Edit]:
    for area in _ALL:
        target = "special:all" if area == "base" else "group:production" if area == "security" else f"group:role-{area}"
        for name, text, beginnings in _RULES:
            listed: list[JSON] = [one for one in ids if one.startswith(tuple(f"{each}{area}-" for each in beginnings))]
            if not listed:
                continue
            category = (
                "operations" if name == "operations" else "platform" if area in ("base", "security") else "services"
            )
            fields: Document = {
                "displayName": f"{text}: {area}",
                "shortDescription": f"{text} of {'every machine' if area == 'base' else area}",
                "categoryId": category,
                "directives": listed,
                "targets": [target],
                "tags": [{"area": area}],
            }
            yield Edit("rule", f"rule-{area}-{name}", "create", fields)
    for place, text in (("staging", "Files on trial in staging"), ("site-north", "Files on trial at the north site")):
        trial: list[JSON] = [one for one in ids if one.startswith("file-base-")]
        more: Document = {"categoryId": "platform", "directives": trial, "targets": [f"group:{place}"]}
        yield Edit("rule", f"rule-trial-{place}", "create", {"displayName": text, "enabled": False, **more})
