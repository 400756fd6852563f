/**
 * What Farthing adds to the Language Server Protocol for chat and review. This mirrors
 * `server/farthing/chat_protocol.py`, where everything is explained; a test compares the two.
 */

export const SEND_CHAT = "farthing/sendChat";
export const PREVIEW_CONTEXT = "farthing/previewContext";
export const STOP_CHAT = "farthing/stopChat";
export const CLOSE_CONVERSATION = "farthing/closeConversation";
export const CHAT_TURN_DID_CHANGE = "farthing/chatTurnDidChange";
export const CHAT_TEXT_DID_GROW = "farthing/chatTextDidGrow";
export const REVIEW_DID_CHANGE = "farthing/reviewDidChange";
export const DECIDE_HUNKS = "farthing/decideHunks";
export const PROPOSED_TEXT = "farthing/proposedText";
export const EDIT = "farthing.edit";
export const FIX = "farthing.fix";
export const TEST = "farthing.test";
export const DOCUMENT = "farthing.document";
export const EXPLAIN = "farthing.explain";

export type Task = "edit" | "ask" | "explain" | "test" | "document" | "fix";
export type ChatState = "waiting" | "reading" | "writing" | "checking" | "asking" | "done" | "stopped" | "failed";
export type ReviewState = "writing" | "proposed" | "accepted" | "stale";

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface ContextPin {
  readonly path: string;
  readonly startLine?: number;
  readonly endLine?: number;
}

export interface SendChatParams {
  readonly conversation: string;
  readonly task: Task;
  readonly text: string;
  readonly uri?: string;
  readonly range?: Range;
  readonly tier?: string;
  readonly pins?: readonly ContextPin[];
  readonly drops?: readonly string[];
  readonly diagnostics?: readonly string[];
}

export interface ChatTurnId {
  readonly turn: number;
}

export interface ConversationParams {
  readonly conversation: string;
}

export interface ReceiptItem {
  readonly key: string;
  readonly path: string;
  readonly symbol: string;
  readonly kind: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly tokens: number;
  readonly reason: string;
  readonly pinned: boolean;
  readonly sentBefore: boolean;
}

export interface Receipt {
  readonly tier: string;
  readonly model: string;
  readonly reason: string;
  readonly items: readonly ReceiptItem[];
  readonly tokens: number;
  readonly budget: number;
}

export interface TurnHunk {
  readonly path: string;
  readonly status: string;
  readonly reason: string;
  readonly startLine: number;
  readonly diff: string;
  readonly review: string;
}

export interface ChatTurn {
  readonly conversation: string;
  readonly turn: number;
  readonly task: Task;
  readonly instruction: string;
  readonly state: ChatState;
  readonly text: string;
  readonly detail: string;
  readonly fix: string;
  readonly receipt: Receipt;
  readonly hunks: readonly TurnHunk[];
  readonly attempts: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly money: string;
  readonly escalation: string;
  readonly escalationNote: string;
  /** What the user's tests said of the hunks; empty where none were run. */
  readonly tests: string;
  /** An instruction that tells the model of tests that failed. */
  readonly repair: string;
}

export interface ChatText {
  readonly conversation: string;
  readonly turn: number;
  readonly text: string;
}

export interface ReviewHunk {
  readonly id: string;
  readonly state: ReviewState;
  readonly startLine: number;
  readonly endLine: number;
  readonly before: string;
  readonly after: string;
  readonly note: string;
}

export interface ReviewFile {
  readonly uri: string;
  readonly path: string;
  readonly isNew: boolean;
  readonly version: number | null;
  readonly hunks: readonly ReviewHunk[];
}

export interface Review {
  readonly files: readonly ReviewFile[];
}

export interface DecideHunksParams {
  readonly action: "accept" | "reject" | "revert";
  readonly ids: readonly string[];
}

export interface DecideHunksResult {
  readonly done: readonly string[];
  readonly message: string;
}

export interface ProposedTextParams {
  readonly uri: string;
}

export interface ProposedTextResult {
  readonly text: string;
}

export interface CommandParams {
  readonly uri: string;
  readonly range?: Range;
  readonly instruction?: string;
  readonly tier?: string;
  readonly conversation?: string;
  readonly diagnostics?: readonly string[];
}

export interface CommandResult {
  readonly applied: boolean;
  readonly text: string;
  readonly hunks: readonly TurnHunk[];
}
