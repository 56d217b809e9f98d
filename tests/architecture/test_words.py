"""One word, one meaning; the glossary in ARCHITECTURE.md says which."""

import ast
import re
from pathlib import Path

# Names that once stood for several things, or for something that the field calls otherwise.
RETIRED = {
    "asked", "called", "coded", "folded", "followed", "give", "hear", "judge", "judgements", "learn", "leave_a_core",
    "one_ahead", "ranked", "reached", "seat", "seats", "settle_in", "spelled", "tally",
}  # fmt: skip
BOUNDED = re.compile(r"_?BOUNDED")


def test_a_retired_name_is_not_used_again(module: Path):
    names = {
        getattr(node, attribute)
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for attribute in ("name", "id", "arg", "attr")
        if isinstance(getattr(node, attribute, None), str)
    }
    assert sorted(name for name in names if name.lower() in RETIRED or BOUNDED.fullmatch(name)) == []


def test_the_glossary_explains_each_word_once(root: Path):
    page = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", page.partition("## Glossary")[2], re.MULTILINE)
    assert len(words) >= 30
    assert sorted(words, key=str.lower) == words
    assert len({word.lower() for word in words}) == len(words)
