import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Review, ReviewFile, ReviewHunk } from "../src/chatProtocol";
import {
  anchor,
  beside,
  changedColumns,
  codeBlock,
  counted,
  fileActions,
  find,
  heading,
  hunkActions,
  hunkAt,
  ids,
  isDecidable,
  isProposed,
  lineCount,
  lines,
  neighbour,
  outline,
  size,
  spoken,
  what,
  where,
} from "../src/reviewText";

function hunk(part: Partial<ReviewHunk> = {}): ReviewHunk {
  return {
    id: "a",
    state: "proposed",
    startLine: 4,
    endLine: 6,
    before: "x\ny\n",
    after: "z\n",
    note: "",
    ...part,
  };
}

function file(...hunks: ReviewHunk[]): ReviewFile {
  return { uri: "file:///w/shop.py", path: "shop.py", isNew: false, version: 1, hunks };
}

const insertion = hunk({ id: "i", startLine: 8, endLine: 8, before: "", after: "new\n" });
const stale = hunk({ id: "s", startLine: 12, endLine: 13, state: "stale", note: "its lines were edited" });
const accepted = hunk({ id: "d", startLine: 20, endLine: 21, state: "accepted" });
const writing = hunk({ id: "w", startLine: 30, endLine: 31, state: "writing" });
const all = file(hunk(), insertion, stale, accepted, writing);

describe("places of hunks", () => {
  test("one is found by its id, with its file", () => {
    const review: Review = { files: [file(), all] };
    assert.equal(find(review, "s")?.hunk, stale);
    assert.equal(find(review, "s")?.file, all);
    assert.equal(find(review, "z"), undefined);
  });

  test("the cursor is in one on each of its lines and on no other", () => {
    const at = [3, 4, 5, 6].map((line) => hunkAt(all, line)?.id);
    assert.deepEqual(at, [undefined, "a", "a", undefined]);
  });

  test("lines that are only added are reached from both neighbours", () => {
    const at = [6, 7, 8, 9].map((line) => hunkAt(all, line)?.id);
    assert.deepEqual(at, [undefined, "i", "i", undefined]);
  });

  test("nothing is to be decided on while it is written or once it is accepted", () => {
    assert.equal(hunkAt(all, 20), undefined);
    assert.equal(hunkAt(all, 30), undefined);
    assert.equal(hunkAt(all, 12), stale);
    assert.equal(hunkAt(undefined, 1), undefined);
  });

  test("next and previous go round", () => {
    const from = (line: number, step: 1 | -1): string | undefined => neighbour(all, line, step)?.id;
    assert.deepEqual([from(0, 1), from(4, 1), from(8, 1), from(12, 1)], ["a", "i", "s", "a"]);
    assert.deepEqual([from(40, -1), from(12, -1), from(8, -1), from(4, -1)], ["s", "i", "a", "s"]);
    assert.equal(neighbour(file(accepted), 0, 1), undefined);
  });

  test("a document that is shorter than the review says is not left", () => {
    assert.deepEqual(lines(hunk(), 100), [4, 5]);
    assert.deepEqual(lines(hunk(), 5), [4, 4]);
    assert.deepEqual(lines(hunk(), 0), [0, 0]);
    assert.deepEqual(lines(insertion, 100), [8, 8]);
    assert.deepEqual([anchor(hunk(), 100), anchor(hunk(), 3), anchor(hunk(), 0)], [5, 2, 0]);
  });

  test("new lines are shown below the line that they come after", () => {
    assert.equal(anchor(insertion, 100), 7);
    assert.equal(anchor(hunk({ startLine: 0, endLine: 0 }), 100), 0);
  });

  test("ids are those of the hunks that pass, in all files", () => {
    assert.deepEqual(ids([all], isProposed), ["a", "i"]);
    assert.deepEqual(ids([all, file(hunk({ id: "b" }))], isDecidable), ["a", "i", "s", "b"]);
  });
});

