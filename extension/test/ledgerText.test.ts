import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  CapWatch,
  capProblem,
  capQuestion,
  compact,
  escape,
  ledgerText,
  parseTokens,
  reportText,
} from "../src/ledgerText";
import type { LedgerLevel, LedgerStatus, UsageLine } from "../src/protocol";

const NOON = Date.UTC(2025, 5, 3, 12, 0);
const CLOCK = { now: NOON, timeZone: "UTC" };

function line(name: string, rest: Partial<UsageLine> = {}): UsageLine {
  return { name, local: false, requests: 1, input: 0, cached: 0, output: 0, reasoning: 0, money: "", ...rest };
}

const FRESH: LedgerStatus = {
  problem: "",
  workspace: "shop",
  session: 1,
  shown: true,
  level: "ok",
  paused: false,
  capReached: false,
  blockedReason: "",
  localShare: null,
  localAnswers: 0,
  cloudAnswers: 0,
  completions: 0,
  spent: 0,
  reserved: 0,
  unsettled: 0,
  overshoot: 0,
  cap: 50_000,
  remaining: 50_000,
  suggestedCap: 75_000,
  money: "",
  cachedShare: null,
  saved: "",
  cloud: line(""),
  byModel: [],
  byTask: [],
  burnRate: 0,
  minutesLeft: null,
  lastCloudMs: null,
  notes: [],
};

const BUSY: Partial<LedgerStatus> = {
  localShare: 82,
  localAnswers: 9,
  cloudAnswers: 2,
  completions: 1234,
  spent: 31_200,
  reserved: 4000,
  remaining: 14_800,
  money: "$0.42",
  burnRate: 620,
  minutesLeft: 23,
  lastCloudMs: NOON - 60_000,
};

function text(rest: Partial<LedgerStatus>): string | undefined {
  return ledgerText({ ...FRESH, ...rest }, CLOCK)?.text;
}

function tooltip(rest: Partial<LedgerStatus>): string {
  return ledgerText({ ...FRESH, ...rest }, CLOCK)?.tooltip ?? "";
}

describe("the cloud session in the status bar", () => {
  test("says what is answered locally, spent, reserved, allowed and paid", () => {
    assert.equal(text(BUSY), "local 82% · 31.2k(+4.0k)/50k · $0.42");
  });

  test("tells what caches saved, and where they have cost more", () => {
    const said = (cachedShare: number | null, saved: string) =>
      ledgerText({ ...FRESH, cachedShare, saved }, CLOCK)
        ?.accessible.split(". ")
        .find((sentence) => sentence.startsWith("Cache"));
    assert.equal(said(62, "$0.12"), "Cache: 62% of the input was read from it, which saved $0.12");
    assert.equal(said(0, "-$0.0021"), "Cache: 0% of the input was read from it, which cost $0.0021 more");
    assert.equal(said(40, ""), "Cache: 40% of the input was read from it");
    assert.equal(said(0, ""), undefined);
    assert.equal(said(null, ""), undefined);
  });

  test("leaves out what there is nothing to say about", () => {
    assert.equal(text({}), "0/50k");
    assert.equal(text({ spent: 900, money: "$?" }), "900/50k · $?");
    assert.equal(text({ localShare: 0, spent: 12_345 }), "local 0% · 12.3k/50k");
    assert.equal(text({ paused: true }), "$(debug-pause) 0/50k · paused");
  });

  test("is not there without a cloud, without a folder", () => {
    assert.equal(text({ shown: false }), undefined);
    assert.equal(text({ workspace: "" }), undefined);
    assert.equal(text({ shown: false, problem: "the ledger is damaged" }), undefined);
  });

  test("warns from three quarters on, and is an error only when nothing can be sent", () => {
    const levels: readonly LedgerLevel[] = ["ok", "warning75", "warning90", "blocked"];
    const views = levels.map((level) => ledgerText({ ...FRESH, level, paused: true }, CLOCK));
    assert.deepEqual(
      views.map((view) => view?.attention),
      ["none", "warning", "warning", "error"],
    );
    assert.equal(text({ level: "warning75" }), "$(warning) 0/50k");
    assert.equal(text({ level: "blocked" }), "$(error) 0/50k");
  });

  test("a ledger that can't be used is an error with its way out", () => {
    const view = ledgerText({ ...FRESH, problem: "the ledger l is damaged. Move it away", level: "blocked" }, CLOCK);
    assert.equal(view?.text, "$(error) cloud off");
    assert.equal(view.attention, "error");
    assert.equal(view.accessible, "Farthing: Cloud Off. the ledger l is damaged. Move it away. Local work goes on.");
  });

  test("a screen reader hears numbers in full, and no marks", () => {
    const view = ledgerText({ ...FRESH, ...BUSY }, CLOCK);
    assert.equal(
      view?.accessible,
      "Farthing: Cloud Session. 31,200 of 50,000 tokens spent, $0.42. " +
        "4,000 reserved for requests under way, 14,800 left. " +
        "Burn rate over ten minutes: 620 tokens a minute, enough for 23 more. Last cloud call: 11:59. " +
        "Asks and edits: 9 answered locally, 2 by the cloud. Completions: 1,234, all local",
    );
  });
});

