import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Draft, problem, readInstruction } from "../src/chatDraft";
import { chatPage } from "../src/chatHtml";
import { type ViewTurn, isFromView, isToView } from "../src/chatMessages";
import type { ChatTurn, Review, ReviewState } from "../src/chatProtocol";
import { Turns } from "../src/chatTurns";
import { EMPTY_TURN, ITEM, hunk } from "./chatFakes";

function review(...hunks: readonly (readonly [string, ReviewState])[]): Review {
  const all = hunks.map(([id, state]) => ({ id, state, startLine: 0, endLine: 1, before: "", after: "", note: "" }));
  return { files: [{ uri: "file:///a", path: "a", isNew: false, version: 1, hunks: all }] };
}

function outcomes(turns: Turns): readonly string[] {
  return turns.list.flatMap((turn) => turn.outcomes.map(({ outcome }) => outcome));
}

describe("the turns of a conversation", () => {
  test("text grows between what is said of the whole turn", () => {
    const turns = new Turns("c");
    turns.change({ ...EMPTY_TURN, state: "writing", text: "a" });
    assert.equal(turns.grow({ conversation: "c", turn: 1, text: "b" }), "c 1");
    assert.equal(turns.list[0]?.text, "ab");
    assert.ok(turns.working);
    turns.change({ ...EMPTY_TURN, state: "done", text: "abc" });
    assert.equal(turns.list[0].text, "abc");
    assert.ok(!turns.working);
  });

  test("other conversations are none of ours, nor is text of a turn that nobody knows", () => {
    const turns = new Turns("c");
    assert.deepEqual(turns.change({ ...EMPTY_TURN, conversation: "d" }), []);
    assert.equal(turns.grow({ conversation: "c", turn: 9, text: "b" }), undefined);
    assert.deepEqual(turns.list, []);
  });

  test("hunks have the outcome that the review tells, in whichever order the two come", () => {
    const turns = new Turns("c");
    const one = { ...EMPTY_TURN, hunks: [hunk("h1"), hunk("h2"), hunk("")] };
    turns.reviewed(review(["h1", "proposed"]));
    turns.change(one);
    assert.deepEqual(outcomes(turns), ["proposed", "", ""]);
    assert.equal(turns.reviewed(review(["h1", "accepted"], ["h2", "proposed"])).length, 1);
    assert.deepEqual(outcomes(turns), ["accepted", "proposed", ""]);
    turns.change(one);
    assert.deepEqual(outcomes(turns), ["accepted", "proposed", ""]);
    turns.reviewed(review());
    assert.deepEqual(outcomes(turns), ["reverted", "rejected", ""]);
    assert.deepEqual(turns.reviewed(review()), []);
  });

  test("a hunk that a repair replaced does not inherit its outcome", () => {
    const turns = new Turns("c");
    turns.reviewed(review(["h1", "accepted"]));
    turns.change({ ...EMPTY_TURN, hunks: [hunk("h1")] });
    turns.change({ ...EMPTY_TURN, hunks: [hunk("h7")] });
    assert.deepEqual(outcomes(turns), [""]);
  });

  test("when the server ends nothing can be decided any more, and what is new is another conversation", () => {
    const turns = new Turns("c");
    turns.reviewed(review(["h1", "accepted"], ["h2", "proposed"]));
    turns.change({ ...EMPTY_TURN, state: "writing", escalation: "small", hunks: [hunk("h1"), hunk("h2")] });
    turns.end("d");
    turns.reviewed(review());
    assert.deepEqual(outcomes(turns), ["accepted", "lost"]);
    const [old] = turns.list;
    assert.equal(old?.state, "stopped");
    assert.equal(old.escalation, "");
    turns.change({ ...EMPTY_TURN, conversation: "d", text: "new" });
    assert.deepEqual(
      turns.list.map(({ live, text }) => [live, text]),
      [
        [false, ""],
        [true, "new"],
      ],
    );
  });

  test("what asks is answered by whatever is said next, and asks no more when the server has ended", () => {
    const asks: ChatTurn = { ...EMPTY_TURN, state: "asking", escalation: "small" };
    const turns = new Turns("c");
    turns.change(asks);
    assert.ok(!turns.working);
    assert.deepEqual(
      turns.change({ ...asks, detail: "still" }).map(({ turn, escalation }) => [turn, escalation]),
      [[1, "small"]],
    );
    assert.deepEqual(
      turns.change({ ...asks, turn: 2 }).map(({ turn, escalation }) => [turn, escalation]),
      [
        [1, ""],
        [2, "small"],
      ],
    );
    turns.end("d");
    assert.deepEqual(
      turns.list.map(({ state, escalation }) => [state, escalation]),
      [
        ["asking", ""],
        ["stopped", ""],
      ],
    );
  });

  test("are kept and restored, the newest, and what is no turn is left out", () => {
    const turns = new Turns("c");
    for (let turn = 1; turn <= 60; turn += 1) {
      turns.change({ ...EMPTY_TURN, turn, state: "reading" });
    }
    const stored: unknown = JSON.parse(JSON.stringify([...turns.kept(), { key: 1 }, null]));
    const restored = new Turns("d");
    restored.restore(stored);
    assert.deepEqual(
      restored.list.map(({ turn }) => turn),
      Array.from({ length: 40 }, (_, index) => index + 21),
    );
    assert.ok(restored.list.every(({ live, state }) => !live && state === "stopped"));
    restored.restore("nonsense");
    assert.deepEqual(restored.list, []);
  });

  test("one that is too long to be kept does not cost the others", () => {
    const turns = new Turns("c");
    turns.change({ ...EMPTY_TURN, text: "x".repeat(2_000_000) });
    turns.change({ ...EMPTY_TURN, turn: 2 });
    assert.deepEqual(
      turns.kept().map(({ turn }) => turn),
      [2],
    );
  });
});

