import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { DOCUMENT, TEST, type SendChatParams } from "../src/chatProtocol";
import { againWith, choicesOf, whyAsked, whyBeside } from "../src/choices";
import type { ProviderInfo, RequestPreview, SentRequest } from "../src/cloudProtocol";
import { messageOf } from "../src/commandTurns";
import { keyProblem, keyless, providerItems, readKeys, withKey } from "../src/keysText";
import { isAlarm, requestText, sentText } from "../src/leavingText";
import { quietTrace } from "../src/quietTrace";

const CLOCK = { now: 1_767_229_500_000, timeZone: "UTC" };

describe("keys", () => {
  test("are kept by provider, and one that is empty is deleted", () => {
    const keys = withKey(withKey({}, "work", "k-1"), "lab", "k-2");
    assert.deepEqual(readKeys(JSON.stringify(keys)), { work: "k-1", lab: "k-2" });
    assert.deepEqual(withKey(keys, "work", "k-3"), { lab: "k-2", work: "k-3" });
    assert.deepEqual(withKey(keys, "work", ""), { lab: "k-2" });
  });

  for (const stored of [undefined, "", "{", "null", "3", '{"work": 3}']) {
    test(`${JSON.stringify(stored)} holds none`, () => {
      assert.deepEqual(readKeys(stored), {});
    });
  }

  test("are what a header can hold, and are not repeated where they can't be", () => {
    assert.equal(keyProblem(" sk-1_2.3 \n"), undefined);
    assert.equal(keyProblem(""), undefined);
    for (const wrong of ["two words", "schlüssel", "a\nb"]) {
      assert.ok(!(keyProblem(wrong) ?? wrong).includes(wrong), wrong);
    }
  });

  test("that are missing come first, and only those are", () => {
    const provider = (name: string, key: string): ProviderInfo => {
      return { name, kind: "openai", address: "https://a.example/v1", key, models: { small: "m" } };
    };
    const all = ["environment", "", "none", "editor"].map((key) => provider(key || "work", key));
    assert.deepEqual(keyless(all), ["work"]);
    const [first] = providerItems(all);
    assert.deepEqual(first, {
      label: "work",
      description: "$(warning) no key",
      detail: "openai · https://a.example/v1 · m",
    });
  });
});

describe("the trace of what is said to the server", () => {
  const params = JSON.stringify({ keys: { work: "sk-secret" } }, null, 4);
  const traced: unknown[][] = [];
  const channel = Object.freeze({
    get logLevel() {
      return 1;
    },
    trace: (...words: unknown[]) => void traced.push(words),
  });
  const quiet = quietTrace(channel);

  for (const message of [
    `Sending request 'farthing/setKeys - (4)'.\nParams: ${params}`,
    `{"isLSPMessage":true,"type":"send-request","message":{"method":"farthing/setKeys","params":${params}}}`,
  ]) {
    test(`has no keys: ${message.slice(0, 40)}`, () => {
      traced.length = 0;
      quiet.trace(message, params);
      assert.deepEqual(traced, [["farthing/setKeys: what it says is not logged"]]);
    });
  }

  test("has all else, and the channel's level", () => {
    traced.length = 0;
    quiet.trace("Sending request 'farthing/sendChat'", 1);
    assert.deepEqual(traced, [["Sending request 'farthing/sendChat'", 1]]);
    assert.equal(quiet.logLevel, 1);
  });
});

describe("what may be chosen", () => {
  const params: SendChatParams = { conversation: "c", task: "edit", text: "t", tier: "", drops: ["d"] };

  function actions(state: Parameters<typeof choicesOf>[0]["state"], escalation = "small"): string[] {
    return choicesOf({ state, escalation }).map(({ action }) => action);
  }

  test("before anything was sent is also this machine; after it failed there it is not", () => {
    assert.deepEqual(actions("asking"), ["escalate", "local", "show"]);
    assert.deepEqual(actions("failed"), ["escalate", "show"]);
    assert.deepEqual(actions("done"), ["escalate", "show"]);
  });

  test("is nothing while it works, and where nothing is proposed", () => {
    assert.deepEqual(actions("writing"), []);
    assert.deepEqual(actions("asking", ""), []);
  });

  test("is sent again as it was, for that tier", () => {
    const turn = { escalation: "medium" };
    assert.deepEqual(againWith(params, turn, "escalate"), { ...params, tier: "medium" });
    assert.deepEqual(againWith(params, turn, "local"), { ...params, tier: "local" });
    assert.deepEqual(againWith(params, turn, "show"), { ...params, tier: "medium" });
  });

  test("comes with the reason, said once", () => {
    assert.equal(whyAsked({ text: "Long.\nMore.", detail: "" }), "Long.");
    assert.equal(whyAsked({ text: "Long.", detail: "short" }), "short");
    assert.equal(whyBeside({ text: "Long.", detail: "short" }), "short");
    assert.equal(whyBeside({ text: "Long.\nMore.", detail: "" }), "");
  });
});

