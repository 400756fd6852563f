import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { isSuggestible } from "../src/suggestible";

const cursor = { isEmpty: true };
const selected = { isEmpty: false };

describe("where a suggestion has a place", () => {
  for (const [what, selections, byItself, invoked] of [
    ["one cursor", [cursor], true, true],
    ["a selection", [selected], false, true],
    ["two cursors", [cursor, cursor], false, false],
    ["a cursor and a selection", [cursor, selected], false, false],
    ["no editor", [], false, false],
  ] as const) {
    test(what, () => {
      assert.equal(isSuggestible(selections, false), byItself);
      assert.equal(isSuggestible(selections, true), invoked);
    });
  }
});