describe("a message", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["What is this?", "ask", "What is this?"],
    ["explain the loop", "ask", "explain the loop"],
    ["is it fast?", "ask", "is it fast?"],
    ["Can you rename it?", "edit", "Can you rename it?"],
    ["rename it", "edit", "rename it"],
    ["/test", "test", ""],
    ["/FIX the sum", "fix", "the sum"],
    ["/etc/hosts is read twice", "edit", "/etc/hosts is read twice"],
    ["/tests", "edit", "/tests"],
  ];
  for (const [words, task, text] of cases) {
    test(`${words} is ${task}`, () => {
      assert.deepEqual(readInstruction({ task: "auto", text: words }), { task, text });
    });
  }

  test("what was picked holds, but a command is stronger", () => {
    assert.equal(readInstruction({ task: "edit", text: "why?" }).task, "edit");
    assert.equal(readInstruction({ task: "edit", text: "/explain" }).task, "explain");
  });

  test("says something, where that is needed", () => {
    assert.ok(problem({ task: "auto", tier: "", text: " " }));
    assert.ok(problem({ task: "auto", tier: "", text: "/edit" }));
    assert.equal(problem({ task: "explain", tier: "", text: "" }), undefined);
  });

  test("goes with what is pinned and without what was dropped", () => {
    const draft = new Draft();
    draft.pin({ path: "a.py", startLine: 0, endLine: 0 });
    draft.pin({ path: "a.py", startLine: 0, endLine: 0 });
    draft.pin({ path: "b.py", startLine: 1, endLine: 2 });
    draft.unpin(0);
    draft.drop(ITEM);
    const params = draft.params("c", { task: "auto", tier: "local", text: "do it" }, undefined);
    assert.deepEqual(params.pins, [{ path: "b.py", startLine: 1, endLine: 2 }]);
    assert.deepEqual(params.drops, [ITEM.key]);
    assert.ok(!("uri" in params));
    draft.restore(ITEM.key);
    assert.deepEqual(draft.drops, []);
  });
});

describe("messages between the view and the extension", () => {
  test("those of our making are understood", () => {
    assert.ok(isFromView({ type: "send", task: "auto", tier: "", text: "x" }));
    assert.ok(isFromView({ type: "decide", action: "accept", turn: "c 1", hunk: 0 }));
    const turn: ViewTurn = { ...EMPTY_TURN, key: "c 1", live: true, outcomes: [] };
    assert.ok(isToView({ type: "turn", turn }));
    assert.ok(isToView({ type: "turn", turn: { ...turn, state: "asking" } }));
    assert.ok(isFromView({ type: "choose", turn: "c 1", action: "escalate" }));
    assert.ok(isToView({ type: "preview", request: 1, receipt: null, problem: "" }));
  });

  for (const message of [
    null,
    "ready",
    {},
    { type: "constructor" },
    { type: "run", command: "x" },
    { type: "send", task: "auto", tier: "huge", text: "x" },
    { type: "send", task: "auto", tier: "", text: "x".repeat(200_000) },
    { type: "decide", action: "accept", turn: "c 1", hunk: -1 },
    { type: "choose", turn: "c 1", action: "frontier" },
    { type: "open", path: 1, startLine: 1, endLine: 1 },
  ]) {
    test(`${JSON.stringify(message).slice(0, 60)} is not`, () => {
      assert.ok(!isFromView(message));
    });
  }

  test("a turn that lacks something is not shown", () => {
    assert.ok(!isToView({ type: "turn", turn: { ...EMPTY_TURN, key: "c 1", live: true } }));
  });
});

describe("the page", () => {
  test("runs our script only, and loads nothing from elsewhere", () => {
    const page = chatPage({ source: "https://own", script: "s.js", style: "s.css", nonce: "N" });
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    assert.ok(policy.startsWith("default-src 'none'; script-src 'nonce-N'; style-src https://own;"), policy);
    assert.ok(!/unsafe|\*|data:/.test(policy), policy);
  });
});
