"""Imports -> files."""

import pytest

from farthing.index.resolve import Resolver

PATHS = """
src/app/__init__.py src/app/core.py src/app/util/__init__.py src/app/util/text.py other/app/core.py
web/main.ts web/lib/index.ts web/lib/button.tsx web/style.js
go.mod cmd/root.go pkg/store/store.go pkg/store/store_test.go
rs/src/lib.rs rs/src/parser.rs rs/src/net/mod.rs
java/com/acme/Shop.java c/include/shop.h c/main.c c/util.h
rb/shop.rb rb/shop/cart.rb lua/shop/init.lua lua/shop/cart.lua
""".split()


@pytest.mark.parametrize(
    ("path", "language", "module", "names", "files"),
    [
        ("src/main.py", "python", "app.core", [], ["src/app/core.py"]),
        ("other/main.py", "python", "app.core", [], ["other/app/core.py"]),
        ("src/main.py", "python", "app", ["core"], ["src/app/core.py", "src/app/__init__.py"]),
        ("src/app/core.py", "python", ".util", ["text"], ["src/app/util/text.py", "src/app/util/__init__.py"]),
        ("src/app/core.py", "python", ".", ["util"], ["src/app/util/__init__.py", "src/app/__init__.py"]),
        ("src/app/util/text.py", "python", "..core", ["run"], ["src/app/core.py"]),
        ("src/app/util/text.py", "python", "os.path", [], []),
        ("web/main.ts", "typescript", "./lib", [], ["web/lib/index.ts"]),
        ("web/main.ts", "typescriptreact", "./lib/button", [], ["web/lib/button.tsx"]),
        ("web/lib/button.tsx", "typescriptreact", "../style", [], ["web/style.js"]),
        ("web/main.ts", "typescript", "react", [], []),
        ("cmd/root.go", "go", "example.com/shop/pkg/store", [], ["pkg/store/store.go", "pkg/store/store_test.go"]),
        ("cmd/root.go", "go", "fmt", [], []),
        ("rs/src/lib.rs", "rust", "crate::parser::Parser", [], ["rs/src/parser.rs"]),
        ("rs/src/lib.rs", "rust", "crate::net", [], ["rs/src/net/mod.rs"]),
        ("java/com/acme/Cart.java", "java", "com.acme.Shop", [], ["java/com/acme/Shop.java"]),
        ("c/main.c", "c", "util.h", [], ["c/util.h"]),
        ("c/main.c", "c", "stdio.h", [], []),
        ("rb/main.rb", "ruby", "shop/cart", [], ["rb/shop/cart.rb"]),
        ("lua/main.lua", "lua", "shop.cart", [], ["lua/shop/cart.lua"]),
        ("lua/main.lua", "lua", "shop", [], ["lua/shop/init.lua"]),
        ("x.txt", "plaintext", "whatever", [], []),
    ],
)
def test_an_import_names_files(path: str, language: str, module: str, names: list[str], files: list[str]) -> None:
    assert Resolver(PATHS).resolve(path, language, module, names) == files


@pytest.mark.parametrize("module", ["", ".", "..", "../../../../etc/passwd", "/", "//", "a" * 5000, "x\0y"])
@pytest.mark.parametrize("language", ["python", "typescript", "go", "rust", "java", "c", "ruby", "lua", "php"])
def test_odd_imports_stay_inside(language: str, module: str) -> None:
    assert set(Resolver(PATHS).resolve("src/app/core.py", language, module)) <= set(PATHS)
