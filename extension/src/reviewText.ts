/** Hunks that are to be reviewed: which one is where, and how they are named. Nothing here knows VS Code. */
import type { Review, ReviewFile, ReviewHunk } from "./chatProtocol";

/** A hunk and the file that it is in. */
export interface Place {
  readonly file: ReviewFile;
  readonly hunk: ReviewHunk;
}

/** It can be accepted now. */
export function isProposed(hunk: ReviewHunk): boolean {
  return hunk.state === "proposed";
}

/** The user has still to say something to it. */
export function isOpen(hunk: ReviewHunk): boolean {
  return hunk.state !== "accepted";
}

/** Its lines can only be rejected; while they are written there is nothing to decide on. */
export function isDecidable(hunk: ReviewHunk): boolean {
  return hunk.state === "proposed" || hunk.state === "stale";
}

export function find(review: Review, id: string): Place | undefined {
  for (const file of review.files) {
    const hunk = file.hunks.find((one) => one.id === id);
    if (hunk) {
      return { file, hunk };
    }
  }
  return undefined;
}

/** Equal for two reviews that differ at most in texts that are being written. */
export function outline(review: Review, hidden: readonly string[]): string {
  const files = review.files.map((file) => ({
    ...file,
    hunks: file.hunks.map((hunk) => (hunk.state === "writing" ? { ...hunk, after: "" } : hunk)),
  }));
  return JSON.stringify([files, hidden]);
}

/** First and last line that show it, from 0: lines that are only added belong to the line that they come before. */
export function lines({ startLine, endLine }: ReviewHunk, lineCount: number): readonly [number, number] {
  const last = Math.max(0, lineCount - 1);
  const first = Math.min(startLine, last);
  return [first, Math.max(first, Math.min(endLine - 1, last))];
}

/** The line that new lines are shown below, from 0; where they come before the first one, that one. */
export function anchor({ startLine, endLine }: ReviewHunk, lineCount: number): number {
  return Math.min(Math.max(0, endLine - 1, startLine - 1), Math.max(0, lineCount - 1));
}

/** The hunk that the cursor is in. Lines that are only added are reached from both of their neighbours. */
export function hunkAt(file: ReviewFile | undefined, line: number): ReviewHunk | undefined {
  const hunks = file?.hunks.filter(isDecidable) ?? [];
  return (
    hunks.find(({ startLine, endLine }) => startLine <= line && line < endLine) ??
    hunks.find(({ startLine, endLine }) => startLine === endLine && startLine === line) ??
    hunks.find(({ startLine, endLine }) => startLine === endLine && startLine === line + 1)
  );
}

/** The next open hunk behind a line (`step` 1) or before it (-1), going round at the end of the file. */
export function neighbour(file: ReviewFile, line: number, step: 1 | -1): ReviewHunk | undefined {
  const hunks = file.hunks.filter(isDecidable).toSorted((a, b) => a.startLine - b.startLine);
  if (step === 1) {
    return hunks.find((hunk) => hunk.startLine > line) ?? hunks[0];
  }
  return hunks.findLast((hunk) => hunk.startLine < line) ?? hunks.at(-1);
}

/** Ids of all hunks of some files that pass. */
export function ids(files: readonly ReviewFile[], passes: (hunk: ReviewHunk) => boolean): readonly string[] {
  return files.flatMap((file) => file.hunks.filter(passes).map((hunk) => hunk.id));
}

/** How many lines a text has; an end of line at its end begins no other. */
export function lineCount(text: string): number {
  const ends = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  return text === "" || /[\r\n]$/.test(text) ? ends : ends + 1;
}

/** `+3 −1` */
export function size({ before, after }: ReviewHunk): string {
  const [added, removed] = [lineCount(after), lineCount(before)];
  return [added > 0 ? `+${added}` : "", removed > 0 ? `−${removed}` : ""].filter((part) => part !== "").join(" ");
}

/** Where it is, with lines from 1: `Line 7`, `Lines 7–9`, `Before line 7`. */
export function where({ startLine, endLine }: ReviewHunk): string {
  if (startLine === endLine) {
    return `Before line ${startLine + 1}`;
  }
  return endLine - startLine === 1 ? `Line ${endLine}` : `Lines ${startLine + 1}–${endLine}`;
}

/** Heading of its new lines: `Replace lines 7–9 · +3 −3`. */
export function heading(hunk: ReviewHunk): string {
  return hunk.state === "stale" ? `Stale: ${hunk.note}` : `${what(hunk)} · ${size(hunk)}`;
}

