import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { type Situation, menuItems } from "../src/menuItems";
import { Increments, completionModels, downloadQuestion, formatBytes, modelText } from "../src/modelText";
import type { EngineState, ModelInfo, Status } from "../src/protocol";
import { statisticsText, statusText } from "../src/statusText";

const STATES: readonly EngineState[] = ["off", "missing", "loading", "ready", "generating", "error"];

function status(state: EngineState, rest: Partial<Status> = {}): Status {
  return { state, model: "", detail: "", fix: "", ...rest };
}

describe("the status bar", () => {
  test("every state has its own icon and the same word", () => {
    const texts = STATES.map((state) => statusText(status(state)).text);
    assert.equal(new Set(texts).size, STATES.length);
    for (const text of texts) {
      assert.match(text, /^\$\([\w~-]+\) Farthing$/);
    }
  });

  test("only an error is coloured as one", () => {
    assert.deepEqual(
      STATES.filter((state) => statusText(status(state)).isError),
      ["error"],
    );
  });

  test("a screen reader hears the state, the model, the detail and the way out", () => {
    const view = statusText(status("error", { model: "m", detail: "The engine died", fix: "Restart it" }));
    assert.equal(view.accessible, "Farthing: Error. Model: m. The engine died. Restart it");
    assert.deepEqual(statusText(status("ready")).lines, []);
  });
});

describe("today's statistics", () => {
  test("are one line with shares and whole milliseconds", () => {
    assert.deepEqual(statisticsText({ shown: 42, accepted: 17, firstTokenMs: 111.6 }), [
      "Today: 42 shown, 17 accepted (40 %), first token 112 ms",
    ]);
  });

  test("leave out what is not known yet", () => {
    assert.deepEqual(statisticsText(undefined), []);
    assert.deepEqual(statisticsText({ shown: 0, accepted: 0, firstTokenMs: null }), []);
    assert.deepEqual(statisticsText({ shown: 0, accepted: 0, firstTokenMs: 90 }), [
      "Today: 0 shown, first token 90 ms",
    ]);
    assert.deepEqual(statisticsText({ shown: 1, accepted: 1, firstTokenMs: null }), [
      "Today: 1 shown, 1 accepted (100 %)",
    ]);
  });
});

