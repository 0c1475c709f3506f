"""Pages that are generated are what the program generates now."""

from click.testing import CliRunner

from app.commands.interface import routes
from tests.live import ROOT


def test_the_table_of_endpoints_is_that_of_the_program() -> None:
    printed = CliRunner().invoke(routes, ["--markdown"])

    remedy = "run: sternpost routes --markdown > docs/endpoints.md"
    assert (ROOT / "docs" / "endpoints.md").read_text("utf-8") == printed.output, remedy
