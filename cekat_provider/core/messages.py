"""What can be said, as values: each class knows its fields on the wire (facts A, B) and nothing else.

DAG authors import these from `cekat_provider.messages`. Making one checks nothing, since its fields may be templates;
`to_body` reads them and `check.py` holds the body against WhatsApp's limits.

They have no `template_fields` on purpose: Airflow renders such objects in place, and one object may stand in several
tasks and mapped instances. Our operators and notifiers render them into copies instead (`rendered`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from urllib.parse import unquote

Rendered = TypeVar("Rendered", bound="Templated")


@dataclass(frozen=True)
class Templated:
    """Base of all: its texts may be Jinja templates, its lists an XComArg or a template that gives a list."""

    def rendered(self: Rendered, render: Callable[[Any], Any]) -> Rendered:
        """Return a copy with each field rendered; the object itself stays as its author wrote it."""
        return replace(self, **{field.name: render(getattr(self, field.name)) for field in fields(self)})

    def references(self) -> list[Any]:
        """Return the fields' values: where Airflow has to look for XComArgs."""
        return [getattr(self, field.name) for field in fields(self)]


class OutboundMessage(Templated):
    """Base of what can be sent."""

    def to_body(self) -> dict[str, Any]:
        """Return exactly the wire's fields; what is None is left out.

        :raises CekatInputError: where a field has no place on the wire at all.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Text(OutboundMessage):
    """A text.

    :param text: 1 to 4,096 characters.
    """

    text: str

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        return given(message=self.text)


@dataclass(frozen=True)
class File(OutboundMessage):
    """A file that WhatsApp fetches itself.

    :param url: public http(s); it ends in the file name that the customer sees.
    :param caption: 1 to 1,024 characters, or None; audio has none.
    """

    url: str
    caption: str | None = None

    @property
    def file_name(self) -> str:
        """The name that the customer sees: the URL's last part. The wire has no other place for one."""
        return unquote(self.url.rpartition("/")[2])

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        return given(message=self.caption, file_url=self.url)


@dataclass(frozen=True)
class Location(OutboundMessage):
    """A place on the map.

    :param latitude: degrees, -90 to 90; a number or its text.
    :param longitude: degrees, -180 to 180.
    :param name: shown above the address.
    :param address: shown only with a name.
    """

    latitude: float | str
    longitude: float | str
    name: str | None = None
    address: str | None = None

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        place = given(latitude=self.latitude, longitude=self.longitude, name=self.name, address=self.address)
        return {"media_type": "location", "location": place}


@dataclass(frozen=True)
class Link(OutboundMessage):
    """A text with one button that opens a URL (``cta_url``).

    :param text: 1 to 1,024 characters.
    :param label: on the button, 1 to 20.
    :param url: http(s).
    :param header: a line above, 1 to 60.
    :param header_file_url: an image, video or document above.
    :param footer: a line below, 1 to 60.
    """

    text: str
    label: str
    url: str
    header: str | None = None
    header_file_url: str | None = None
    footer: str | None = None

    def to_body(self) -> dict[str, Any]:  # noqa: D102
        action = {"name": "cta_url", "parameters": given(display_text=self.label, url=self.url)}
        return interactive("cta_url", self.text, self.header, self.header_file_url, self.footer, action)


def interactive(
    kind: str,
    text: str,
    header: str | None,
    header_file_url: str | None,
    footer: str | None,
    action: dict[str, Any],
) -> dict[str, Any]:
    """Write what link, buttons and list have in common."""
    above = given(text=header, file_url=header_file_url)
    return given(media_type=kind, message=text, header=above or None, footer=footer, action=action)


def given(**values: Any) -> dict[str, Any]:
    """Leave out what is None. A whole number becomes its text: native rendering makes one of "12345"."""
    return {
        name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in values.items()
        if value is not None
    }
