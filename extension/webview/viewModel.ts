/** What the chat view says of a turn, in words. Nothing here knows the page. */
import type { HunkOutcome, ViewTurn } from "../src/chatMessages";
import type { Receipt, ReceiptItem, Task, TurnHunk } from "../src/chatProtocol";
import { isWorking } from "../src/chatTurns";

export const TASK_NAMES: Readonly<Record<Task, string>> = {
  edit: "Edit",
  ask: "Ask",
  explain: "Explain",
  test: "Write a test",
  document: "Document",
  fix: "Fix",
};

export type Tone = "plain" | "good" | "waiting" | "bad";
export type HunkAction = "accept" | "reject" | "revert" | "goTo";

export interface HunkView {
  readonly place: string;
  readonly badge: string;
  readonly tone: Tone;
  readonly reason: string;
  readonly actions: readonly HunkAction[];
  readonly lines: readonly DiffLine[];
}

export interface DiffLine {
  readonly kind: "added" | "removed" | "same" | "place";
  readonly text: string;
}

/** What it has come to, where the review has nothing to say. */
const STATUSES: Readonly<Record<string, readonly [string, Tone]>> = {
  applied: ["Fits", "plain"],
  already_applied: ["Already there", "plain"],
  held: ["Held back", "waiting"],
  ambiguous: ["Several places", "bad"],
  not_found: ["Not found", "bad"],
  stale: ["Stale", "bad"],
  overlap: ["Overlaps", "bad"],
  outside_workspace: ["Outside the workspace", "bad"],
  exists: ["File exists", "bad"],
  malformed: ["Malformed", "bad"],
  breaks_syntax: ["Breaks the syntax", "bad"],
};

const OUTCOMES: Readonly<Record<HunkOutcome["outcome"], readonly [string, Tone, readonly HunkAction[]] | undefined>> = {
  "": undefined,
  writing: ["Being written", "waiting", []],
  proposed: ["Proposed", "waiting", ["accept", "reject"]],
  accepted: ["Accepted", "good", ["revert"]],
  stale: ["Stale", "bad", ["reject"]],
  rejected: ["Rejected", "plain", []],
  reverted: ["Reverted", "plain", []],
  lost: ["No longer offered", "plain", []],
};

/** `live`: whether the server still knows of the turn; else there is nothing to decide. */
export function hunkView(hunk: TurnHunk, { outcome, note }: HunkOutcome, live: boolean): HunkView {
  const [badge, tone, offered] = OUTCOMES[outcome] ?? [...(STATUSES[hunk.status] ?? [hunk.status, "plain"]), []];
  const actions = live ? offered : [];
  return {
    place: hunk.startLine > 0 ? `${hunk.path}:${hunk.startLine}` : hunk.path,
    badge,
    tone,
    reason: [hunk.reason, note].filter((line) => line !== "").join(". "),
    actions: hunk.path === "" ? actions : [...actions, "goTo"],
    lines: diffLines(hunk.diff),
  };
}

export function diffLines(diff: string): readonly DiffLine[] {
  const lines = diff.replace(/\n$/, "").split("\n");
  return (diff === "" ? [] : lines).map((text) => {
    const kinds: Readonly<Record<string, DiffLine["kind"]>> = { "+": "added", "-": "removed", "@": "place" };
    return { kind: kinds[text.charAt(0)] ?? "same", text };
  });
}

/** What was asked, as a heading. */
export function heading({ task, instruction }: ViewTurn): string {
  return instruction === "" ? TASK_NAMES[task] : instruction;
}

/** What is going on, or went wrong; empty for a turn that simply is done. */
export function progress({ state, detail }: ViewTurn): string {
  const words = {
    waiting: "Waiting",
    reading: "Reading",
    writing: "Writing",
    checking: "Testing",
    asking: "Asking you",
    stopped: "Stopped",
    failed: "Failed",
  };
  return state === "done" ? "" : detail === "" ? words[state] : `${words[state]}: ${detail}`;
}

/** Which model answered and why, tokens, money, tries. */
export function account(turn: ViewTurn): readonly string[] {
  const { tier, model, reason } = turn.receipt;
  const { inputTokens, cachedTokens, outputTokens, attempts, money } = turn;
  const cached = cachedTokens > 0 ? ` (${full(cachedTokens)} cached)` : "";
  const counted = inputTokens + outputTokens > 0;
  return [
    [tier, model].filter((word) => word !== "").join(" · "),
    reason,
    counted ? `${full(inputTokens)} in${cached}, ${full(outputTokens)} out` : "",
    money === "" ? (counted && tier === "local" ? "free" : "") : money,
    attempts > 1 ? `${attempts} tries` : "",
    turn.repair === "" ? turn.tests : "",
  ].filter((line) => line !== "");
}

export function receiptSummary({ items, tokens, budget }: Receipt): string {
  const of = budget > 0 ? ` of ${full(budget)}` : "";
  return `${plural(items.length, "item")}, ${full(tokens)}${of} tokens`;
}

export function itemPlace({ path, startLine, endLine }: Pick<ReceiptItem, "path" | "startLine" | "endLine">): string {
  if (startLine === 0) {
    return path;
  }
  return endLine > startLine ? `${path}:${startLine}–${endLine}` : `${path}:${startLine}`;
}

export function itemNotes({ symbol, kind, tokens, reason, pinned, sentBefore }: ReceiptItem): string {
  const cost = sentBefore ? "sent before" : plural(tokens, "token");
  return [symbol, kind, cost, reason, pinned ? "pinned" : ""].filter((word) => word !== "").join(" · ");
}

/** What is offered when the user's tests failed; undefined where nothing is. */
export function repair({ repair: said, tests, state, live }: ViewTurn): {
  readonly label: string;
  readonly note: string;
} | null {
  return said === "" || !live || isWorking(state) ? null : { label: "Let it try again", note: tests };
}

/** What is offered when local tries have failed; undefined where nothing is. */
export function escalation({ escalation: tier, escalationNote, state, live }: ViewTurn): {
  readonly label: string;
  readonly note: string;
} | null {
  return tier === "" || !live || isWorking(state) ? null : { label: `Ask the ${tier} model`, note: escalationNote };
}

/** What a screen reader hears when a turn has ended. */
export function closing(turn: ViewTurn): string {
  const hunks = turn.hunks.length > 0 ? `${plural(turn.hunks.length, "change")}.` : "";
  return [progress(turn), turn.fix, hunks].filter((line) => line !== "").join(" ");
}

function full(number: number): string {
  return new Intl.NumberFormat("en").format(number);
}

function plural(number: number, noun: string): string {
  return `${full(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Tells of a growing text what a screen reader has not heard yet, sentence by sentence; code is only mentioned. */
export class Narrator {
  private heard = 0;

  /** `ended`: also what is no whole sentence. */
  next(text: string, ended: boolean): string {
    const plain = text
      .replaceAll(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^\1[^\n]*$|$(?![\s\S]))/gm, "Code. ")
      .replaceAll(/[`*#>]+/g, "");
    const rest = plain.slice(this.heard);
    const [whole = ""] = ended ? [rest] : (/^[\s\S]*[.!?:](?=\s)/.exec(rest) ?? []);
    this.heard += whole.length;
    return whole.replaceAll(/\s+/g, " ").trim();
  }
}
