/** What the extension and its chat view say to each other. Each side checks what it gets from the other. */
import { type Action } from "./choices";
import type { ChatState, ChatTurn, ContextPin, Receipt, ReceiptItem, Task, TurnHunk } from "./chatProtocol";
import { type Shape, count, list, nullable, oneOf, optional, record, tagged, text, truth } from "./shapes";

/** `auto`: a question is answered, anything else is an edit. */
export type TaskChoice = Task | "auto";
/** Empty for what suits the task. */
export type TierChoice = "" | "local" | "small" | "medium" | "frontier";

/** What became of a hunk; `""` while the review knows nothing of it, `lost` when the server ended before it was decided. */
export type Outcome = "" | "writing" | "proposed" | "accepted" | "stale" | "rejected" | "reverted" | "lost";

export interface HunkOutcome {
  readonly outcome: Outcome;
  readonly note: string;
}

/** A turn as it is shown and kept. */
export interface ViewTurn extends ChatTurn {
  /** Unlike the turn's number unique over conversations. */
  readonly key: string;
  /** Whether the server still knows of it. */
  readonly live: boolean;
  /** One for each of `hunks`. */
  readonly outcomes: readonly HunkOutcome[];
}

/** What a message is sent with. */
export interface Instruction {
  readonly task: TaskChoice;
  readonly tier: TierChoice;
  readonly text: string;
}

/** What the user has typed and chosen but not sent. */
export interface Unsent extends Instruction {
  /** What was sent before, the newest last. */
  readonly sent: readonly string[];
}

export type FromView =
  | { readonly type: "ready" }
  | ({ readonly type: "send" } & Instruction)
  | ({ readonly type: "preview"; readonly request: number } & Instruction)
  | ({ readonly type: "unsent" } & Unsent)
  | { readonly type: "stop" }
  | { readonly type: "newConversation" }
  | { readonly type: "addContext" }
  | { readonly type: "unpin"; readonly index: number }
  | { readonly type: "drop"; readonly item: ReceiptItem }
  | { readonly type: "restore"; readonly key: string }
  | { readonly type: "open"; readonly path: string; readonly startLine: number; readonly endLine: number }
  | { readonly type: "link"; readonly href: string }
  | { readonly type: "copy"; readonly text: string }
  | {
      readonly type: "decide";
      readonly action: "accept" | "reject" | "revert";
      readonly turn: string;
      readonly hunk: number;
    }
  | { readonly type: "goTo"; readonly turn: string; readonly hunk: number }
  /** Of what is proposed for a turn. */
  | { readonly type: "choose"; readonly turn: string; readonly action: Action }
  /** Word for word what would be sent. */
  | ({ readonly type: "showRequest" } & Instruction)
  /** The key of a provider is missing. */
  | { readonly type: "setKey" }
  /** Tests failed: the model is to try again. */
  | { readonly type: "repair"; readonly turn: string };

export type ToView =
  | { readonly type: "conversation"; readonly turns: readonly ViewTurn[] }
  /** Once, after `ready`. */
  | ({ readonly type: "unsent" } & Unsent)
  | { readonly type: "turn"; readonly turn: ViewTurn }
  | { readonly type: "text"; readonly key: string; readonly text: string }
  | {
      readonly type: "draft";
      /** What is open or selected in the editor, for people. */
      readonly place: string;
      readonly pins: readonly ContextPin[];
      readonly drops: readonly ReceiptItem[];
    }
  | {
      readonly type: "preview";
      readonly request: number;
      readonly receipt: Receipt | null;
      readonly problem: string;
    }
  /** Why nothing can be sent; empty when it can. */
  | { readonly type: "notice"; readonly text: string }
  /** It was not sent: the text goes back to where it was typed. */
  | { readonly type: "refused"; readonly text: string }
  | { readonly type: "focus" };

/** Enough for any file that a model could read, and little enough to be handled at once. */
const LONG = text(2_000_000);
/** An instruction of 100,000 characters is a mistake. */
export const MAX_INSTRUCTION = 100_000;
const LINE = text(20_000);
const MANY = 2_000;

