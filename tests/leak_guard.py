"""Watches the whole suite: no key, number or text in a log at INFO or above, nor in an exception of this package.

What is private is not listed here but learned while the tests run: the key of every connection and of every local
Cekat, and the text of every message that one of them keeps. Numbers are made up alike (`62812…`), so any is found.

The logs of tasks, of this process's Airflow and of every Airflow that a test starts, are read at the end of each
module: there are too many folders to look through after each test.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from log_lines import is_returned, loud_lines

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = str(ROOT / "cekat_provider"), str(ROOT / "tests")
SANDBOX = f"{PACKAGE}/sandbox"
NUMBER = re.compile(r"\+?62[ -]?812[ -]?[0-9]{3,5}[ -]?[0-9]{3,}")
#: Shorter texts ("Ya") are parts of other words. What is no text of a customer's but a test's name for one is not kept.
SHORTEST_TEXT, SHORTEST_KEY = 10, 8


class LeakGuard:
    """A pytest plugin that fails each test in which something private was told."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.texts: set[str] = set()
        self.told: list[tuple[str, str]] = []
        #: Folders of task logs; what was said in this module; how far each file was read.
        self.logs: list[Path] = []
        self._texts_of_module: set[str] = set()
        self._read: dict[Path, int] = {}
        self._module_ends = False
        self._drawn = False
        self._undo: list[Callable[[], None]] = []

    def leaks(self) -> Iterator[str]:
        """Name what was told and where, without telling it again."""
        for where, words in self.told:
            if NUMBER.search(words):
                yield f"a phone number in {where}"
            if not self._drawn and any(key in words for key in self.keys):
                yield f"an API key in {where}"
            # As it is, and as `repr` writes it.
            if any(text in words or repr(text)[1:-1] in words for text in self.texts):
                yield f"a message's text in {where}"

    def log(self, record: logging.LogRecord) -> None:
        """Keep a record of the standard library's; a test's own are its own."""
        if record.levelno < logging.INFO or record.pathname.startswith((TESTS, SANDBOX)):
            return
        if is_returned(f"{record.getMessage()} {record.name}"):
            return
        words = record.getMessage() + "".join(traceback.format_exception(*record.exc_info) if record.exc_info else "")
        self.told.append((f"a log record of {record.name} ({record.funcName})", words))

    def raised(self, kind: type, arguments: tuple[Any, ...], frame: Any) -> None:
        """Keep an exception's words where this package makes it; a test's own are its own."""
        while frame is not None and frame.f_code.co_filename == f"{PACKAGE}/core/errors.py":
            frame = frame.f_back
        if frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
            self.told.append((f"a {kind.__name__} made in {frame.f_code.co_name}", f"{arguments!r} {arguments}"))

    def caught(self, error: BaseException) -> None:
        """Keep the words of what made this package raise an error, as a traceback would show them."""
        if isinstance(error, self._airflow_exception):
            where = f"what a {type(error).__name__} was raised from"
            shown = traceback.TracebackException.from_exception(error, lookup_lines=False)
            while (inner := shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)) is not None:
                self.told.append((where, "".join(inner.format_exception_only())))
                shown = inner

    def printed(self, output: str, where: str, *, unmarked: bool = False) -> None:
        """Keep what Airflow logged to the terminal, or to a file; see `loud_lines`."""
        # As one: a text may be several lines.
        if lines := list(loud_lines(output, unmarked=unmarked)):
            self.told.append((where, "\n".join(lines)))

    def files(self, folder: Path) -> None:
        """Keep what processes wrote to log files since the last look."""
        for path in folder.rglob("*.log"):
            if path.is_file():
                with path.open("rb") as file:
                    file.seek(self._read.get(path, 0))
                    content = file.read()
                    self._read[path] = file.tell()
                self.printed(content.decode(errors="replace"), f"the file {path.name}", unmarked=True)

    # pytest's hooks

    def pytest_configure(self) -> None:
        from airflow.exceptions import AirflowException
        from local_airflow import LocalAirflow

        from cekat_provider.core import config
        from cekat_provider.sandbox import cekat, store

        self._airflow_exception = AirflowException
        self.logs.append(Path(os.environ["AIRFLOW_HOME"], "logs"))

        def made(kind: type[BaseException], *args: Any, **kwargs: Any) -> BaseException:
            self.raised(kind, args, sys._getframe(1))
            return Exception.__new__(kind, *args)

        def connection(*args: Any, **fields: Any) -> Any:
            self.learn(self.keys, fields.get("password"), SHORTEST_KEY)
            return from_connection(*args, **fields)

        def sandbox(self_: Any, settings: Any) -> None:
            self.learn(self.keys, settings.api_key, SHORTEST_KEY)
            cekat_init(self_, settings)

        def add(self_: Any, message: Any) -> Any:
            self.learn(self.texts, message.content.get("message"), SHORTEST_TEXT)
            return store_add(self_, message)

        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            self.log(record)
            log_handle(logger, record)

        def readouterr(fixture: Any) -> Any:
            out = read(fixture)
            for output in out:
                self.printed(str(output), "what was logged to the terminal")
            return out

        def caught(raises: Any, *exception: Any) -> Any:
            if exception[1] is not None:
                self.caught(exception[1])
            return raises_exit(raises, *exception)

        def started(airflow: LocalAirflow, home: Path, *args: Any, **kwargs: Any) -> None:
            self.logs.append(home / "logs")
            airflow_init(airflow, home, *args, **kwargs)

        raises_exit, airflow_init = pytest.RaisesExc.__exit__, LocalAirflow.__init__
        from_connection, cekat_init, store_add = config.from_connection, cekat.Cekat.__init__, store.Store.add
        log_handle, read = logging.Logger.handle, pytest.CaptureFixture.readouterr
        self.put(pytest.RaisesExc, "__exit__", caught)
        self.put(LocalAirflow, "__init__", started)
        self.put(AirflowException, "__new__", made)
        self.put(config, "from_connection", connection)
        self.put(cekat.Cekat, "__init__", sandbox)
        self.put(store.Store, "add", add)
        self.put(logging.Logger, "handle", handle)
        self.put(pytest.CaptureFixture, "readouterr", readouterr)

    def pytest_unconfigure(self) -> None:
        for undo in reversed(self._undo):
            undo()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        # hypothesis draws words that stand in the code and the tests: then any error may hold a "key", and any answer a
        # test's key.
        self._drawn = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)

    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        self._module_ends = nextitem is None or nextitem.path != item.path

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "teardown":
            for name, output in report.sections:
                if name.startswith("Captured std"):
                    self.printed(output, name)
            folder = getattr(item, "funcargs", {}).get("tmp_path")
            if folder is not None:
                self.files(folder)
            found = {*self.leaks()}
            self.told.clear()
            self._texts_of_module |= self.texts
            self.texts.clear()
            if self._module_ends:
                found |= self._of_module()
            if found and report.passed:
                report.outcome = "failed"
                report.longrepr = "Something private was told:\n" + "\n".join(sorted(found))
        return report

    # How it listens

    def _of_module(self) -> set[str]:
        """Read the tasks' logs of the module that ends here."""
        self.texts, self._texts_of_module = self._texts_of_module, set()
        for folder in self.logs:
            self.files(folder)
        found = {f"{leak}, by a test of this module" for leak in self.leaks()}
        self.told.clear()
        self.texts.clear()
        return found

    def learn(self, into: set[str], secret: Any, shortest: int) -> None:
        if isinstance(secret, str) and len(secret) >= shortest and not self._drawn:
            into.add(secret)

    def put(self, owner: Any, name: str, new: Any) -> None:
        """Put a function in the place of another until the end."""
        own = name in vars(owner)
        old = vars(owner).get(name)
        setattr(owner, name, new)
        self._undo.append(lambda: setattr(owner, name, old) if own else delattr(owner, name))
