// Bundles the extension (no argument), its tests (--test) or everything a package needs (--package).
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const common = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

if (process.argv.includes("--test")) {
  rmSync("out-test", { recursive: true, force: true });
  const entryPoints = readdirSync("test")
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `test/${name}`);
  await build({ ...common, entryPoints, outdir: "out-test", sourcemap: "inline" });
} else {
  rmSync("dist", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    // The ES module builds of the protocol packages can be tree-shaken; their UMD builds can't be bundled at all.
    mainFields: ["module", "main"],
    external: ["vscode"],
    minify: true,
  });
  // The page of the chat view.
  await build({
    entryPoints: { chat: "webview/main.ts" },
    bundle: true,
    outdir: "dist",
    format: "iife",
    target: "es2022",
    minify: true,
    logLevel: "warning",
  });
}

if (process.argv.includes("--package")) {
  for (const name of ["LICENSE", "CHANGELOG.md"]) {
    copyFileSync(`../${name}`, name);
  }
}
