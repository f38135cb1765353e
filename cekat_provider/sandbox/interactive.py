"""The checks of the three interactive kinds: link, reply buttons, list."""

from __future__ import annotations

from typing import Any

from cekat_provider.sandbox.findings import Fields, Findings
from cekat_provider.sandbox.limits import (
    BUTTON_ID,
    BUTTON_ID_PATTERN,
    BUTTON_TITLE,
    BUTTONS,
    INTERACTIVE_BODY,
    LINK_PATTERN,
    LINK_TEXT,
    LIST_BODY,
    LIST_LABEL,
    ROW_DESCRIPTION,
    ROW_ID,
    ROW_TITLE,
    ROWS,
    SECTION_TITLE,
    SECTIONS,
)


def link(found: Findings, body: Fields) -> None:
    """Check a text with one link button."""
    found.text(body, "message", 1, INTERACTIVE_BODY, required=True)
    action = found.typed(body, "action", dict, required=True)
    if action is None:
        return
    found.like(action, "action.name", "cta_url", "must be 'cta_url'", required=True)
    parameters = found.typed(action, "action.parameters", dict, required=True)
    if parameters is not None:
        found.text(parameters, "action.parameters.display_text", 1, LINK_TEXT, required=True)
        found.like(parameters, "action.parameters.url", LINK_PATTERN, "must be an http(s) URL", required=True)


def buttons(found: Findings, body: Fields) -> None:
    """Check a text with reply buttons."""
    found.text(body, "message", 1, INTERACTIVE_BODY, required=True)
    action = found.typed(body, "action", dict, required=True)
    if action is None:
        return
    found.typed(action, "action.name", str)
    listed = found.typed(action, "action.buttons", list, required=True)
    if listed is None:
        return
    if not 1 <= len(listed) <= BUTTONS:
        found.add("action.buttons", f"has {len(listed)} buttons, 1 to {BUTTONS} allowed")
    ids: list[str] = []
    titles: list[str] = []
    for path, button in _objects(found, listed, "action.buttons"):
        found.like(button, f"{path}.type", "reply", "must be 'reply'", required=True)
        reply = found.typed(button, f"{path}.reply", dict, required=True)
        if reply is None:
            continue
        meaning = "must not begin or end with a space, nor hold a line break"
        taken = found.like(reply, f"{path}.reply.id", BUTTON_ID_PATTERN, meaning, BUTTON_ID, required=True)
        ids += [taken] if taken is not None else []
        title = found.text(reply, f"{path}.reply.title", 1, BUTTON_TITLE, required=True)
        titles += [title] if title is not None else []
    found.unique(ids, "action.buttons", "id")
    found.unique(titles, "action.buttons", "title")


def rows(found: Findings, body: Fields) -> None:
    """Check a text with a list of rows."""
    found.text(body, "message", 1, LIST_BODY, required=True)
    if isinstance(body.get("header"), dict) and "file_url" in body["header"]:
        found.add("header.file_url", "is not allowed: the header of a list is text only")
    action = found.typed(body, "action", dict, required=True)
    if action is None:
        return
    found.typed(action, "action.name", str)
    found.text(action, "action.button", 1, LIST_LABEL, required=True)
    sections = found.typed(action, "action.sections", list, required=True)
    if sections is None:
        return
    if not 1 <= len(sections) <= SECTIONS:
        found.add("action.sections", f"has {len(sections)} sections, 1 to {SECTIONS} allowed")
    ids: list[str] = []
    count = 0
    for path, section in _objects(found, sections, "action.sections"):
        found.text(section, f"{path}.title", 1, SECTION_TITLE, required=len(sections) > 1)
        listed = found.typed(section, f"{path}.rows", list, required=True)
        if listed is None:
            continue
        if not listed:
            found.add(f"{path}.rows", "must not be empty")
        count += len(listed)
        for row_path, row in _objects(found, listed, f"{path}.rows"):
            taken = found.text(row, f"{row_path}.id", 1, ROW_ID, required=True)
            ids += [taken] if taken is not None else []
            found.text(row, f"{row_path}.title", 1, ROW_TITLE, required=True)
            found.text(row, f"{row_path}.description", 0, ROW_DESCRIPTION)
    if count > ROWS:
        found.add("action.sections", f"has {count} rows in all, at most {ROWS} allowed")
    found.unique(ids, "action.sections", "row id")


def _objects(found: Findings, values: list[Any], path: str) -> list[tuple[str, Fields]]:
    good: list[tuple[str, Fields]] = []
    for index, value in enumerate(values):
        if isinstance(value, dict):
            good.append((f"{path}[{index}]", value))
        else:
            found.add(f"{path}[{index}]", "must be an object")
    return good
