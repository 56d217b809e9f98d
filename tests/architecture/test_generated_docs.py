"""What is generated is compared, never trusted."""

import pytest

from slipway.contracts.errors import InputError
from slipway.runs import component_docs


def test_the_readmes_tables_say_what_the_component_takes_and_gives(step: str):
    assert component_docs.readme_path(step).read_text(encoding="utf-8") == component_docs.updated_readme(step)


def test_a_readme_without_a_place_for_the_tables_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch, step: str):
    readme = tmp_path / "README.md"
    readme.write_text("# A step\n", encoding="utf-8")
    monkeypatch.setattr(component_docs, "readme_path", lambda step: readme)
    with pytest.raises(InputError, match="found 0 such pairs"):
        component_docs.updated_readme(step)