const TASK = oneOf<Task>("edit", "ask", "explain", "test", "document", "fix");
const CHOICE = oneOf<TaskChoice>("auto", "edit", "ask", "explain", "test", "document", "fix");
const TIER = oneOf<TierChoice>("", "local", "small", "medium", "frontier");
const STATE = oneOf<ChatState>("waiting", "reading", "writing", "checking", "asking", "done", "stopped", "failed");
const OUTCOME = oneOf<Outcome>("", "writing", "proposed", "accepted", "stale", "rejected", "reverted", "lost");

const NOTHING = record<object>({});
const PIN = record<ContextPin>({ path: LINE, startLine: optional(count), endLine: optional(count) });
const ITEM = record<ReceiptItem>({
  key: LINE,
  path: LINE,
  symbol: LINE,
  kind: LINE,
  startLine: count,
  endLine: count,
  tokens: count,
  reason: LINE,
  pinned: truth,
  sentBefore: truth,
});
export const RECEIPT = record<Receipt>({
  tier: LINE,
  model: LINE,
  reason: LINE,
  items: list(ITEM, MANY),
  tokens: count,
  budget: count,
});
const HUNK = record<TurnHunk>({
  path: LINE,
  status: LINE,
  reason: LONG,
  startLine: count,
  diff: LONG,
  review: LINE,
});
const TURN = {
  conversation: LINE,
  turn: count,
  task: TASK,
  instruction: LONG,
  state: STATE,
  text: LONG,
  detail: LINE,
  fix: LINE,
  receipt: RECEIPT,
  hunks: list(HUNK, MANY),
  attempts: count,
  inputTokens: count,
  cachedTokens: count,
  outputTokens: count,
  money: LINE,
  escalation: LINE,
  escalationNote: LINE,
  tests: LINE,
  repair: LONG,
};
/** A turn as the server tells it. */
export const CHAT_TURN = record<ChatTurn>(TURN);
export const VIEW_TURN: Shape<ViewTurn> = record<ViewTurn>({
  ...TURN,
  key: LINE,
  live: truth,
  outcomes: list(record<HunkOutcome>({ outcome: OUTCOME, note: LINE }), MANY),
});

const INSTRUCTION = { task: CHOICE, tier: TIER, text: text(MAX_INSTRUCTION) };

export const UNSENT: Shape<Unsent> = record<Unsent>({ ...INSTRUCTION, sent: list(text(MAX_INSTRUCTION), 100) });

export const isFromView: Shape<FromView> = tagged<FromView>({
  ready: NOTHING,
  send: record<Instruction>(INSTRUCTION),
  preview: record({ ...INSTRUCTION, request: count }),
  unsent: UNSENT,
  stop: NOTHING,
  newConversation: NOTHING,
  addContext: NOTHING,
  unpin: record({ index: count }),
  drop: record({ item: ITEM }),
  restore: record({ key: LINE }),
  open: record({ path: LINE, startLine: count, endLine: count }),
  link: record({ href: LINE }),
  copy: record({ text: LONG }),
  decide: record({ action: oneOf("accept", "reject", "revert"), turn: LINE, hunk: count }),
  goTo: record({ turn: LINE, hunk: count }),
  choose: record({ turn: LINE, action: oneOf("escalate", "local", "show") }),
  showRequest: record<Instruction>(INSTRUCTION),
  setKey: NOTHING,
  repair: record({ turn: LINE }),
});

export const isToView: Shape<ToView> = tagged<ToView>({
  conversation: record({ turns: list(VIEW_TURN, MANY) }),
  unsent: UNSENT,
  turn: record({ turn: VIEW_TURN }),
  text: record({ key: LINE, text: LONG }),
  draft: record({ place: LINE, pins: list(PIN, MANY), drops: list(ITEM, MANY) }),
  preview: record({ request: count, receipt: nullable(RECEIPT), problem: LINE }),
  notice: record({ text: LINE }),
  refused: record({ text: LONG }),
  focus: NOTHING,
});
