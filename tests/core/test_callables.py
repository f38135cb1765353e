"""A function by its dotted path, and every way there may be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cekat_provider.core.callables import load_callable
from cekat_provider.core.errors import CekatInputError

WANTS = "a function, or the dotted path of one"


def test_a_path() -> None:
    assert load_callable("match", "pathlib.Path") is Path
    assert load_callable("match", None) is None


@pytest.mark.parametrize("path", ["", "match", "pathlib.paths", "no_such.module", "pathlib.no_such.module", "os.sep"])
def test_no_function(path: str) -> None:
    with pytest.raises(CekatInputError) as caught:
        load_callable("match", path)
    assert str(caught.value) == f"match must be {WANTS}, got {path!r}, where no function is"


def test_a_module_that_needs_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("my_rules.py").write_text("import no_such_library.of_mine\ndef polite(message): return True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CekatInputError) as caught:
        load_callable("match", "my_rules.polite")
    assert str(caught.value) == (
        f"match must be {WANTS}, got 'my_rules.polite', whose module needs 'no_such_library', which is not there"
    )
