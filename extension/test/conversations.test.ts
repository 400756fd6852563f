import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createConversations } from "../src/conversations";

describe("conversations", () => {
  test("each file has one of its own", () => {
    const conversations = createConversations();
    assert.equal(conversations.of("file:///a.py"), conversations.of("file:///a.py"));
    assert.notEqual(conversations.of("file:///a.py"), conversations.of("file:///b.py"));
  });

  test("while one is joined all go there, and afterwards to their own again", () => {
    const conversations = createConversations();
    const own = conversations.of("file:///a.py");
    conversations.join("view 1");
    assert.equal(conversations.of("file:///a.py"), "view 1");
    assert.equal(conversations.of("file:///b.py"), "view 1");
    conversations.join(undefined);
    assert.equal(conversations.of("file:///a.py"), own);
  });
});
