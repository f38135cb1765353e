"""Conversations and messages in SQLite, in a file or in memory.

One connection, used by the server's event loop only, so nothing here takes a lock. What belongs together is
written in one transaction: after ``kill -9`` a message is there whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cekat_provider.sandbox.changes import CLEARED, CONVERSATION, Changes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, receiver TEXT UNIQUE NOT NULL,
    name TEXT NOT NULL, opened_ms INTEGER NOT NULL, last_inbound_ms INTEGER);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, conversation_id TEXT NOT NULL,
    sent_by_type TEXT NOT NULL, created_ms INTEGER NOT NULL, content TEXT NOT NULL,
    status TEXT, status_ms INTEGER, error TEXT, ladder TEXT, request_body TEXT, request_headers TEXT);
CREATE INDEX IF NOT EXISTS of_conversation ON messages (conversation_id, seq);
CREATE TABLE IF NOT EXISTS pending (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due_real_ms INTEGER NOT NULL, conversation_id TEXT NOT NULL,
    message TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Conversation:
    """A conversation with one receiver."""

    id: str
    receiver: str
    name: str
    opened_ms: int
    last_inbound_ms: int | None

    @property
    def window_ends_ms(self) -> int:
        """The moment at which the 24-hour window closes."""
        return max(self.opened_ms, self.last_inbound_ms or 0) + 24 * 3_600_000


@dataclass(frozen=True)
class Message:
    """A message as it is kept. ``content`` is what does not change: texts, media, who sent it."""

    id: str
    conversation_id: str
    sent_by_type: str
    created_ms: int
    content: dict[str, Any]
    seq: int = 0
    status: str | None = None
    status_ms: int | None = None
    error: dict[str, Any] | None = None
    ladder: dict[str, Any] | None = None
    request_body: dict[str, Any] | None = None
    request_headers: dict[str, str] = field(default_factory=dict)


_CONVERSATION = "SELECT id, receiver, name, opened_ms, last_inbound_ms FROM conversations"
_MESSAGE = (
    "SELECT id, conversation_id, sent_by_type, created_ms, content, seq, status, status_ms, error, ladder,"
    " request_body, request_headers FROM messages"
)


class Store:
    """The sandbox's memory. ``path`` is a file, or ``:memory:``; ``changes`` hears which conversation changed."""

    def __init__(self, path: str, changes: Changes) -> None:
        self._changes = changes
        # The connection is made in one thread and used in the server's.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one transaction; transactions do not nest."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Find a conversation by its id."""
        row = self._db.execute(f"{_CONVERSATION} WHERE id = ?", (conversation_id,)).fetchone()
        return Conversation(*row) if row else None

    def conversation_of(self, receiver: str) -> Conversation | None:
        """Find the conversation of a receiver: there is one at most."""
        row = self._db.execute(f"{_CONVERSATION} WHERE receiver = ?", (receiver,)).fetchone()
        return Conversation(*row) if row else None

    def conversations(self) -> list[Conversation]:
        """List all conversations, in the order they were opened here."""
        return [Conversation(*row) for row in self._db.execute(f"{_CONVERSATION} ORDER BY seq")]

    def open_conversation(
        self, receiver: str, opened_ms: int, conversation_id: str | None = None, name: str | None = None
    ) -> Conversation:
        """Add a conversation. Its id and its receiver must be free."""
        made = Conversation(conversation_id or str(uuid.uuid4()), receiver, name or receiver, opened_ms, None)
        self._db.execute(
            "INSERT INTO conversations (id, receiver, name, opened_ms) VALUES (?, ?, ?, ?)",
            (made.id, made.receiver, made.name, made.opened_ms),
        )
        self._changes.tell(CONVERSATION + made.id)
        return made

    def add(self, message: Message) -> None:
        """Keep a message; one from the customer opens the window anew."""
        self._db.execute(
            "INSERT INTO messages (id, conversation_id, sent_by_type, created_ms, content, ladder,"
            " request_body, request_headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.id,
                message.conversation_id,
                message.sent_by_type,
                message.created_ms,
                json.dumps(message.content),
                _dump(message.ladder),
                _dump(message.request_body),
                json.dumps(message.request_headers),
            ),
        )
        if message.sent_by_type == "user":
            self._db.execute(
                "UPDATE conversations SET last_inbound_ms = max(ifnull(last_inbound_ms, 0), ?) WHERE id = ?",
                (message.created_ms, message.conversation_id),
            )
        self._changes.tell(CONVERSATION + message.conversation_id)

    def message(self, message_id: str) -> Message | None:
        """Find a message by its id."""
        row = self._db.execute(f"{_MESSAGE} WHERE id = ?", (message_id,)).fetchone()
        return _message(row) if row else None

    def messages(self, conversation_id: str, last: int = -1) -> list[Message]:
        """List the messages of a conversation, in the order they were accepted; ``last``: no more than the newest."""
        newest = f"{_MESSAGE} WHERE conversation_id = ? ORDER BY seq DESC LIMIT ?"
        return [_message(row) for row in self._db.execute(newest, (conversation_id, last))][::-1]

    def latest(self) -> dict[str, tuple[Message, int]]:
        """Give each conversation's newest message, and how many there are; none for an empty one."""
        newest = "SELECT max(seq), count(*) FROM messages GROUP BY conversation_id"
        found = {}
        for seq, count in self._db.execute(newest).fetchall():
            message = _message(self._db.execute(f"{_MESSAGE} WHERE seq = ?", (seq,)).fetchone())
            found[message.conversation_id] = (message, int(count))
        return found

    def climbed(self, after_ms: int, until_ms: int) -> list[str]:
        """List the conversations in which a message came to another step of its ladder in this time."""
        query = (
            "SELECT DISTINCT conversation_id FROM messages, json_each(ladder)"
            " WHERE ladder IS NOT NULL AND json_each.key LIKE '%_ms' AND json_each.value > ? AND json_each.value <= ?"
        )
        return [row[0] for row in self._db.execute(query, (after_ms, until_ms))]

    def all_messages(self, *, sent: bool = False, after_seq: int = 0) -> list[Message]:
        """List messages of all conversations in the order accepted; ``sent``: those of the API only."""
        where = "WHERE seq > ?" + (" AND request_body IS NOT NULL" if sent else "")
        return [_message(row) for row in self._db.execute(f"{_MESSAGE} {where} ORDER BY seq", (after_seq,))]

    def set_status(self, message_id: str, status: str, at_ms: int, error: dict[str, Any] | None) -> None:
        """Set a message's status by hand; it overrules the ladder."""
        self._db.execute(
            "UPDATE messages SET status = ?, status_ms = ?, error = ? WHERE id = ?",
            (status, at_ms, _dump(error), message_id),
        )
        message = self.message(message_id)
        if message is not None:
            self._changes.tell(CONVERSATION + message.conversation_id)

    def schedule(self, due_real_ms: int, conversation_id: str, message: str) -> None:
        """Keep an answer that the customer will give later."""
        self._db.execute(
            "INSERT INTO pending (due_real_ms, conversation_id, message) VALUES (?, ?, ?)",
            (due_real_ms, conversation_id, message),
        )

    def due(self, real_ms: int) -> list[tuple[int, int, str, str]]:
        """List the answers whose time has come: (seq, due_real_ms, conversation_id, message)."""
        query = "SELECT seq, due_real_ms, conversation_id, message FROM pending WHERE due_real_ms <= ?"
        return self._db.execute(f"{query} ORDER BY due_real_ms, seq", (real_ms,)).fetchall()

    def drop_due(self, seq: int) -> None:
        """Forget an answer that has been given."""
        self._db.execute("DELETE FROM pending WHERE seq = ?", (seq,))

    def setting(self, name: str, default: str) -> str:
        """Read a setting that outlives the process."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def set_setting(self, name: str, value: str) -> None:
        """Write a setting that outlives the process."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in ("conversations", "messages", "pending", "settings"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are the four above
        self._changes.tell(CLEARED)


def _dump(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)


def _load(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _message(row: tuple[Any, ...]) -> Message:
    content, error, ladder, body, headers = (_load(row[index]) for index in (4, 8, 9, 10, 11))
    message_id, conversation_id, sent_by_type, created_ms = row[:4]
    seq, status, status_ms = row[5:8]
    return Message(
        message_id,
        conversation_id,
        sent_by_type,
        created_ms,
        content,
        seq,
        status,
        status_ms,
        error,
        ladder,
        body,
        headers,
    )
