"""Checks of the source that no linter does: files stay short, and every function that looks like a test is one."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_FILE = 300


def long_files(root: Path) -> Iterator[str]:
    """Name each file of the program that is too long to read in one sitting."""
    for path in sorted((root / "app").rglob("*.py")):
        lines = len(path.read_text("utf-8").splitlines())
        if lines > LONGEST_FILE:
            yield f"{path.relative_to(root)}: {lines} lines, more than {LONGEST_FILE}; split it by subject"


def uncollected(root: Path, collected: set[tuple[str, str]]) -> Iterator[str]:
    """Name each function under `tests/` that asserts, and that neither pytest nor another function runs."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted((root / "tests").rglob("*.py"))}
    used = {name for tree in trees.values() for name in _names_used(tree)}
    for path, tree in trees.items():
        where = path.relative_to(root).as_posix()
        seen: set[str] = set()
        for function in _functions(tree.body):
            if function.name in seen and function.name.startswith("test"):
                yield f"{where}:{function.lineno}: {function.name} hides an earlier one of the same name"
            seen.add(function.name)
            is_test = function.name.startswith("test")
            runs = (where, function.name) in collected or (
                not is_test and (function.name in used or _is_fixture(function))
            )
            if not runs and (is_test or _asserts(function)):
                yield f"{where}:{function.lineno}: {function.name} is never run"


def collect(root: Path) -> set[tuple[str, str]]:
    """Ask pytest which (file, function) pairs it would run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  fixed command
    if answer.returncode:
        sys.exit(answer.stdout + answer.stderr)
    parts = [line.split("[")[0].split("::") for line in answer.stdout.splitlines() if "::" in line]
    return {(part[0], part[-1]) for part in parts}


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body)


def _names_used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg


def _asserts(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def _is_fixture(function: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def main() -> int:
    """Print every fault; exit with 1 if there is one."""
    root = Path(__file__).resolve().parent.parent
    faults = [*long_files(root), *uncollected(root, collect(root))]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
