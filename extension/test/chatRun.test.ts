import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { ChatText, ChatTurn } from "../src/chatProtocol";
import { Flow, type News, runChat } from "../src/chatRun";
import { estimateTokens, questionOf } from "../src/modelMessages";
import { hunkText } from "../src/participantText";
import { EMPTY_TURN, hunk } from "./chatFakes";

/** News that the test makes itself. */
function fakeNews(): { news: News; turn(turn: ChatTurn): void; text(text: ChatText): void; end(): void } {
  const listeners = {
    turn: new Set<(v: ChatTurn) => void>(),
    text: new Set<(v: ChatText) => void>(),
    end: new Set<() => void>(),
  };
  const on =
    <T>(all: Set<T>) =>
    (listener: T) => {
      all.add(listener);
      return { dispose: () => all.delete(listener) };
    };
  return {
    news: { onDidChangeTurn: on(listeners.turn), onDidGrowText: on(listeners.text), onDidEnd: on(listeners.end) },
    turn: (turn) => {
      listeners.turn.forEach((listener) => {
        listener(turn);
      });
    },
    text: (text) => {
      listeners.text.forEach((listener) => {
        listener(text);
      });
    },
    end: () => {
      listeners.end.forEach((listener) => {
        listener();
      });
    },
  };
}

const NEVER = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };

describe("a message from its sending to its end", () => {
  const params = { conversation: "c", task: "ask", text: "x" } as const;

  test("hears what came before the server said which turn it is, and no other turn", async () => {
    const fake = fakeNews();
    const heard: string[] = [];
    const server = {
      sendChat: () => {
        fake.text({ conversation: "c", turn: 1, text: "old" });
        fake.text({ conversation: "c", turn: 2, text: "early" });
        fake.text({ conversation: "d", turn: 2, text: "other" });
        setImmediate(() => {
          fake.turn({ ...EMPTY_TURN, turn: 2 });
        });
        return Promise.resolve({ turn: 2 });
      },
      stopChat: () => Promise.resolve(),
    };
    const turn = await runChat(server, fake.news, params, NEVER, {
      text: (text) => heard.push(text),
      turn: ({ state }) => heard.push(state),
    });
    assert.equal(turn.turn, 2);
    assert.deepEqual(heard, ["early", "done"]);
  });

  test("is given up on request, and ends when the server does", async () => {
    const fake = fakeNews();
    const stopped: string[] = [];
    const server = {
      sendChat: () => {
        setImmediate(() => {
          fake.end();
        });
        return Promise.resolve({ turn: 1 });
      },
      stopChat: (conversation: string) => Promise.resolve(void stopped.push(conversation)),
    };
    const cancelled = { ...NEVER, isCancellationRequested: true };
    const silent = { text: () => undefined, turn: () => undefined };
    await assert.rejects(runChat(server, fake.news, params, cancelled, silent), /server ended/);
    assert.deepEqual(stopped, ["c"]);
  });

  test("its text is passed on once", () => {
    const flow = new Flow();
    assert.equal(flow.all("Wo", false), "Wo");
    assert.equal(flow.more("rds"), "rds");
    assert.equal(flow.all("Words.", false), ".");
    assert.equal(flow.all("Words. ", true), " ");
    assert.equal(flow.all("Others", false), "");
    assert.equal(flow.all("Others", true), "\n\nOthers");
  });
});

describe("the editor's own chat", () => {
  test("diffs can't end their fence", () => {
    assert.match(hunkText({ ...hunk("h1"), diff: "+```\n+[x](command:y)\n+```\n" }), /````diff\n[^]*\n````\n/);
  });

  test("a hunk's place and reason are plain text", () => {
    const text = hunkText({ ...hunk(""), path: "[a](b)", status: "not_found", reason: "<b>" });
    assert.ok(text.includes("**\\[a\\]\\(b\\)\\:4** not found\\: \\<b\\>"), text);
  });

  test("a chat becomes one question with what was said before, the newest first to stay", () => {
    const long = { who: "user", text: "x".repeat(7000) } as const;
    const before = { who: "assistant", text: "Yes." } as const;
    assert.equal(questionOf([{ who: "user", text: "Why?" }]), "Why?");
    assert.equal(
      questionOf([long, before, { who: "user", text: "Why?" }]),
      "Said before:\n\nAssistant: Yes.\n\nNow the user says:\n\nWhy?",
    );
    assert.equal(questionOf([]), "");
    assert.equal(estimateTokens("1234"), 2);
  });
});