/** What happens there: `Replace lines 7–9`. */
export function what(hunk: ReviewHunk): string {
  const place = where(hunk).toLowerCase();
  if (hunk.startLine === hunk.endLine) {
    return `Insert ${place}`;
  }
  return hunk.after === "" ? `Delete ${place}` : `Replace ${place}`;
}

const STATES: Record<ReviewHunk["state"], string> = {
  writing: "being written",
  proposed: "proposed",
  accepted: "accepted",
  stale: "stale",
};

/** For a screen reader: state, place and size in words. */
export function spoken(hunk: ReviewHunk): string {
  const added = `${counted(lineCount(hunk.after), "line")} added`;
  const removed = `${lineCount(hunk.before)} removed`;
  const note = hunk.note === "" ? "" : `: ${hunk.note}`;
  const text = beside(hunk);
  const change = text === undefined ? `${added}, ${removed}` : `replaced by ${text}`;
  return `${where(hunk).replace("–", " to ")}, ${STATES[hunk.state]}${note}, ${change}`;
}

/** `1 change`, `3 changes` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A code block that nothing in the text can end. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  const name = /^[\w+#.-]+$/.test(language) ? language : "";
  return `${fence}${name}\n${text.replace(/(?:\r\n|\r|\n)$/, "")}\n${fence}`;
}

/** What of a line is replaced: columns of the old one, from the first to behind the last that differ. */
export function changedColumns(before: string, after: string): readonly [number, number] {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) {
    start += 1;
  }
  let end = before.length;
  for (let other = after.length; end > start && other > start && before[end - 1] === after[other - 1]; other -= 1) {
    end -= 1;
  }
  return [start, end];
}

/** The one line that replaces one line, without its end; undefined where more changes. */
export function singleLine({ before, after }: ReviewHunk): { before: string; after: string } | undefined {
  const [old, young] = [before, after].map((text) => text.replace(/(?:\r\n|\r|\n)$/, ""));
  return lineCount(before) === 1 && lineCount(after) === 1 && old !== undefined && young !== undefined
    ? { before: old, after: young }
    : undefined;
}

/** Columns that an old and a new line take beside each other, at most: more are not seen at once in a narrow editor. */
const MOST_COLUMNS = 110;

/** What replaces one line and fits beside it; other new lines need room of their own. */
export function beside(hunk: ReviewHunk): string | undefined {
  const single = hunk.state === "proposed" || hunk.state === "writing" ? singleLine(hunk) : undefined;
  const after = single?.after.trim() ?? "";
  return single && after !== "" && single.before.length + after.length <= MOST_COLUMNS ? after : undefined;
}

/** Something to click on; without a command it only says something. */
export interface Action {
  readonly title: string;
  readonly command: string;
  readonly argument?: unknown;
}

/** What stands above a hunk. */
export function hunkActions(hunk: ReviewHunk): readonly Action[] {
  const argument = { hunkIds: [hunk.id] };
  const act = (title: string, command: string): Action => ({ title, command: `farthing.${command}`, argument });
  const reject = act("$(close) Reject", "rejectHunk");
  switch (hunk.state) {
    case "writing":
      return [{ title: `$(loading~spin) Farthing writes: ${what(hunk).toLowerCase()}`, command: "" }];
    case "proposed":
      return [act("$(check) Accept", "acceptHunk"), reject, { title: label(hunk), command: "" }];
    case "stale":
      return [{ title: `$(warning) Stale: ${hunk.note}`, command: "" }, reject];
    case "accepted":
      return [
        { title: "$(pass) Accepted", command: "" },
        act("Revert", "revertHunk"),
        { title: "Hide", command: "farthing.hideAccepted" },
      ];
  }
}

/** What stands above a file: only where it saves the user something, and isn't taken for the answer to a hunk there. */
export function fileActions(file: ReviewFile): readonly Action[] {
  const proposed = ids([file], isProposed);
  const isTaken = file.hunks.some(({ state, startLine }) => state === "writing" || startLine === 0);
  if (proposed.length < 2 || isTaken) {
    return [];
  }
  const argument = { hunkIds: proposed };
  return [
    { title: `Farthing proposes ${counted(proposed.length, "change")}`, command: "" },
    { title: "Accept All", command: "farthing.acceptFile", argument },
    { title: "Reject All", command: "farthing.rejectFile", argument },
    { title: "Compare", command: "farthing.compareFile", argument: { uri: file.uri } },
  ];
}

function label(hunk: ReviewHunk): string {
  return hunk.note === "" ? size(hunk) : `${size(hunk)} · ${hunk.note}`;
}
