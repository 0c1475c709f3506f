"""A believable configuration as a folder for `sternpost import`: sites, roles, and what each of them needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SITES = ("lyon", "oslo", "turin", "porto", "graz")
ROLES = ("web", "database", "mail", "build", "monitor", "proxy")
PACKAGES = ("nginx", "postgresql", "postfix", "git", "htop", "curl", "vim", "rsync", "chrony", "openssl")

Document = dict[str, Any]


def write_folder(folder: Path, *, rules: int, directives: int, groups: int, parameters: int) -> int:
    """Write the documents below `folder`, in the layout of the git tree; returns how many."""
    written = 0
    parts = {
        "groupCategories": group_categories(),
        "ruleCategories": rule_categories(),
        "parameters": (parameter(number) for number in range(parameters)),
        "directives": (directive(number) for number in range(directives)),
        "groups": (group(number) for number in range(groups)),
        "rules": (rule(number, directives, groups) for number in range(rules)),
    }
    for kind, documents in parts.items():
        for document in documents:
            path = folder / kind / document["id"][-1] / f"{document['id']}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document, indent=2, sort_keys=True), "utf-8")
            written += 1
    return written


def rule_categories() -> Iterator[Document]:
    """One category for each site."""
    for site in SITES:
        yield {"id": f"rc-{site}", "name": f"Site {site}", "description": "", "parent": "rootRuleCategory"}


def group_categories() -> Iterator[Document]:
    """One category for each site."""
    for site in SITES:
        yield {"id": f"gc-{site}", "name": f"Site {site}", "description": "", "parent": "GroupRoot"}


def parameter(number: int) -> Document:
    """A parameter: mostly texts, some structures."""
    site = SITES[number % len(SITES)]
    value: Any = f"{number}.pool.{site}.example"
    if number % 3 == 0:
        value = {"servers": [f"10.{number % 250}.0.{n}" for n in range(1, 4)], "ratio": number / 7, "enabled": True}
    return {"id": f"par_{site}_{number:03}", "value": value, "description": f"Used at {site}"}


def group(number: int) -> Document:
    """A group: every second one dynamic, by a query."""
    site, role = SITES[number % len(SITES)], ROLES[number % len(ROLES)]
    document: Document = {
        "id": f"g-{site}-{role}-{number:03}",
        "displayName": f"{role} machines at {site} ({number})",
        "description": "",
        "categoryId": f"gc-{site}",
        "properties": [{"name": "site", "value": site}],
        "dynamic": number % 2 == 0,
    }
    if document["dynamic"]:
        where = {"objectType": "node", "attribute": "nodeHostname", "comparator": "regex", "value": f"{role}.*{site}"}
        document["query"] = {"select": "node", "composition": "and", "where": [where]}
    return document


def group_id(number: int) -> str:
    """Name a group of `group`."""
    return str(group(number)["id"])


def directive(number: int) -> Document:
    """A directive: packages, messages, time servers in turn."""
    site = SITES[number % len(SITES)]
    technique, section, variables = (
        ("packageManagement", "Package", {"PACKAGE_LIST": PACKAGES[number % len(PACKAGES)]}),
        ("motdConfiguration", "Message", {"MOTD_TEXT": f"Machine of {site}, wave {number}. " * 12}),
    )[number % 2]
    leaves = [{"var": {"name": name, "value": value}} for name, value in variables.items()]
    return {
        "id": f"d-{number:05}",
        "displayName": f"{technique} {number} at {site}",
        "techniqueName": technique,
        "techniqueVersion": "1.0",
        "priority": number % 10,
        "tags": [{"site": site}],
        "parameters": {"section": {"name": "sections", "sections": [{"section": {"name": section, "vars": leaves}}]}},
    }


def rule(number: int, directives: int, groups: int) -> Document:
    """A rule: a few directives for a few groups of one site."""
    site = SITES[number % len(SITES)]
    chosen = sorted({f"d-{(number * 7 + step * 131) % directives:05}" for step in range(4)})
    targets = [f"group:{group_id((number + step * len(SITES)) % groups)}" for step in range(3)]
    return {
        "id": f"r-{number:05}",
        "displayName": f"Baseline {number} of {site}",
        "categoryId": f"rc-{site}",
        "shortDescription": f"What machines of {site} need",
        "longDescription": "Kept by the platform team. " * 20,
        "directives": chosen,
        "targets": targets,
        "enabled": number % 11 != 0,
        "tags": [{"site": site}, {"wave": str(number % 4)}],
    }