describe("words for hunks", () => {
  test("lines are counted whatever ends them", () => {
    assert.deepEqual(["", "a", "a\n", "a\nb", "a\r\nb\r\n", "\n", "a\rb"].map(lineCount), [0, 1, 1, 2, 2, 1, 2]);
  });

  test("size", () => {
    assert.equal(size(hunk()), "+1 −2");
    assert.equal(size(insertion), "+1");
    assert.equal(size(hunk({ after: "" })), "−2");
  });

  test("place and deed", () => {
    assert.deepEqual([where(hunk()), where(insertion), where(stale)], ["Lines 5–6", "Before line 9", "Line 13"]);
    assert.deepEqual([hunk(), insertion, hunk({ after: "" })].map(what), [
      "Replace lines 5–6",
      "Insert before line 9",
      "Delete lines 5–6",
    ]);
    assert.equal(heading(hunk()), "Replace lines 5–6 · +1 −2");
    assert.equal(heading(stale), "Stale: its lines were edited");
  });

  test("a screen reader is told state, place and size, and a text that is only seen beside its line", () => {
    assert.equal(spoken(hunk()), "Lines 5 to 6, proposed, 1 line added, 2 removed");
    assert.equal(spoken(stale), "Line 13, stale: its lines were edited, 1 line added, 2 removed");
    const single = hunk({ endLine: 5, before: "    a – b\n", after: "    a + b\n" });
    assert.equal(spoken(single), "Line 5, proposed, replaced by a + b");
  });

  test("what replaces one line stands beside it, where it fits", () => {
    const single = hunk({ before: "  a\n", after: "  b\n" });
    assert.equal(beside(single), "b");
    assert.equal(beside({ ...single, state: "writing" }), "b");
    assert.equal(beside({ ...single, state: "stale" }), undefined);
    assert.equal(beside({ ...single, after: "  b\n  c\n" }), undefined);
    assert.equal(beside({ ...single, before: "" }), undefined);
    assert.equal(beside({ ...single, after: "\n" }), undefined);
    assert.equal(beside({ ...single, after: "b".repeat(108) }), undefined);
    assert.equal(beside({ ...single, after: "b".repeat(107) }), "b".repeat(107));
  });

  test("counted", () => {
    assert.deepEqual(
      [counted(0, "change"), counted(1, "change"), counted(2, "change")],
      ["0 changes", "1 change", "2 changes"],
    );
  });
});

describe("texts of others", () => {
  test("no text ends its code block", () => {
    for (const text of ["a", "```\nb\n```\n", "`````", "a\n````python\n"]) {
      const block = codeBlock(text, "python").split("\n");
      const fence = block.at(-1) ?? "";
      assert.match(fence, /^`{3,}$/);
      assert.equal(block[0], `${fence}python`);
      assert.ok(!block.slice(1, -1).some((line) => line.includes(fence)));
    }
  });

  test("no name of a language does more than name one", () => {
    assert.match(codeBlock("a", "c++"), /^```c\+\+\n/);
    assert.match(codeBlock("a", "x\n# y"), /^```\na/);
  });

  test("the columns that differ, and nothing else, are those of the change", () => {
    assert.deepEqual(changedColumns("return min(a)", "return max(a)"), [8, 10]);
    assert.deepEqual(changedColumns("f(a)", "f(a, b)"), [3, 3]);
    const letters = "ab ";
    const word = (seed: number): string =>
      Array.from({ length: seed % 7 }, (_, at) => letters[Math.floor(seed / 3 ** at) % 3]).join("");
    for (let seed = 0; seed < 2000; seed += 1) {
      const [before, after] = [word(seed), word(seed * 7 + 3)];
      const [start, end] = changedColumns(before, after);
      const [head, tail] = [before.slice(0, start), before.slice(end)];
      assert.ok(start <= end && after.startsWith(head) && after.endsWith(tail), `${before} -> ${after}`);
      assert.ok(head.length + tail.length <= after.length, `${before} -> ${after}`);
    }
  });
});

describe("what can be done", () => {
  test("each state has its answers, all for this hunk", () => {
    const commands = [hunk(), stale, accepted, writing].map((one) =>
      hunkActions(one)
        .map(({ command }) => command.replace("farthing.", ""))
        .filter((command) => command !== ""),
    );
    assert.deepEqual(commands, [["acceptHunk", "rejectHunk"], ["rejectHunk"], ["revertHunk", "hideAccepted"], []]);
    assert.deepEqual(hunkActions(hunk())[0]?.argument, { hunkIds: ["a"] });
    assert.match(hunkActions(stale)[0]?.title ?? "", /its lines were edited/);
    assert.match(hunkActions(hunk({ note: "was sent before" }))[2]?.title ?? "", /\+1 −2 · was sent before/);
  });

  test("a file has answers for several hunks, once they are all written", () => {
    const [, accept] = fileActions(file(hunk(), insertion, stale));
    assert.deepEqual(accept?.argument, { hunkIds: ["a", "i"] });
    assert.deepEqual(fileActions(all), []);
    assert.deepEqual(fileActions(file(hunk(), stale)), []);
  });

  test("its answers do not stand beside those of a hunk", () => {
    assert.deepEqual(fileActions(file(hunk({ startLine: 0 }), insertion)), []);
  });

  test("only what is being written leaves the outline as it is", () => {
    const of = (...hunks: ReviewHunk[]): string => outline({ files: [file(...hunks)] }, []);
    assert.equal(of(writing), of({ ...writing, after: "more\n" }));
    assert.notEqual(of(hunk()), of(hunk({ after: "more\n" })));
    assert.notEqual(of(writing), of({ ...writing, state: "proposed" }));
    assert.notEqual(of(accepted), outline({ files: [file(accepted)] }, ["d"]));
  });
});
