"""The README's program that talks to PostgreSQL, run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tcpkit import Lab
from tcpkit.lab import LabUnavailable

README = Path(__file__).parents[1] / "README.md"


def test_a_database_client_over_our_tcp(tmp_path):
    try:
        Lab("namespace").close()
    except LabUnavailable as error:
        pytest.skip(str(error))
    (program,) = re.findall(r"```python\n(import asyncio\n.*?)```", README.read_text(), re.DOTALL)
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("10.0.0.2\n", "")
