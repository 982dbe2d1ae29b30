"""Options of the whole test run."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest
from hypothesis import settings
from thorough import examples

from streams.pack.starter import write_starter

pytest_plugins = ["broker_fixtures"]

settings.register_profile("tipstaff", max_examples=examples(100))  # of random tests that say nothing else
settings.load_profile("tipstaff")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what comes out as what must come out")


def pytest_configure(config: pytest.Config) -> None:
    # A run keeps its files open until its process ends; here many runs end in one process.
    config.addinivalue_line("filterwarnings", "ignore:unclosed file:ResourceWarning")


def pytest_sessionfinish() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack that `pack init` starts; its sample holds an hour of two accounts, one of which floods."""
    folder = tmp_path_factory.mktemp("starter") / "mine"
    write_starter(folder)
    return folder


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--update-golden"))
