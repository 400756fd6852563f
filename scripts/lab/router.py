"""Start."""

import sys
from pathlib import Path

from router_run import *
from router_tasks import load, mixed

tasks = mixed(load())
n = int(sys.argv[1])
m = Path.home() / ".local/share/farthing/models"
found = run(tasks[:n], [m / "qwen2.5-coder-0.5b.gguf", m / "qwen2.5-coder-1.5b.gguf"], Path("/tmp/router-lab"), False)
