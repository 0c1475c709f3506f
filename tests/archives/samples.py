"""An archive laid out as Rudder's, written by hand from the description of its layout."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

ROOT = "archive-2026/"
EDITOR_ID = "b5a0c9a2-8b3b-4f8f-9f0e-0c3d7a2d9c11"
CHOICE_ID = "1f2e3d4c-0000-4111-8222-333344445555"
FREE_ID = "aaaa1111-bbbb-4ccc-8ddd-eeee22223333"

TECHNIQUE_YML = f"""\
format: 1
id: deploy_motd
name: Deploy the message of the day
version: '1.0'
description: Writes a message and reloads the login service
documentation: |-
  ## How
  Writes it.
category: ncf_techniques
tags:
  team: web
params:
  - id: {EDITOR_ID}
    name: message
    description: The message
    documentation: Shown at each login
    constraints:
      allow_empty: false
      regex: '[A-Z].*'
      min_length: 3
      max_length: 200
  - id: {CHOICE_ID}
    name: level
    constraints:
      allow_empty: true
      select:
        - low
        - value: high
          name: Very high
  - id: {FREE_ID}
    name: note
items:
  - id: block-1
    name: Message
    condition: debian
    reporting:
      mode: focus
      id: m-1
    items:
      - id: m-1
        name: File content
        method: file_content
        params:
          path: /etc/motd
          lines: ${{deploy_motd.message}} ${{node.properties[site]}}
          enforce: 'true'
        condition: any
        reporting:
          mode: enabled
        policy_mode_override: audit
  - id: m-2
    name: Restart
    method: service_restart
    params:
      name: sshd
    condition: ''
"""

EDITOR_METADATA = f"""\
<?xml version="1.0" encoding="utf-8"?>
<TECHNIQUE name="Deploy the message of the day">
  <DESCRIPTION>Writes a message</DESCRIPTION>
  <SECTIONS>
    <SECTION name="File content" component="true" multivalued="true">
      <REPORTKEYS><VALUE id="m-1">/etc/motd</VALUE></REPORTKEYS>
    </SECTION>
    <SECTION name="Technique parameters">
      <INPUT>
        <NAME>{EDITOR_ID.upper()}</NAME>
        <DESCRIPTION>The message</DESCRIPTION>
        <CONSTRAINT><TYPE>textarea</TYPE><MAYBEEMPTY>false</MAYBEEMPTY></CONSTRAINT>
      </INPUT>
      <INPUT>
        <NAME>{CHOICE_ID.upper()}</NAME>
        <DESCRIPTION>level</DESCRIPTION>
        <CONSTRAINT><TYPE>textarea</TYPE><MAYBEEMPTY>true</MAYBEEMPTY></CONSTRAINT>
      </INPUT>
      <INPUT>
        <NAME>{FREE_ID.upper()}</NAME>
        <DESCRIPTION>note</DESCRIPTION>
        <CONSTRAINT><TYPE>textarea</TYPE><MAYBEEMPTY>false</MAYBEEMPTY></CONSTRAINT>
      </INPUT>
    </SECTION>
  </SECTIONS>
</TECHNIQUE>
"""

BUILT_IN_METADATA = """\
<TECHNIQUE name="Cron jobs">
  <DESCRIPTION>Keeps jobs of cron</DESCRIPTION>
  <TMLS><TML name="jobs"/></TMLS>
  <SECTIONS>
    <SECTION name="Job" multivalued="true" component="true" componentKey="JOB_NAME">
      <INPUT>
        <NAME>JOB_NAME</NAME>
        <DESCRIPTION>Name of the job</DESCRIPTION>
        <LONGDESCRIPTION>Part of a file name</LONGDESCRIPTION>
        <CONSTRAINT><TYPE>string</TYPE><REGEX error="letters only">[a-z]+</REGEX></CONSTRAINT>
      </INPUT>
      <SELECT1>
        <NAME>JOB_STATE</NAME>
        <DESCRIPTION>State</DESCRIPTION>
        <ITEM><LABEL>Runs</LABEL><VALUE>on</VALUE></ITEM>
        <ITEM><LABEL>Does not run</LABEL><VALUE>off</VALUE></ITEM>
        <CONSTRAINT><DEFAULT>on</DEFAULT></CONSTRAINT>
      </SELECT1>
      <SECTION name="Step" multivalued="true">
        <INPUT>
          <NAME>STEP_COMMAND</NAME>
          <DESCRIPTION>Command</DESCRIPTION>
          <CONSTRAINT><TYPE>textarea</TYPE></CONSTRAINT>
        </INPUT>
        <INPUT>
          <NAME>STEP_TIMEOUT</NAME>
          <DESCRIPTION>Seconds</DESCRIPTION>
          <CONSTRAINT><TYPE>integer</TYPE><DEFAULT>60</DEFAULT><MAYBEEMPTY>true</MAYBEEMPTY></CONSTRAINT>
        </INPUT>
      </SECTION>
    </SECTION>
    <SELECT>
      <NAME>DAYS</NAME>
      <DESCRIPTION>Days</DESCRIPTION>
      <ITEM><LABEL>Monday</LABEL><VALUE>mon</VALUE></ITEM>
      <ITEM><LABEL>Tuesday</LABEL><VALUE>tue</VALUE></ITEM>
      <CONSTRAINT><MAYBEEMPTY>true</MAYBEEMPTY></CONSTRAINT>
    </SELECT>
  </SECTIONS>
