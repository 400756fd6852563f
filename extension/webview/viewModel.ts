/** What the chat view says of a turn, in words. Nothing here knows the page. */
import type { HunkOutcome, ViewTurn } from "../src/chatMessages";
import type { Receipt, ReceiptItem, Task, TurnHunk } from "../src/chatProtocol";
import { isWorking } from "../src/chatTurns";
import { type Choice, choicesOf, questionOf, sentence, whyBeside } from "../src/choices";
import { SET_KEY_COMMAND } from "../src/cloudProtocol";

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
export function progress({ state, detail, escalation }: ViewTurn): string {
  const words = {
    done: "",
    waiting: "Waiting",
    reading: "Reading",
    writing: "Writing",
    checking: "Testing",
    asking: "You were asked",
    stopped: "Stopped",
    failed: "Failed",
  };
  if (state === "done" || (state === "asking" && escalation !== "")) {
    return ""; // the question says it
  }
  return detail === "" ? words[state] : `${words[state]}: ${detail}`;
}

/** Which model answered and why, tokens, money, tries. */
export function account(turn: ViewTurn): readonly string[] {
  const { tier, model, reason } = turn.receipt;
  const { inputTokens, cachedTokens, outputTokens, attempts, money } = turn;
  const cached = cachedTokens > 0 ? ` (${full(cachedTokens)} cached)` : "";
  const counted = inputTokens + outputTokens > 0;
  return [
    [tier, model].filter((word) => word !== "").join(" · "),
    reason === turn.detail ? "" : reason, // a question says it
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

/** What the user is asked before anything is sent to a model that costs. */
export interface Question {
  /** Empty where nothing waits for the answer. */
  readonly title: string;
  readonly why: string;
  readonly note: string;
  readonly choices: readonly Choice[];
}

/** Null where nothing is to be chosen. */
export function question(turn: ViewTurn): Question | null {
  const choices = turn.live ? choicesOf(turn) : [];
  const note = sentence(turn.escalationNote);
  return choices.length === 0
    ? null
    : turn.state === "asking"
      ? { title: questionOf(turn), why: sentence(whyBeside(turn)), note, choices }
      : { title: "", why: "", note, choices };
}

/** Whether the way out is to give a key. */
export function needsKey({ state, fix }: ViewTurn): boolean {
  return state === "failed" && fix.includes(SET_KEY_COMMAND);
}

/** What a screen reader hears when a turn has ended. */
export function closing(turn: ViewTurn): string {
  const hunks = turn.hunks.length > 0 ? `${plural(turn.hunks.length, "change")}.` : "";
  const asked = question(turn);
  const asks = asked?.title
    ? [asked.title, asked.why, asked.note, asked.choices.map(({ label }) => label).join(", ")]
    : [];
  return [progress(turn), turn.fix, hunks, ...asks].filter((line) => line !== "").join(" ");
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
