"""The sandbox's version: that of the distribution it came with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as of_distribution


def version() -> str:
    """Tell the version, or ``0`` where the code runs without having been installed."""
    try:
        return of_distribution("airflow-provider-cekat")
    except PackageNotFoundError:
        return "0"
