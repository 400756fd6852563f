/** What `@farthing` says of a turn in the editor's own chat, in Markdown. Nothing here knows VS Code. */
import type { ChatTurn, TurnHunk } from "./chatProtocol";
import { questionOf, sentence, whyBeside } from "./choices";
import { escape } from "./ledgerText";

/** A hunk with its place, its status and its lines. */
export function hunkText({ path, startLine, status, reason, diff }: TurnHunk): string {
  const place = startLine > 0 ? `${path}:${startLine}` : path;
  const head = [status === "applied" ? "" : status.replaceAll("_", " "), reason]
    .filter((word) => word !== "")
    .join(": ");
  const longest = Math.max(2, ...[...diff.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const lines = diff === "" ? "" : `\n\n${fence}diff\n${diff.replace(/\n$/, "")}\n${fence}`;
  return `\n\n**${escape(place)}**${head === "" ? "" : ` ${escape(head)}`}${lines}\n\n`;
}

/** Why the user is asked before anything is sent, and what that would take; with a failure only the latter. */
export function proposalText(turn: ChatTurn): string {
  const asks = turn.state === "asking" ? [`**${escape(questionOf(turn))}**`, escape(sentence(whyBeside(turn)))] : [];
  return ["", ...asks, escape(sentence(turn.escalationNote)), ""].join("\n\n");
}

/** Model, tokens and money, in one line; empty where nothing was counted. */
export function accountText({ receipt, inputTokens, cachedTokens, outputTokens, money }: ChatTurn): string {
  if (inputTokens + outputTokens === 0) {
    return "";
  }
  const tokens = `${inputTokens} tokens in (${cachedTokens} cached), ${outputTokens} out`;
  const words = [receipt.tier, receipt.model, tokens, money].filter((word) => word !== "");
  return `\n\n*${escape(words.join(" · "))}*`;
}
