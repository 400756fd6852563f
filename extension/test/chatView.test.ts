import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { ViewTurn } from "../src/chatMessages";
import { renderMarkdown } from "../webview/markdown";
import {
  Narrator,
  account,
  closing,
  heading,
  hunkView,
  itemNotes,
  itemPlace,
  needsKey,
  progress,
  question,
  receiptSummary,
} from "../webview/viewModel";
import { EMPTY_TURN, ITEM, hunk } from "./chatFakes";

const TURN: ViewTurn = { ...EMPTY_TURN, key: "c 1", live: true, outcomes: [] };

describe("what a turn says", () => {
  test("what was asked, what it does, what it took", () => {
    assert.equal(heading({ ...TURN, instruction: "", task: "test" }), "Write a test");
    assert.equal(progress({ ...TURN, state: "reading", detail: "90 tokens" }), "Reading: 90 tokens");
    assert.equal(progress(TURN), "");
    const receipt = { ...TURN.receipt, tier: "local", model: "m", reason: "small" };
    const used = { ...TURN, receipt, inputTokens: 1300, cachedTokens: 1000, outputTokens: 9, attempts: 2 };
    assert.deepEqual(account(used), ["local · m", "small", "1,300 in (1,000 cached), 9 out", "free", "2 tries"]);
    assert.deepEqual(account({ ...used, receipt: { ...receipt, tier: "small" }, money: "$0.02" }).slice(3), [
      "$0.02",
      "2 tries",
    ]);
    assert.deepEqual(account(TURN), []);
  });

  test("a receipt's items, with their lines, price and reason", () => {
    assert.equal(
      receiptSummary({ ...TURN.receipt, items: [ITEM], tokens: 1200, budget: 1800 }),
      "1 item, 1,200 of 1,800 tokens",
    );
    assert.equal(itemPlace(ITEM), "a.py:3–9");
    assert.equal(itemPlace({ path: "a.py", startLine: 0, endLine: 0 }), "a.py");
    assert.equal(itemNotes(ITEM), "f · body · 1 token · is called");
    assert.equal(itemNotes({ ...ITEM, sentBefore: true, pinned: true }), "f · body · sent before · is called · pinned");
  });

  test("a hunk offers what can be done with it now", () => {
    const view = (outcome: Parameters<typeof hunkView>[1]["outcome"], live = true): unknown => {
      const { badge, actions } = hunkView(hunk("h"), { outcome, note: "" }, live);
      return [badge, ...actions];
    };
    assert.deepEqual(view("proposed"), ["Proposed", "accept", "reject", "goTo"]);
    assert.deepEqual(view("accepted"), ["Accepted", "revert", "goTo"]);
    assert.deepEqual(view("accepted", false), ["Accepted", "goTo"]);
    assert.deepEqual(view("stale"), ["Stale", "reject", "goTo"]);
    assert.deepEqual(view("rejected"), ["Rejected", "goTo"]);
    assert.deepEqual(view(""), ["Fits", "goTo"]);
    const missing = hunkView(
      { ...hunk(""), status: "not_found", reason: "no such lines", startLine: 0 },
      { outcome: "", note: "n" },
      true,
    );
    assert.deepEqual(
      [missing.place, missing.badge, missing.tone, missing.reason],
      ["a.py", "Not found", "bad", "no such lines. n"],
    );
    assert.equal(hunkView({ ...hunk(""), status: "new_status" }, { outcome: "", note: "" }, true).badge, "new_status");
    assert.deepEqual(
      missing.lines.map(({ kind }) => kind),
      ["place", "same", "removed", "added"],
    );
  });

  test("another tier is offered once local tries have ended, while the server knows of them", () => {
    const failed: ViewTurn = { ...TURN, state: "failed", escalation: "small", escalationNote: "costs" };
    const choices = [
      { action: "escalate", label: "Send to small" },
      { action: "show", label: "Show what will be sent" },
    ];
    assert.deepEqual(question(failed), { title: "", why: "", note: "Costs", choices });
    assert.equal(question({ ...failed, live: false }), null);
    assert.equal(question({ ...failed, state: "writing" }), null);
    assert.equal(question(TURN), null);
    assert.equal(closing({ ...failed, detail: "no hunk fits", hunks: [hunk("")] }), "Failed: no hunk fits 1 change.");
  });
});