describe("the tooltip of the cloud session", () => {
  const frontier = line("big-1", { requests: 2, input: 1500, cached: 500, output: 70, reasoning: 20, money: "$0.42" });
  const ask = line("ask", { local: true, requests: 9, input: 10 });

  test("has a row for each model and task, as the server has them", () => {
    const shown = tooltip({ byModel: [frontier], byTask: [ask] }).replaceAll("&nbsp;", "");
    assert.ok(shown.includes("| Model | Requests | Input |"), shown);
    assert.ok(shown.includes("| **Task** |  |  |"), shown);
    assert.ok(shown.includes("| big\\-1 | 2 | 1,500 | 500 | 70 | 20 | \\$0\\.42 |"), shown);
    assert.ok(shown.includes("| ask \\(local\\) | 9 | 10 | 0 | 0 | 0 | – |"), shown);
    assert.ok(!shown.includes("| all |"));
  });

  test("has the sum of several models, which is the server's too", () => {
    const cloud = line("", { requests: 5, input: 7777 });
    const shown = tooltip({ byModel: [frontier, line("b")], cloud }).replaceAll("&nbsp;", "");
    assert.ok(shown.includes("| all | 5 | 7,777 |"), shown);
  });

  test("says what was charged without being known, and beyond a limit", () => {
    const shown = tooltip({ unsettled: 4096, overshoot: 12, notes: ["work is blocked"], lastCloudMs: 0 });
    assert.match(shown, /4\\,096 charged in full/);
    assert.match(shown, /12 charged by a provider beyond/);
    assert.match(shown, /work is blocked/);
    assert.match(shown, /00\\:00 on 1 Jan/);
  });

  test("what is blocked comes first, and that local work goes on with it", () => {
    const shown = tooltip({ level: "blocked", blockedReason: "the cap is used up" });
    assert.match(shown.split("\n\n")[1] ?? "", /^Blocked\\: the cap is used up\\\. Local work goes on\\\. {2}\n0 of/);
  });

  test("names that others chose are plain text in one cell", () => {
    const evil = "a|b\n[x](command:y) <img src=z> https://w.example www.v.example `q` **r** \u202E$(zap)";
    const shown = tooltip({ byModel: [line(evil)] }).replaceAll("&nbsp;", "");
    const row = shown.split("\n").find((each) => each.startsWith("| a")) ?? "";
    assert.equal(row.split(/(?<!\\)\|/).length, 9);
    assert.doesNotMatch(row, /(?<!\\)[[\]()<>`*:/.$]/);
    assert.doesNotMatch(row, /\u202E/);
    assert.ok(row.length < 200);
  });
});

describe("numbers", () => {
  test("are cut off, not rounded up to what is not reached", () => {
    const shown = [0, 999, 1000, 4000, 31_249, 49_999, 999_999, 1_000_000, 12_345_678].map(compact);
    assert.deepEqual(shown, ["0", "999", "1.0k", "4.0k", "31.2k", "49.9k", "999.9k", "1.0M", "12.3M"]);
    assert.equal(text({ spent: 49_999, cap: 1_500_000 }), "49.9k/1.5M");
    assert.equal(text({ cap: 50_500 }), "0/50.5k");
  });

  test("are read as people write them", () => {
    const read = ["75000", "75,000", "75 000", " 75k ", "1.1M", "0.5 k"].map(parseTokens);
    assert.deepEqual(read, [75_000, 75_000, 75_000, 75_000, 1_100_000, 500]);
    for (const wrong of ["", "k", "-5", "1.5", "7,5", "1e9", "75kk", "0x10", "1".repeat(20)]) {
      assert.equal(parseTokens(wrong), undefined, wrong);
    }
  });

  test("a cap can only be raised", () => {
    assert.equal(capProblem("60k", 50_000), undefined);
    assert.match(capProblem("50k", 50_000) ?? "", /50,000 now/);
    assert.match(capProblem("lots", 50_000) ?? "", /for example/);
  });
});

describe("at the cap", () => {
  const more = { ...FRESH, spent: 40_000 };
  const reached: LedgerStatus = { ...FRESH, spent: 50_000, capReached: true, level: "blocked", blockedReason: "r" };

  test("the user is asked once, and again only in another session or under a higher cap", () => {
    const watch = new CapWatch();
    const seen: readonly LedgerStatus[] = [
      more,
      reached,
      { ...reached, reserved: 1 },
      more,
      reached,
      { ...more, cap: 60_000 },
      { ...reached, cap: 60_000 },
      { ...more, session: 2 },
      { ...reached, session: 2 },
    ];
    assert.deepEqual(
      seen.map((status) => watch.reached(status)),
      [false, true, false, false, false, false, true, false, true],
    );
  });

  test("a window that opens at the cap is not met with a question, nor one whose ledger was away", () => {
    const watch = new CapWatch();
    const away: LedgerStatus = { ...FRESH, problem: "gone", level: "blocked" };
    assert.deepEqual(
      [reached, away, reached].map((status) => watch.reached(status)),
      [false, false, false],
    );
  });

  test("a cap of nothing is the user's word and no news", () => {
    const watch = new CapWatch();
    assert.equal(watch.reached({ ...FRESH }), false);
    assert.equal(watch.reached({ ...reached, cap: 0, spent: 0 }), false);
  });

  test("the question says why, and that local work goes on", () => {
    assert.match(
      capQuestion({ ...reached, blockedReason: "the cap is used up" }),
      /shop: the cap is used up\. Local work/,
    );
  });
});

describe("the report", () => {
  test("has a table for everything that was used", () => {
    const report = reportText({
      since: "2025-06-01",
      sections: [
        { title: "Day", rows: [line("2025-06-03", { input: 5 })] },
        { title: "Model", rows: [] },
      ],
    });
    assert.match(report, /## By day\n\n\| Day \| Requests/);
    assert.match(report, /\| 2025\\-06\\-03 \| 1 \| 5 \|/);
    assert.doesNotMatch(report, /By model/);
  });

  test("says that there is nothing yet", () => {
    assert.match(reportText({ since: "2025-06-01", sections: [] }), /Nothing has been used yet/);
  });

  test("text is escaped as a whole", () => {
    assert.equal(escape("a_b\r\n c"), "a\\_b c");
  });
});
