"""Workers as processes, their folders and their words."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The process that workers are forked from is started by Python itself, with these alone.
os.environ.update({"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "DIFFUSERS_VERBOSITY": "error"})
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), str(HERE), os.environ.get("PYTHONPATH", "")])
sys.path[:0] = [str(HERE.parent), str(HERE)]

import pytest  # noqa: E402
import torch  # noqa: E402
from house import Folders  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tiny models lie, each made when it is first asked for."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def folders(models: Path, tmp_path: Path) -> Folders:
    """Attempts of one job."""
    return Folders(models, tmp_path)
