"""A server, with and without a model."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SMALL_MODEL
from tests.support import engine, gateway, llama_cpp_server, lsp


@pytest.fixture
def client(farthing_home: Path, tmp_path: Path) -> Iterator[lsp.Client]:
    """A server without any model, with which hands have been shaken."""
    with lsp.server(log=tmp_path / "server.log") as running:
        running.initialize()
        yield running


@pytest.fixture
def model_home(home_with_models: Path) -> Iterator[Path]:
    """A state directory with the real model, whose engine ends with the test."""
    yield home_with_models
    engine.stop(home_with_models)


@pytest.fixture
def model_client(model_home: Path, tmp_path: Path) -> Iterator[lsp.Client]:
    """A server with the real model, with which hands have been shaken."""
    with lsp.server(log=tmp_path / "server.log") as running:
        running.initialize()
        yield running


@pytest.fixture
def soak_requests() -> int:
    """Requests of the test of the cap: 500, or as many as ``scripts/test --soak`` says."""
    return int(os.environ.get("FARTHING_TEST_SOAK", "500"))


@pytest.fixture
def soak_edits() -> int:
    """Hunks of the test of the applier: 300, or as many as ``scripts/test --soak`` says."""
    return int(os.environ.get("FARTHING_TEST_SOAK", "300"))


@pytest.fixture(scope="session")
def team_gateway(real_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateway.Gateway]:
    """A team's gateway before a server with the real model. It takes a while to come up, so there is one for all."""
    model = next(real_models.glob(f"**/{SMALL_MODEL}*.gguf"))
    folder = tmp_path_factory.mktemp("gateway")
    with (
        llama_cpp_server.serving(
            model, folder / "server.log", "--n_ctx", "2048", "--interrupt_requests", "False"
        ) as server,
        gateway.serving(server, folder) as running,
    ):
        yield running
