import type { ChatTurn, ReceiptItem, TurnHunk } from "../src/chatProtocol";

export const EMPTY_TURN: ChatTurn = {
  conversation: "c",
  turn: 1,
  task: "ask",
  instruction: "Why?",
  state: "done",
  text: "",
  detail: "",
  fix: "",
  receipt: { tier: "", model: "", reason: "", items: [], tokens: 0, budget: 0 },
  hunks: [],
  attempts: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  money: "",
  escalation: "",
  escalationNote: "",
  tests: "",
  repair: "",
};

export const ITEM: ReceiptItem = {
  key: "k",
  path: "a.py",
  symbol: "f",
  kind: "body",
  startLine: 3,
  endLine: 9,
  tokens: 1,
  reason: "is called",
  pinned: false,
  sentBefore: false,
};

export function hunk(review: string): TurnHunk {
  return { path: "a.py", status: "applied", reason: "", startLine: 4, diff: "@@\n a\n-b\n+c\n", review };
}
