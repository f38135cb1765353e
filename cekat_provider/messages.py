"""What a DAG can say on WhatsApp: ``CekatSendWhatsAppOperator(message=Buttons("Jadi?", ["Ya", "Tidak"]))``."""

from __future__ import annotations

from cekat_provider.core.choosing import Button, Buttons, Menu, Row, Section
from cekat_provider.core.messages import File, Link, Location, OutboundMessage, Text

__all__ = [
    "Button",
    "Buttons",
    "File",
    "Link",
    "Location",
    "Menu",
    "OutboundMessage",
    "Row",
    "Section",
    "Text",
]