</TECHNIQUE>
"""

TEMPLATE = "bundle agent jobs\n{\n  # &JOB_NAME:{name |&name&}&\n}\n"


def section(name: str, values: Mapping[str, Any] | None = None, *sections: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"name": name}
    if values:
        content["vars"] = [{"var": {"name": key, "value": value}} for key, value in values.items()]
    if sections:
        content["sections"] = list(sections)
    return {"section": content}


def job(name: str, state: str, *commands: str) -> dict[str, Any]:
    steps = [section("Step", {"STEP_COMMAND": command, "STEP_TIMEOUT": "60"}) for command in commands]
    return section("Job", {"JOB_NAME": name, "JOB_STATE": state}, *steps)


JOBS = section(
    "sections", {"DAYS": "mon,tue"}, job("zeta", "on", "echo b", "echo a"), job("alpha", "off", "line 1\nline 2")
)
MESSAGE = section(
    "sections",
    None,
    section(
        "Technique parameters",
        {CHOICE_ID.upper(): "high", FREE_ID.upper(): "${rudder.param.note}", EDITOR_ID.upper(): "Welcome"},
    ),
)
TARGETS = [{"include": {"or": ["group:g-web", "special:all"]}, "exclude": {"or": ["group:g-old"]}}]


def rule(rule_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": rule_id,
        "displayName": name,
        "categoryId": "rootRuleCategory",
        "shortDescription": "",
        "longDescription": "",
        "directives": [],
        "targets": [],
        "enabled": True,
        "system": False,
        "tags": [],
        **more,
    }


def directive(directive_id: str, name: str, technique: str, parameters: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": directive_id,
        "displayName": name,
        "shortDescription": "short",
        "longDescription": "",
        "techniqueName": technique,
        "techniqueVersion": "1.0",
        "parameters": parameters,
        "priority": 5,
        "enabled": True,
        "system": False,
        "policyMode": "default",
        "tags": [],
        **more,
    }


def group(group_id: str, name: str, category: str, **more: Any) -> dict[str, Any]:
    return {
        "id": group_id,
        "displayName": name,
        "description": "",
        "categoryId": category,
        "query": {
            "select": "node",
            "composition": "and",
            "where": [{"objectType": "node", "attribute": "OS", "comparator": "eq", "value": "Linux"}],
        },
        "nodeIds": [],
        "dynamic": True,
        "enabled": True,
        "groupClass": ["group_x", "group_y"],
        "properties": [{"name": "site", "value": {"city": "lyon"}}],
        "target": f"group:{group_id}",
        "system": False,
        **more,
    }


RULE_CATEGORIES = {
    "id": "rootRuleCategory",
    "name": "Rules",
    "description": "This is the main category of Rules",
    "children": [
        {
            "id": "rc-web",
            "name": "Web servers",
            "description": "",
            "children": [{"id": "rc-front", "name": "Front", "description": "deep", "children": []}],
        }
    ],
}

RULES = {
    "rules/Web_rule.json": rule(
        "r-web",
        "Web rule",
        categoryId="rc-front",
        directives=["d-jobs", "d-motd"],
        targets=TARGETS,
        tags=[{"customer": "acme"}, {"site": "lyon"}],
        policyMode="enforce",
        status={"value": "In application"},
    ),
    "rules/Web_rule_1.json": rule("r-web-2", "Web/rule", categoryId="rc-web"),
}
DIRECTIVES = {
    "directives/Jobs.json": directive("d-jobs", "Jobs", "cronJobs", JOBS, tags=[{"team": "ops"}], priority=7),
    "directives/Message_.json": directive("d-motd", "Message!", "deploy_motd", MESSAGE, policyMode="audit"),
}
GROUPS = {
    "groups/category.json": {"id": "GroupRoot", "name": "Root of the group categories", "description": ""},
    "groups/Servers/category.json": {"id": "gc-servers", "name": "Servers", "description": "All of them"},
    "groups/Servers/Web/category.json": {"id": "gc-web", "name": "Web", "description": ""},
    "groups/Servers/Web/Web_nodes.json": group("g-web", "Web nodes", "gc-web"),
    "groups/Servers/Old.json": group("g-old", "Old", "gc-servers", dynamic=False, query=None, nodeIds=["n-1", "root"]),
}
TECHNIQUES = {
    "techniques/ncf_techniques/category.json": {"name": "User techniques", "description": ""},
    "techniques/ncf_techniques/deploy_motd/1.0/technique.yml": TECHNIQUE_YML,
    "techniques/ncf_techniques/deploy_motd/1.0/metadata.xml": EDITOR_METADATA,
    "techniques/ncf_techniques/deploy_motd/1.0/technique.cf": "bundle agent deploy_motd {}\n",
    "techniques/ncf_techniques/deploy_motd/1.0/resources/banner.txt": "Welcome\r\nto é\n",
    "techniques/systemSettings/category.xml": "<xml><name>System</name></xml>\n",
    "techniques/systemSettings/process/cronJobs/1.0/metadata.xml": BUILT_IN_METADATA,
    "techniques/systemSettings/process/cronJobs/1.0/jobs.st": TEMPLATE,
}
ARCHIVE: Mapping[str, Any] = {
    "rule-categories.json": RULE_CATEGORIES,
    **RULES,
    **DIRECTIVES,
    **GROUPS,
    **TECHNIQUES,
}


def written(content: Any) -> bytes:
    """Write JSON as Rudder does; texts and bytes are as they are."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    return (json.dumps(content, indent=2, separators=(",", " : "), ensure_ascii=False) + "\n").encode()


def zipped(files: Mapping[str, Any], root: str = ROOT) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(root + name, written(content))
    return out.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Give the files of a zip without its one folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
