"""WhatsApp's limits and the forms of fields, read strictly: the sandbox's own table, shared with nobody."""

from __future__ import annotations

TEXT, CAPTION, INTERACTIVE_BODY, LIST_BODY = 4096, 1024, 1024, 4096
HEADER, FOOTER = 60, 60
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
SECTIONS, ROWS, SECTION_TITLE = 10, 10, 24
ROW_ID, ROW_TITLE, ROW_DESCRIPTION, LIST_LABEL = 200, 24, 72, 20
LINK_TEXT, URL, CONVERSATION_ID = 20, 2048, 256

RECEIVER_PATTERN = r"[0-9]{7,15}"
LATITUDE_PATTERN = r"-?(90(\.0+)?|[0-8]?[0-9](\.[0-9]+)?)"
LONGITUDE_PATTERN = r"-?(180(\.0+)?|(1[0-7][0-9]|[0-9]{1,2})(\.[0-9]+)?)"
LINK_PATTERN = r"https?://[!-~]+"
#: Cekat wants the URL to end in a file name, so no query and no fragment.
_SEGMENT = r"[!\"$-.0->@-~]"
_HOST = r"[A-Za-z0-9._-]+(:[0-9]{1,5})?"
FILE_PATTERN = rf"https?://{_HOST}/({_SEGMENT}*/)*{_SEGMENT}+\.[A-Za-z0-9]{{1,8}}"
BUTTON_ID_PATTERN = r"\S([^\r\n]*\S)?"

MEDIA = ("image", "video", "document", "audio")
INTERACTIVE = ("cta_url", "button", "list")
MEDIA_TYPES = ("text", *MEDIA, "location", *INTERACTIVE)
