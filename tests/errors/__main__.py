"""`make errors`: every refusal as a table, for a person to read."""

import tempfile
from pathlib import Path

from app.core.logs import LOG
from tests.errors.cases import CASES, STRICT, VERSIONS, Case, send, tokens
from tests.installations import Server, configured, found_installation, open_for_test


def main() -> None:
    """Send every case to a server in a temporary folder and print what it says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/sternpost.db"
        found_installation(url, folder / "keys", folder / "data")
        config = configured(url, folder / "keys", folder / "data", log_level="error")
        with open_for_test(config) as opened:
            server = Server(config, opened)
            made = tokens(server)
            LOG.tell = lambda _line: None
            for case in (*CASES, *STRICT):
                print_case(server, case, made[case.token])
            for case in VERSIONS:
                print_row(case.title, case, case.path, send(server, case, case.path, made[case.token]))


def print_case(server: Server, case: Case, token: str) -> None:
    """Print what each era says to a case."""
    eras = ("24", "25") if case.old else ("25",)
    for era in eras:
        path = f"/api/{era}{case.path}"
        print_row(case.title if era == eras[0] else "", case, path, send(server, case, path, token))


def print_row(title: str, case: Case, path: str, answer: object) -> None:
    """Print one line: title, request, status, sentence."""
    said = answer.get_json()["errorDetails"].strip()  # type: ignore[attr-defined]  # werkzeug's test response
    status = answer.status_code  # type: ignore[attr-defined]  # the same
    print(f"{title:34.34} {case.method:6} {path:44.44} {status}  {said[:300]}")  # noqa: T201  this command is for reading


if __name__ == "__main__":
    main()
