/**
 * What the user may choose where another tier could do a turn: one that nothing was sent for yet, or one that came to
 * nothing. Chosen, it is sent again, in the same conversation. Nothing here knows VS Code.
 */
import { isWorking } from "./chatTurns";
import type { ChatTurn, SendChatParams } from "./chatProtocol";

/** `escalate` may cost; `show` sends nothing and leaves the choice open. */
export type Action = "escalate" | "local" | "show";

export interface Choice {
  readonly action: Action;
  readonly label: string;
}

type Proposal = Pick<ChatTurn, "state" | "escalation">;

/** None where nothing is proposed. */
export function choicesOf({ state, escalation }: Proposal): readonly Choice[] {
  if (escalation === "" || isWorking(state)) {
    return [];
  }
  // Where it has been done on this machine already, that is not offered again.
  const here: readonly Choice[] = state === "asking" ? [{ action: "local", label: "Do it on this machine" }] : [];
  return [
    { action: "escalate", label: `Send to ${escalation}` },
    ...here,
    { action: "show", label: "Show what will be sent" },
  ];
}

/** The turn's message again, for the tier that was chosen. */
export function againWith(
  params: SendChatParams,
  { escalation }: Pick<ChatTurn, "escalation">,
  action: Action,
): SendChatParams {
  return { ...params, tier: action === "local" ? "local" : escalation };
}

/** Why the user is asked, in one line. */
export function whyAsked({ text, detail }: Pick<ChatTurn, "text" | "detail">): string {
  return detail === "" ? (text.split("\n")[0] ?? "") : detail;
}

/** The same, where the turn's text is shown anyhow; empty where that says it. */
export function whyBeside(turn: Pick<ChatTurn, "text" | "detail">): string {
  const why = whyAsked(turn);
  return turn.text.includes(why) ? "" : why;
}

/** What is asked. */
export function questionOf({ escalation }: Pick<ChatTurn, "escalation">): string {
  return `May this be sent to the ${escalation} model?`;
}

/** Words of the server's, which begin small, where they stand by themselves. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
