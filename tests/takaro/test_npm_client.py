"""The published client, as its registry has it, against a real server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live import serving

HERE = Path(__file__).with_name("npm")
FOLDER = "STERNPOST_TEST_NPM_CLIENT"
SECRET = "a secret of twenty characters or more"


def client_modules() -> Path:
    """Name the folder of the installed client, or skip and say how to have one."""
    modules = Path(os.environ.get(FOLDER, "")) / "node_modules"
    if FOLDER not in os.environ or not (modules / "@takaro" / "apiclient").is_dir():
        pytest.skip(f"no npm client: run `make npm-client`, or set {FOLDER} to a folder where it is installed")
    if shutil.which("node") is None:
        pytest.skip("no node: install nodejs to run the npm client")
    return modules.resolve()


def test_the_published_npm_client_works_unmodified(tmp_path: Path) -> None:
    modules = client_modules()
    script = tmp_path / "acceptance.mjs"
    shutil.copy(HERE / "acceptance.mjs", script)
    (tmp_path / "node_modules").symlink_to(modules)

    with serving(tmp_path, environment={"STERNPOST_ADMIN_TOKEN": SECRET}) as live:
        done = subprocess.run(
            ["node", str(script), live.url, SECRET], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    errors = {name: seen.pop(name) for name in ("forbidden", "invalid", "page", "clash", "foreign", "disabled")}
    assert seen == {
        "found": ["test-domain"],
        "me": True,
        "role": "Helper",
        "permissions": ["READ_ROLES", "READ_USERS"],
        "roles": ["Helper"],
        "renamed": "Helpers",
        "users": [["John Doe", ["Helpers"], []]],
        "total": 1,
        "everybody": 2,
        "other": "John Doe",
        "variable": "bye",
        "variables": 1,
        "gone": "NotFoundError",
        "setting": SETTING,
        "settings": [SETTING],
        "reset": "default",
        "events": [True],
        "csv": "id,createdAt,eventName,actingUserId,userId,meta",
        "chosen": 2,
        "left": 401,
        "loggedOut": "UnauthorizedError",
        "removed": "NotFoundError",
    }
    assert {name: (error["status"], error["code"]) for name, error in errors.items()} == {
        "forbidden": (403, "ForbiddenError"),
        "invalid": (400, "ValidationError"),
        "page": (400, "ValidationError"),
        "clash": (409, "ConflictError"),
        "foreign": (403, "ForbiddenError"),
        "disabled": (400, "BadRequestError"),
    }
    assert all(error["data"] is None for error in errors.values())
    assert errors["page"]["message"] == "Invalid pagination: pages start at 1"
    assert errors["disabled"]["message"] == "Domain is disabled. Please contact support."
    assert errors["invalid"]["details"] == [
        {
            "property": "filters",
            "value": {"bogus": ["x"]},
            "children": [
                {
                    "property": "bogus",
                    "value": ["x"],
                    "constraints": {"whitelistValidation": "property bogus should not exist"},
                }
            ],
        }
    ]


SETTING = {
    "key": "commandPrefix",
    "value": "!",
    "type": "global",
    "description": "Takes a text of at most 10000 characters",
    "canHaveGameServerOverride": False,
}
