"""The checks of the house: each looks at a tree and names what is wrong. They judge our own tree
(test_house.py) and trees broken on purpose (test_checks_can_fail.py). Sentences and codes: see codes.py."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

PYTHON_FILE_LINES, FUNCTION_LINES, SCRIPT_LINES, COLUMNS = 350, 60, 150, 120
LIMITED = {".py": PYTHON_FILE_LINES, ".html": 350, ".css": 350, ".js": SCRIPT_LINES}
TEXT = {".py", ".md", ".toml", ".html", ".css", ".js", ".json", ".yml", ".yaml", ".ini", ".cfg", ".sh",
        ".mako", ".txt"}
NOT_OURS = {".git", ".venv", "__pycache__", "artefacts", "vendor", "dist", "build", "node_modules"}
TEMPLATE_FOLDERS_OF_ALL = {"macros", "errors", "parts"}
SUMS = "static/vendor/SHA256SUMS"

# Written in pieces so that this file does not find itself.
FORBIDDEN = {
    "an unfinished place": r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b|NotImplemented" r"Error",
    "a test that is not run":
        r"mark\.sk" r"ip|mark\.xf" r"ail|pytest\.sk" r"ip\(|importor" r"skip|unittest\.sk" r"ip",
    "a path of one machine": r"(?<![\w.$}])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+)/",
    "the host of a registry":
        r"pypi\.o" r"rg|python" r"hosted|registry\.npm" r"js|artifac" r"tory|proxy\.gol" r"ang",
    "a word about how it was written":
        r"(?i)\bclau" r"de\b|anthro" r"pic|chat" r"gpt|\bcopi" r"lot\b|\bopen" r"ai\b",
}


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Our own files below `root`, by suffix: nothing vendored, generated or installed."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        ours = not NOT_OURS & set(parts) and not any(part.endswith(("_cache", ".egg-info")) for part in parts)
        wanted = path.suffix in suffixes or (".sh" in suffixes and parts[0] == ".ci")
        if ours and wanted and path.is_file():
            yield path


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


# --- Limits ---------------------------------------------------------------------------------------

def find_overlong_files(root: Path) -> list[str]:
    counted = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in files(root, *LIMITED))
    return [f"{path.relative_to(root)}: {lines} lines, {LIMITED[path.suffix]} allowed"
            for path, lines in counted if lines > LIMITED[path.suffix]]


def find_overlong_functions(root: Path) -> list[str]:
    found = []
    for path in files(root, ".py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    found.append(f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines} lines")
    return found


def find_wide_lines(root: Path) -> list[str]:
    return [f"{path.relative_to(root)}:{number}: {len(line)} columns"
            for path in files(root, ".py")
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > COLUMNS]


# --- Rooms ----------------------------------------------------------------------------------------

def find_commits_outside_db(root: Path) -> list[str]:
    """`db.py` holds the only begin and the only commit; migrations run in Alembic's own transaction."""
    found = []
    for path in files(root / "warehouse", ".py"):
        inside = path.relative_to(root / "warehouse")
        if inside.parts[0] in ("db.py", "migrations"):
            continue
        for node in ast.walk(tree(path)):
            # picking.begin(session, …) is a verb of the trade; a transaction begins without an argument.
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args
            is_statement = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if (is_call and node.func.attr in ("commit", "begin")) or (
                is_statement and re.match(r"(BEGIN|COMMIT)\b", node.value)
            ):
                found.append(f"warehouse/{inside}:{node.lineno}: begins or commits")
    return found


def find_unmarked_packages(root: Path) -> list[str]:
    """A folder without `__init__.py` is not seen by the import contracts: a hole in the floor."""
    folders = {path.parent for top in ("warehouse", "labels") for path in files(root / top, ".py")}
    return [f"{folder.relative_to(root)}: no __init__.py" for folder in sorted(folders)
            if "migrations" not in folder.parts and not (folder / "__init__.py").exists()]


def find_templates_without_room(root: Path) -> list[str]:
    folders = [path for path in sorted((root / "templates").iterdir()) if path.is_dir()]
    return [f"templates/{folder.name}: no warehouse/web/{folder.name}.py" for folder in folders
            if folder.name not in TEMPLATE_FOLDERS_OF_ALL
            and not (root / "warehouse" / "web" / f"{folder.name}.py").exists()]