describe("a turn that asks", () => {
  const asks: ViewTurn = {
    ...TURN,
    state: "asking",
    detail: "tests are hard",
    escalation: "small",
    escalationNote: "n",
  };

  test("says why, what it would take, and what may be chosen", () => {
    const { choices = [], ...words } = question(asks) ?? {};
    assert.deepEqual(words, { title: "May this be sent to the small model?", why: "Tests are hard", note: "N" });
    assert.deepEqual(
      choices.map(({ action }) => action),
      ["escalate", "local", "show"],
    );
    assert.equal(progress(asks), "");
    assert.equal(
      closing(asks),
      "May this be sent to the small model? Tests are hard N Send to small, Do it on this machine, Show what will be sent",
    );
  });

  test("has nothing to choose once it is answered", () => {
    const answered = { ...asks, escalation: "" };
    assert.equal(question(answered), null);
    assert.equal(progress(answered), "You were asked: tests are hard");
  });

  test("says where a key is missing only when that is why it failed", () => {
    const failed: ViewTurn = { ...TURN, state: "failed", fix: 'Run "Farthing: Set API Key"' };
    assert.equal(needsKey(failed), true);
    assert.equal(needsKey({ ...failed, state: "done" }), false);
    assert.equal(needsKey({ ...failed, fix: "Raise the cap" }), false);
  });
});

describe("what a screen reader hears", () => {
  test("whole sentences, each once, and the rest at the end", () => {
    const narrator = new Narrator();
    assert.equal(narrator.next("It adds", false), "");
    assert.equal(narrator.next("It adds 1.5 to `x`. Th", false), "It adds 1.5 to x.");
    assert.equal(narrator.next("It adds 1.5 to `x`. Then it", false), "");
    assert.equal(narrator.next("It adds 1.5 to `x`. Then it ends", true), "Then it ends");
    assert.equal(narrator.next("It adds 1.5 to `x`. Then it ends", true), "");
  });

  test("code is mentioned, not read", () => {
    const narrator = new Narrator();
    const text = "So:\n\n```py\nx = 1. \n```\n\nDone.";
    assert.equal(narrator.next(text.slice(0, 18), false), "So: Code.");
    assert.equal(narrator.next(text, true), "Done.");
  });
});

describe("Markdown of a model", () => {
  test("has no markup of its own", () => {
    const html = renderMarkdown('<script>x</script> <img src=x onerror=y>\n\n```html\n<b a="x">\n```\n\n`<i>`');
    assert.ok(!/<(script|img|b|i)\b/.test(html), html);
  });

  test("pictures are not loaded", () => {
    assert.ok(!renderMarkdown("![x](https://a.example/x.png)").includes("<img"));
  });

  for (const href of ["https://a.example/x?y", "http://a.example", "shop.py", "src/shop.py#L4-L6", "shop.py:4"]) {
    test(`${href} is a link`, () => {
      assert.match(renderMarkdown(`[x](${href})`), /<a href=/);
    });
  }

  for (const href of [
    "javascript:alert(1)",
    "command:x",
    "data:text/html,x",
    "vscode://x",
    "file:///etc/passwd",
    "//a.example",
    "JaVaScRiPt:x",
  ]) {
    test(`${href} is none`, () => {
      assert.doesNotMatch(renderMarkdown(`[x](${href}) <${href}>`), /<a/);
    });
  }

  test("names of files are no addresses", () => {
    assert.doesNotMatch(renderMarkdown("see shop.py"), /<a/);
    assert.match(renderMarkdown("see https://a.example"), /<a/);
  });

  test("code is coloured where its language is known, and can be copied", () => {
    const html = renderMarkdown("```python\ndef f(): pass\n```\n\n```who<knows\n<&\n```");
    assert.match(html, /<span class="hljs-keyword">def<\/span>/);
    assert.match(html, /<span class="language">who&lt;knows<\/span>/);
    assert.ok(html.includes("&lt;&amp;"));
    assert.equal([...html.matchAll(/class="copy"/g)].length, 2);
  });
});
