import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { ChatTurn, Receipt, TurnHunk } from "../src/chatProtocol";
import { receiptText, remember, suggestions, targetText } from "../src/instructText";
import { detailsText, isRunning, outcome, progressText, refused } from "../src/turnText";

const RECEIPT: Receipt = { tier: "local", model: "small-coder", reason: "", items: [], tokens: 0, budget: 0 };

function turn(part: Partial<ChatTurn> = {}): ChatTurn {
  return {
    conversation: "c",
    turn: 1,
    task: "edit",
    instruction: "check it",
    state: "done",
    text: "",
    detail: "",
    fix: "",
    receipt: RECEIPT,
    hunks: [],
    attempts: 1,
    inputTokens: 10,
    cachedTokens: 0,
    outputTokens: 5,
    money: "",
    escalation: "",
    escalationNote: "",
    ...part,
  };
}

function hunk(status: string, reason = ""): TurnHunk {
  return { path: "shop.py", status, reason, startLine: 0, diff: "-a\n+b\n", review: "" };
}

describe("the input for an instruction", () => {
  const name = "shop.py";

  test("says what it is about, with lines from 1", () => {
    assert.equal(targetText({ name, first: 11, last: 29, selected: true }), "Edit lines 12–30 of shop.py");
    assert.equal(targetText({ name, first: 11, last: 11, selected: true }), "Edit line 12 of shop.py");
    assert.equal(targetText({ name, first: 11, last: 11, selected: false }), "Edit shop.py at line 12");
  });

  test("says where it would go, and with what", () => {
    assert.equal(receiptText(RECEIPT), "local, small-coder");
    const item = {
      key: "k",
      path: "shop.py",
      symbol: "f",
      kind: "body",
      startLine: 1,
      endLine: 2,
      tokens: 40,
      reason: "",
      pinned: false,
      sentBefore: false,
    };
    const receipt = { ...RECEIPT, items: [item, item], tokens: 80, reason: "it suffices" };
    assert.equal(receiptText(receipt), "local, small-coder · 2 pieces of code, 80 tokens · it suffices");
  });

  test("remembers each instruction once, the newest first, and not all of them", () => {
    assert.deepEqual(remember(["a", "b"], "b"), ["b", "a"]);
    const many = Array.from({ length: 80 }, (_, at) => String(at)).reduce<readonly string[]>(remember, []);
    assert.equal(many.length, 50);
    assert.equal(many[0], "79");
  });

  test("offers earlier ones that hold what was typed, but not that itself", () => {
    const history = ["Check the sum", "sum", "rename it"];
    assert.deepEqual(suggestions(history, "SUM"), ["Check the sum", "sum"]);
    assert.deepEqual(suggestions(history, " sum "), ["Check the sum"]);
    assert.deepEqual(suggestions(history, ""), history);
  });
});

describe("a turn", () => {
  test("says what it does, in the server's words where there are some", () => {
    const texts = (["waiting", "reading", "writing", "done"] as const).map((state) => progressText(turn({ state })));
    assert.deepEqual(texts, ["Farthing waits for the model", "Farthing reads the context", "Farthing writes", ""]);
    assert.equal(progressText(turn({ state: "reading", detail: "second try" })), "Farthing: second try");
    assert.deepEqual(
      (["waiting", "reading", "writing", "done", "stopped", "failed"] as const).map((state) =>
        isRunning(turn({ state })),
      ),
      [true, true, true, false, false, false],
    );
  });

  test("whose hunks all found their place has nothing more to say", () => {
    assert.equal(outcome(turn({ hunks: [hunk("applied"), hunk("already_applied")] })), undefined);
    assert.equal(outcome(turn({ state: "stopped" })), undefined);
    assert.equal(outcome(turn({ state: "writing" })), undefined);
  });

  test("whose hunks were refused says how many, and why where it is one", () => {
    const lost = hunk("ambiguous", "its lines stand at 4 and 9");
    assert.deepEqual(refused(turn({ hunks: [hunk("applied"), lost] })), [lost]);
    assert.equal(
      outcome(turn({ hunks: [hunk("applied"), lost] })),
      "1 of 2 changes has no sure place: its lines stand at 4 and 9",
    );
    assert.equal(outcome(turn({ hunks: [hunk("applied"), lost, lost] })), "2 of 3 changes have no sure place");
    assert.equal(
      outcome(turn({ hunks: [lost] })),
      "The change has no sure place, so nothing was changed: its lines stand at 4 and 9",
    );
    assert.equal(
      outcome(turn({ hunks: [lost, lost] })),
      "None of the 2 changes has a sure place, so nothing was changed",
    );
  });

  test("without hunks says so, and one that failed says the way out", () => {
    assert.equal(outcome(turn()), "The model proposed no change");
    assert.equal(outcome(turn({ text: "It is right as it is.\nReally." })), "It is right as it is.");
    assert.equal(
      outcome(turn({ state: "failed", detail: "there is no model", fix: "farthing models pull" })),
      "there is no model: farthing models pull",
    );
  });

  test("its details hold every hunk without a place, and no text of it is Markdown", () => {
    const text = detailsText(
      turn({ instruction: "# <b>", hunks: [hunk("applied"), hunk("not_found", "nothing is *like* it")] }),
    );
    assert.ok(text.startsWith("# \\# \\<b\\>\n"));
    assert.ok(text.includes("## shop\\.py: not found"));
    assert.ok(!text.includes("applied"));
    assert.ok(text.includes("\n1 change found its place."));
    assert.ok(text.includes("nothing is \\*like\\* it"));
    assert.ok(text.includes("```diff\n-a\n+b\n```"));
    assert.ok(text.includes("1 reply by small\\-coder (local), 10 tokens read, 5 written."));
    assert.ok(detailsText(turn({ attempts: 2, money: "$0.01" })).includes("2 replies"));
  });
});
