"""Makes the laboratory's model of a provider's cache importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts" / "lab"))
