"""The README as package indexes show it: called by the build, through `[tool.hatch.metadata.hooks.custom]`.

An index has neither the folder's pages nor its pictures. While `[project.urls]` names no `Source`, a link there becomes
its text and a picture is left out; once it does, both lead to that address.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n*")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)([^)\s]+)\)")
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)


def for_index(text: str, source: str | None) -> str:
    """Return the README with every link in it leading somewhere, wherever it is read."""
    text = _COMMENT.sub("", text)
    if source is None:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    source = source.rstrip("/")
    text = _PICTURE.sub(rf"![\1]({source}/raw/main/\2)\n\n", text)
    return _LINK.sub(rf"[\1]({source}/blob/main/\2)", text)


class Readme(MetadataHookInterface):
    """Gives the build its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set it."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_index(text, source)}
