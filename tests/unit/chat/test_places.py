"""Where new tests go."""

from pathlib import Path

import pytest

from farthing.chat.places import test_path as path_of_tests


@pytest.mark.parametrize(
    ("path", "there", "expected"),
    [
        ("shop/prices.py", ["tests/test_prices.py"], "tests/test_prices.py"),
        ("shop/prices.py", ["tests/other.py"], "tests/test_prices.py"),
        ("src/shop/inner/prices.py", ["tests/shop/inner/other.py"], "tests/shop/inner/test_prices.py"),
        ("shop/prices.py", ["shop/tests/other.py"], "shop/tests/test_prices.py"),
        ("prices.py", [], "test_prices.py"),
        ("pkg/cart.go", ["pkg/cart.go"], "pkg/cart_test.go"),
        ("src/cart.ts", ["src/cart.ts"], "src/cart.test.ts"),
        ("src/cart.tsx", ["src/__tests__/cart.test.tsx"], "src/__tests__/cart.test.tsx"),
        ("lib/Cart.java", [], "lib/CartTest.java"),
    ],
)
def test_tests_go_where_others_are(tmp_path: Path, path: str, there: list[str], expected: str) -> None:
    for each in there:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    assert path_of_tests(tmp_path, path) == expected