def find_broken_contracts(root: Path, only: str = "") -> list[str]:
    """Names of the import contracts in `pyproject.toml` that do not hold for the packages in `root`."""
    program = ("import sys; from importlinter.cli import lint_imports; "
               "sys.exit(lint_imports(limit_to_contracts=tuple(sys.argv[1:]), no_cache=True, no_logo=True))")
    run = subprocess.run([sys.executable, "-c", program, *([only] if only else [])],
                         cwd=root, capture_output=True, text=True, check=False)
    broken = re.findall(r"^(.+) BROKEN", run.stdout, re.MULTILINE)
    if run.returncode and not broken:
        return [f"import-linter could not run: {run.stdout[-2000:]}{run.stderr[-2000:]}"]
    return [*broken, run.stdout.partition("Broken contracts")[2]] if broken else []


# --- States ---------------------------------------------------------------------------------------

def find_lost_states(flows: Iterable) -> list[str]:
    """States that cannot be reached from the start, and states whose every verb leads back to themselves."""
    found = []
    for flow in flows:
        after = {state: {to for (at, _), to in flow.steps.items() if at == state} for state in flow.states()}
        reached = spread({flow.start}, after)
        found += [f"{flow.name}: {state} cannot be reached" for state in after if state not in reached]
        found += [f"{flow.name}: {state} has no way on"
                  for state, following in after.items() if following == {state}]
    return found


def spread(places: set, ways: dict) -> set:
    """Everything that can be reached from `places`."""
    seen, waiting = set(), list(places)
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting.extend(ways.get(place, ()))
    return seen


# --- Words and papers -----------------------------------------------------------------------------

def find_forbidden_words(root: Path) -> list[str]:
    found = []
    for path in files(root, *TEXT):
        text = path.read_text(encoding="utf-8", errors="replace")
        for what, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(root)}:{line}: {what}: {match.group()}")
    return found


def find_changed_vendor_files(root: Path) -> list[str]:
    """Every file in static/vendor stands in SHA256SUMS with the hash it had when it was taken in."""
    vendor, sums = root / "static" / "vendor", root / SUMS
    if not sums.exists():
        return [f"{SUMS} is missing"]
    listed = dict(reversed(line.split(maxsplit=1)) for line in sums.read_text().splitlines() if line.strip())
    listed = {name.lstrip("*"): digest for name, digest in listed.items()}
    present = {path.relative_to(vendor).as_posix(): path
               for path in vendor.rglob("*") if path.is_file() and path != sums}
    found = [f"static/vendor/{name}: not in {SUMS}" for name in sorted(present.keys() - listed.keys())]
    found += [f"static/vendor/{name}: missing" for name in sorted(listed.keys() - present.keys())]
    return found + [f"static/vendor/{name}: changed" for name in sorted(present.keys() & listed.keys())
                    if hashlib.sha256(present[name].read_bytes()).hexdigest() != listed[name]]


def find_unexplained_dependencies(root: Path) -> list[str]:
    """Each dependency, of the program and of its tests, has its line with a reason in docs/decisions/."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    names = sorted({re.match(r"[\w.-]+", name).group() for name in wanted})
    pages = sorted((root / "docs/decisions").glob("*.md"))
    decisions = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    return [f"{name}: no line in docs/decisions/" for name in names
            if not re.search(rf"^\| `{re.escape(name)}` \| \w+", decisions, re.MULTILINE)]


def find_unmentioned_settings(settings: Iterable[str], root: Path) -> list[str]:
    """All settings stand on one page, each with what it is."""
    rows = [line for line in (root / "docs/settings.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    return [f"{name}: not in docs/settings.md" for name in sorted(set(settings) - named)]


def find_unmentioned_commands(commands: Iterable[str], root: Path) -> list[str]:
    """A command nobody can read about is a command nobody has."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())
    return [f"{command}: neither in README.md nor in docs/" for command in sorted(commands)
            if not re.search(rf"(?:run\.py|warehouse) {re.escape(command)}\b", text)]
