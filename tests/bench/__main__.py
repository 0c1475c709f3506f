"""`python -m tests.bench full|small [--postgres URL] [--rows 1,4]`: measure, and print the table."""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.server import settle_memory
from tests.bench import (
    memory,
    row1_one_writer,
    row2_many_writers,
    row3_growth,
    row4_lists,
    row5_one_rule,
    row6_policies,
    row7_nodes,
    row8_history,
    row9_tenants,
    row10_events,
    row11_archives,
    row12_review,
    row13_search,
    row14_panel,
    row15_console,
)
from tests.bench.figures import Figure, say, table
from tests.bench.ground import FULL, SMALL, Ground

ROWS: Mapping[str, Callable[[Ground], Iterator[Figure]]] = {
    "1": row1_one_writer.measure,
    "2": row2_many_writers.measure,
    "3": row3_growth.measure,
    "4": row4_lists.measure,
    "5": row5_one_rule.measure,
    "6": row6_policies.measure,
    "7": row7_nodes.measure,
    "8": row8_history.measure,
    "9": row9_tenants.measure,
    "10": row10_events.measure,
    "11": row11_archives.measure,
    "12": row12_review.measure,
    "13": row13_search.measure,
    "14": row14_panel.measure,
    "15": row15_console.measure,
    "memory": memory.measure,
}


def main() -> None:
    """Measure the rows that were asked for; a goal that does not hold is shown and is no failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("size", choices=["full", "small"], help="small only shows that everything runs")
    parser.add_argument("--rows", default=",".join(ROWS), help="rows to measure, separated by commas")
    parser.add_argument("--postgres", metavar="URL", help="measure rows 1 and 2 on this PostgreSQL server")
    parser.add_argument("--folder", type=Path, help="where the databases are made; a temporary folder by default")
    asked = parser.parse_args()
    settle_memory()  # as a serving process does
    with tempfile.TemporaryDirectory(prefix="sternpost-bench-", dir=asked.folder) as folder:
        ground = Ground(Path(folder), FULL if asked.size == "full" else SMALL, asked.postgres)
        figures = []
        for row in asked.rows.split(","):
            for figure in ROWS[row](ground):
                say(f"  {figure.what}: {figure.figure} ({figure.ratio}, goal {figure.goal})")
                figures.append(figure)
    print(table(figures))  # noqa: T201  the result


if __name__ == "__main__":
    main()