describe("the menu", () => {
  const usual: Situation = {
    trusted: true,
    serverRuns: true,
    state: "ready",
    enabled: true,
    language: "python",
    languageEnabled: true,
    cloud: "none",
    aboutCloud: false,
    providers: [],
    keyless: [],
  };

  function commands(situation: Partial<Situation>): string[] {
    return menuItems({ ...usual, ...situation }).map((item) => item.command);
  }

  test("usually offers neither trust, nor installation, nor a download", () => {
    const offered = commands({});
    assert.ok(offered.includes("farthing.pickModel") && offered.includes("farthing.restartEngine"));
    for (const command of ["workbench.trust.manage", "farthing.installServer", "farthing.pullModel"]) {
      assert.ok(!offered.includes(command), command);
    }
  });

  test("in Restricted Mode offers trust and nothing that would start something", () => {
    const offered = commands({ trusted: false, serverRuns: false, state: "off" });
    assert.equal(offered[0], "workbench.trust.manage");
    assert.ok(!offered.some((command) => /restart|install|pull|pick/i.test(command)));
  });

  test("offers what is missing first", () => {
    assert.equal(commands({ state: "missing" })[0], "farthing.pullModel");
    assert.equal(commands({ serverRuns: false, state: "off" })[0], "farthing.installServer");
  });

  test("offers what can be done about the session where there is one, and first where its item was clicked", () => {
    const session = ["farthing.raiseCap", "farthing.newSession", "farthing.toggleCloud", "farthing.openUsageReport"];
    assert.deepEqual(commands({ cloud: "running", aboutCloud: true }).slice(0, 4), session);
    assert.equal(commands({ cloud: "running" })[0], "farthing.toggleCompletion");
    const quiet = commands({});
    assert.deepEqual(
      session.filter((command) => quiet.includes(command)),
      ["farthing.openUsageReport"],
    );
    assert.ok(commands({ cloud: "running" }).includes("farthing.showSent") && !quiet.includes("farthing.showSent"));
    const label = (cloud: Situation["cloud"]): string =>
      menuItems({ ...usual, cloud }).find((item) => item.command === "farthing.toggleCloud")?.label ?? "";
    assert.match(label("running"), /Pause Cloud$/);
    assert.match(label("paused"), /Resume Cloud$/);
  });

  test("names the providers whose key is missing, and offers keys of others as one", () => {
    const keys = (situation: Partial<Situation>): string[] =>
      menuItems({ ...usual, ...situation }).flatMap(({ label, command, args }) =>
        command === "farthing.setKey" ? [`${label} ${JSON.stringify(args ?? [])}`] : [],
      );
    assert.deepEqual(keys({ providers: ["work", "lab"], keyless: ["work"] }), [
      '$(warning) Set API Key of work… ["work"]',
      "$(key) Set API Key… []",
    ]);
    assert.deepEqual(keys({ providers: ["work"], keyless: ["work"] }).length, 1);
    assert.deepEqual(keys({}), []);
    assert.deepEqual(keys({ serverRuns: false, providers: ["a", "b"], keyless: ["b"] }), []);
  });

  test("the toggles say what they will do", () => {
    const label = (situation: Partial<Situation>, command: string): string =>
      menuItems({ ...usual, ...situation }).find((item) => item.command === command)?.label ?? "";
    assert.match(label({}, "farthing.toggleCompletion"), /Off$/);
    assert.match(label({ enabled: false }, "farthing.toggleCompletion"), /On$/);
    assert.match(label({}, "farthing.toggleCompletionForLanguage"), /Off for python$/);
    assert.match(label({ languageEnabled: false }, "farthing.toggleCompletionForLanguage"), /On for python$/);
    assert.equal(label({ language: undefined }, "farthing.toggleCompletionForLanguage"), "");
    assert.equal(label({ enabled: false }, "farthing.toggleCompletionForLanguage"), "");
  });
});

describe("models", () => {
  function model(id: string, rest: Partial<ModelInfo> = {}): ModelInfo {
    const facts = { params: "0.5B", quant: "Q4_K_M", bytes: 491_400_064, license: "Apache-2.0" };
    return { id, ...facts, use: ["completion"], installed: false, active: false, ...rest };
  }

  test("sizes are decimal", () => {
    assert.equal(formatBytes(491_400_064), "491 MB");
    assert.equal(formatBytes(1_117_320_768), "1.1 GB");
    assert.equal(formatBytes(12), "1 MB");
  });

  test("size, licence and state are visible", () => {
    assert.deepEqual(modelText(model("a")), {
      label: "$(cloud-download) a",
      description: "not installed",
      detail: "0.5B · Q4_K_M · 491 MB · Apache-2.0 · for completion",
    });
    assert.equal(modelText(model("a", { installed: true })).description, "installed");
    assert.equal(modelText(model("a", { installed: true, active: true })).description, "in use");
  });

  test("a file of the user's own has no empty facts", () => {
    const own = model("mine.gguf", { params: "", quant: "", license: "", use: [] });
    assert.equal(modelText(own).detail, "491 MB");
  });

  test("models for other uses are not offered; installed ones come first", () => {
    const models = [
      model("a"),
      model("edit", { use: ["edit"] }),
      model("b", { installed: true }),
      model("own", { use: [] }),
    ];
    assert.deepEqual(
      completionModels(models).map(({ id }) => id),
      ["b", "a", "own"],
    );
  });

  test("the question names what is fetched, how much and under which licence", () => {
    assert.equal(downloadQuestion(model("a")), "Download the model a (491 MB, Apache-2.0)? It runs on this machine.");
  });

  test("percentages become increments that never go back or beyond the end", () => {
    const increments = new Increments();
    assert.deepEqual(
      [10, undefined, 5, 60, 120, 100].map((percent) => increments.next(percent)),
      [10, 0, 0, 50, 40, 0],
    );
  });
});
