"""Makes the modules of the laboratory importable, which are scripts and no package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts" / "lab"))
