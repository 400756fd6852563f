"""The values of ``.env`` files."""

from pathlib import Path

from farthing.privacy import dotenv
from tests.support import repositories
from tests.support.secret_cases import WORD, Maker


def test_values_that_nobody_thought_of_are_secrets(tmp_path: Path) -> None:
    first, second, third = (Maker(seed).of(WORD, 16) for seed in (1, 2, 3))
    files = {
        ".env": f"# A={third}\nDEBUG=1\nNAME=farthing-shop\nexport KEY='{first}'\nURL=http://localhost:8000/x\n",
        "api/.env.local": f"TOKEN={second}\n",
        ".env.example": f"KEY={third}\n",
        "web/.env": f"KEY={third}\n",
    }
    repositories.write(tmp_path, files)
    assert list(dotenv.values(tmp_path)) == [first]
    assert list(dotenv.values(tmp_path, frozenset({"api", "none"}))) == [first, second]
