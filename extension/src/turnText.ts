/** What is said of an instruction that is under way, and of what became of it. Nothing here knows VS Code. */
import type { ChatTurn, TurnHunk } from "./chatProtocol";
import { codeBlock, counted } from "./reviewText";

/** Statuses of hunks that are for the user to see and to decide on. */
const TAKEN: ReadonlySet<string> = new Set(["applied", "already_applied", "needs_confirmation"]);

export function isRunning({ state }: ChatTurn): boolean {
  return state === "waiting" || state === "reading" || state === "writing";
}

const DOING = { waiting: "waits for the model", reading: "reads the context", writing: "writes" };

/** `Farthing writes`; the server's own words where it has some. */
export function progressText({ state, detail }: ChatTurn): string {
  if (state === "waiting" || state === "reading" || state === "writing") {
    return detail === "" ? `Farthing ${DOING[state]}` : `Farthing: ${detail}`;
  }
  return "";
}

/** Hunks that have no place, whose reasons the user should know. */
export function refused(turn: ChatTurn): readonly TurnHunk[] {
  return turn.hunks.filter(({ status }) => !TAKEN.has(status));
}

/** One line on what became of an instruction; undefined where the file shows all there is to say. */
export function outcome(turn: ChatTurn): string | undefined {
  if (turn.state === "failed") {
    return [turn.detail || "The instruction failed", turn.fix].filter((part) => part !== "").join(": ");
  }
  if (turn.state !== "done") {
    return undefined;
  }
  const lost = refused(turn);
  if (lost.length > 0) {
    const all = turn.hunks.length;
    const reason = lost.length === 1 && lost[0]?.reason ? `: ${lost[0].reason}` : "";
    return all === lost.length
      ? `${all === 1 ? "The change has no" : `None of the ${all} changes has a`} sure place, so nothing was changed${reason}`
      : `${lost.length} of ${all} changes ${lost.length === 1 ? "has" : "have"} no sure place${reason}`;
  }
  return turn.hunks.length === 0 ? turn.text.split("\n")[0] || "The model proposed no change" : undefined;
}

/** All that is known of a turn's hunks, in Markdown. */
export function detailsText(turn: ChatTurn): string {
  const parts = [`# ${escaped(turn.instruction) || "What became of it"}`];
  if (turn.text !== "") {
    parts.push(turn.text);
  }
  const lost = refused(turn);
  for (const hunk of lost) {
    const line = hunk.startLine > 0 ? `, line ${hunk.startLine}` : "";
    parts.push(`## ${escaped(hunk.path)}${line}: ${escaped(hunk.status.replaceAll("_", " "))}`);
    if (hunk.reason !== "") {
      parts.push(escaped(hunk.reason));
    }
    if (hunk.diff !== "") {
      parts.push(codeBlock(hunk.diff, "diff"));
    }
  }
  const placed = turn.hunks.length - lost.length;
  if (placed > 0) {
    parts.push(`${counted(placed, "change")} found ${placed === 1 ? "its" : "their"} place.`);
  }
  const replies = counted(turn.attempts, "repl")
    .replace(/repls$/, "replies")
    .replace(/repl$/, "reply");
  const model = turn.receipt.model === "" ? "" : ` by ${escaped(turn.receipt.model)} (${escaped(turn.receipt.tier)})`;
  const money = turn.money === "" ? "" : `, ${escaped(turn.money)}`;
  parts.push(`${replies}${model}, ${turn.inputTokens} tokens read, ${turn.outputTokens} written${money}.`);
  return `${parts.join("\n\n")}\n`;
}

/** Text of others that nothing in it becomes Markdown. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, "\\$&");
}
