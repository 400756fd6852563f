import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { type Situation, menuItems } from "../src/menuItems";
import { ACCEPT_COMPLETION } from "../src/protocol";

interface Manifest {
  engines: { vscode: string };
  icon: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; category: string }[];
    configuration: { properties: Record<string, { markdownDescription?: string; scope?: string }> }[];
    walkthroughs: { id: string; steps: { description: string; media: { markdown?: string; svg?: string } }[] }[];
  };
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const sources = readdirSync("src")
  .map((name) => readFileSync(`src/${name}`, "utf8"))
  .join("\n");
const contributed = manifest.contributes.commands.map(({ command }) => command);

describe("the manifest", () => {
  test("every contributed command is registered, and every registered one contributed", () => {
    const registered = [...sources.matchAll(/registerCommand\(\s*"([^"]+)"/g)].map((match) => match[1]);
    assert.deepEqual(registered.toSorted(), contributed.toSorted());
  });

  test("the server's own command is not registered twice", () => {
    assert.ok(!contributed.includes(ACCEPT_COMPLETION));
  });

  test("commands that menus, messages and texts name exist", () => {
    const everything: Situation = {
      trusted: true,
      serverRuns: true,
      state: "missing",
      enabled: true,
      language: "x",
      languageEnabled: true,
      cloud: "running",
      aboutCloud: false,
      providers: ["a", "b"],
      keyless: ["b"],
    };
    const named = [
      ...menuItems(everything).map((item) => item.command),
      ...[
        ...sources.matchAll(/"(farthing\.(?:show|restart|install|pick|pull|toggle|open|raise|new|set|delete)\w+)"/g),
      ].map((m) => m[1]),
      ...[...JSON.stringify(manifest).matchAll(/command:(farthing\.\w+)/g)].map((match) => match[1]),
    ].filter((command) => command?.startsWith("farthing."));
    for (const command of named) {
      assert.ok(command !== undefined && contributed.includes(command), command);
    }
  });

  test("the README has every setting, and none that does not exist", () => {
    const settings = manifest.contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
    const rows = [...readFileSync("../README.md", "utf8").matchAll(/^\| `(farthing\.\w+\.\w+)` \|/gm)].map((m) => m[1]);
    assert.deepEqual(rows.toSorted(), settings.toSorted());
  });

  test("every setting has a description; those that name programs are restricted and out of a workspace's reach", () => {
    const settings = manifest.contributes.configuration.flatMap(({ properties }) => Object.entries(properties));
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const [name, setting] of settings) {
      assert.ok((setting.markdownDescription ?? "").length > 20, name);
      if (/python$/i.test(name)) {
        assert.equal(setting.scope, "machine", name);
        assert.ok(restricted.includes(name), name);
      }
    }
  });

  test("the files that it names exist", () => {
    const media = manifest.contributes.walkthroughs.flatMap(({ steps }) =>
      steps.map((step) => step.media.markdown ?? step.media.svg ?? ""),
    );
    for (const file of [manifest.icon, ...media]) {
      assert.ok(existsSync(file), file);
    }
  });

  test("every package is pinned, and the typings promise no more than the oldest editor holds", () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(all)) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
    }
    assert.equal(manifest.engines.vscode, `^${all["@types/vscode"] ?? ""}`);
  });
});
