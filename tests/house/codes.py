"""Codes and their sentences: which codes the program can say, and whether both languages have them."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.house.checks import files, tree

# say(lang, code, …) has the code second; t(code, …) first.
PLACE_OF_CODE = {"say": 1, "t": 0}
LANGUAGES = ("en", "zh")
CODE = re.compile(r"[a-z_]+\.[a-z0-9_]+")
# t("area.code" … and t("area.prefix_" ~ word … in a template; single or double quotes.
IN_TEMPLATE = re.compile(r"""\bt\(\s*(["'])([^"']+)\1\s*(~?)""")


def sentences(root: Path) -> dict[str, dict[str, str]]:
    """All sentences by `area.code`."""
    return {f"{path.stem}.{code}": words
            for path in sorted((root / "warehouse" / "locale").glob("*.toml"))
            for code, words in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def blanks(sentence: str) -> set[str]:
    """Names of the facts that a sentence needs."""
    fields = (name for _, name, _, _ in string.Formatter().parse(sentence) if name)
    return {name.partition(".")[0].partition("[")[0] for name in fields}


def find_uneven_sentences(root: Path) -> list[str]:
    """Each code has both languages, filled by the same facts; `en_one` may leave the number out."""
    found = []
    for code, words in sentences(root).items():
        if not isinstance(words, dict) or not all(words.get(language) for language in LANGUAGES):
            found.append(f"{code}: not in both languages")
            continue
        if blanks(words["en"]) != blanks(words["zh"]):
            found.append(f"{code}: en needs {sorted(blanks(words['en']))}, zh {sorted(blanks(words['zh']))}")
        if blanks(words.get("en_one", "")) - blanks(words["en"]):
            found.append(f"{code}: en_one needs a fact that en does not have")
        if unknown := set(words) - {*LANGUAGES, "en_one"}:
            found.append(f"{code}: unknown {sorted(unknown)}")
    return found


def find_unknown_codes(root: Path) -> list[str]:
    """Codes that Python or a template says and no locale file has. A code put together at run time is checked
    by its beginning: some sentence must start so."""
    known = sentences(root)
    found = []
    for place, code, is_beginning in [*codes_in_python(root), *codes_in_templates(root)]:
        is_known = any(other.startswith(code) for other in known) if is_beginning else code in known
        if not is_known:
            found.append(f"{place}: {code}{'…' if is_beginning else ''} has no sentence")
    return found


def codes_in_templates(root: Path) -> Iterator[tuple[str, str, bool]]:
    for path in files(root / "templates", ".html"):
        text = path.read_text(encoding="utf-8")
        for match in IN_TEMPLATE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(root)}:{line}", match[2], bool(match[3])


def codes_in_python(root: Path) -> Iterator[tuple[str, str, bool]]:
    trees = {path: tree(path) for path in files(root / "warehouse", ".py")}
    refusals = names_of_refusals(list(trees.values()))
    for path, module in trees.items():
        inside = path.relative_to(root)
        for node in ast.walk(module):
            for said in expressions_said(node, refusals):
                for code, is_beginning in literal_codes(said):
                    yield f"{inside}:{said.lineno}", code, is_beginning
        for said in handed_up(module, refusals):
            for code, is_beginning in literal_codes(said):
                yield f"{inside}:{said.lineno}", code, is_beginning


def names_of_refusals(modules: list[ast.Module]) -> set[str]:
    """`Refusal` and every class below it, in whichever room it is defined."""
    classes = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    names, before = {"Refusal"}, 0
    while len(names) != before:
        before = len(names)
        names |= {node.name for node in classes if names & {name_of(base) for base in node.bases}}
    return names


def expressions_said(node: ast.AST, refusals: set[str]) -> Iterator[ast.expr]:
    """The expression that is a code in: say(lang, code), t(code), SomeRefusal(code), f(code="area.code")."""
    if isinstance(node, ast.Call):
        name = name_of(node.func)
        place = 0 if name in refusals else PLACE_OF_CODE.get(name)
        if place is not None and len(node.args) > place:
            yield node.args[place]
        yield from (keyword.value for keyword in node.keywords
                    if keyword.arg == "code" and looks_like_code(keyword.value))


def handed_up(module: ast.Module, refusals: set[str]) -> Iterator[ast.expr]:
    """The code in `super().__init__(code, …)` of a refusal."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and node.name in refusals:
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and name_of(call.func) == "__init__" and call.args:
                    yield call.args[0]


def looks_like_code(value: ast.expr) -> bool:
    """`code=` may also name an ISBN or a tote; only `area.code` is taken for a sentence's code."""
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return is_text and bool(CODE.fullmatch(value.value))


def literal_codes(said: ast.expr) -> Iterator[tuple[str, bool]]:
    """(code, is only its beginning) for every literal in the expression; both ways of an if-expression."""
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        yield said.value, False
    elif isinstance(said, ast.JoinedStr) and said.values and isinstance(said.values[0], ast.Constant):
        yield str(said.values[0].value), len(said.values) > 1
    elif isinstance(said, ast.IfExp):
        yield from literal_codes(said.body)
        yield from literal_codes(said.orelse)
    elif isinstance(said, ast.BinOp) and isinstance(said.op, ast.Add):
        yield from ((code, True) for code, _ in literal_codes(said.left))


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