describe("a command that begins a turn", () => {
  test("is a message in a conversation of its own, unless it names one", () => {
    const given = { uri: "file:///a", instruction: "x", conversation: "", diagnostics: ["d"] };
    assert.deepEqual(messageOf(TEST, [given], "command-1"), {
      uri: "file:///a",
      diagnostics: ["d"],
      conversation: "command-1",
      task: "test",
      text: "x",
    });
    const named = messageOf(DOCUMENT, [{ uri: "file:///a", conversation: "c" }], "command-1");
    assert.deepEqual(named, { uri: "file:///a", conversation: "c", task: "document", text: "" });
  });

  test("others are none", () => {
    assert.equal(messageOf("farthing.other", [{ uri: "file:///a" }], "c"), undefined);
    assert.equal(messageOf(TEST, [], "c"), undefined);
    assert.equal(messageOf(TEST, [{ uri: 3 }], "c"), undefined);
  });
});

describe("what would be sent", () => {
  const request: RequestPreview = {
    tier: "small",
    provider: "work",
    address: "https://a.example/v1",
    model: "big-1",
    reason: "it is hard",
    text: "```\nits own fence\n```\n<b>",
    tokens: 1400,
    maxOutput: 2048,
    price: "$0.02",
    redacted: ["a.py:3 key"],
    vetoed: "",
  };

  test("is told with its destination, size, price and what was taken out, and its text ends no block", () => {
    const text = requestText(request);
    for (const words of [
      "Nothing has been sent",
      "work",
      "big\\-1",
      "1\\,400",
      "\\$0\\.02 at most",
      "a\\.py\\:3 key",
    ]) {
      assert.ok(text.includes(words), words);
    }
    assert.ok(text.includes(`\`\`\`\`text\n${request.text}\n\`\`\`\``));
  });

  test("says what it may not, what nobody knows, and what stays here", () => {
    for (const provider of ["work", ""]) {
      const vetoed = requestText({ ...request, provider, text: "", vetoed: "a.py is local-only" });
      assert.match(vetoed, /\*\*This may not leave this machine: a\\\.py is local/);
      assert.doesNotMatch(vetoed, /Price|Size|this machine: nothing|```/);
    }
    assert.match(requestText({ ...request, price: "$?" }), /nobody knows the price/);
    const local = requestText({ ...request, provider: "", price: "" });
    assert.match(local, /nothing would be sent/);
    assert.doesNotMatch(local, /Price|Nothing has been sent/);
  });
});

describe("what was sent", () => {
  const request: SentRequest = {
    request: 7,
    whenMs: CLOCK.now,
    task: "edit",
    tier: "small",
    provider: "work",
    address: "https://a.example/v1",
    model: "big-1",
    answered: "big-1",
    reason: "",
    tokens: 1520,
    money: "$0.01",
    pieces: ["a.py:1-2"],
    redacted: [],
  };

  test("is a table with what went along below it", () => {
    const text = sentText([request], CLOCK);
    assert.ok(text.includes("| 01\\:05 | edit | work | big\\-1 | 1\\,520 | \\$0\\.01 | 1 | 0 |"), text);
    assert.ok(text.includes("- a\\.py\\:1\\-2"));
    assert.ok(!text.includes("⚠"));
    assert.match(sentText([], CLOCK), /Nothing has left this machine/);
  });

  test("raises an alarm where another model answered", () => {
    const text = sentText([request, { ...request, answered: "tiny|1" }], CLOCK);
    assert.match(text, /⚠ One request was answered by another model/);
    assert.ok(text.includes("⚠ big\\-1\\, answered by tiny\\|1") || text.includes("answered by tiny\\|1"));
  });

  for (const [model, answered, alarm] of [
    ["gpt-5", "gpt-5", false],
    ["gpt-5", "", false],
    ["gpt-5", "gpt-5-2025-08-07", false],
    ["openai/gpt-5", "gpt-5-20250807", false],
    ["claude-x", "claude-x-latest", false],
    ["gpt-5", "gpt-5-mini", true],
    ["gpt-5-mini", "gpt-5", true],
    ["gpt-5", "gpt-50", true],
  ] as const) {
    test(`${model} answered by ${answered || "nobody knows whom"} is ${alarm ? "an" : "no"} alarm`, () => {
      assert.equal(isAlarm({ model, answered }), alarm);
    });
  }
});
