/** The other side: the extension, and what the page keeps for itself. */
import type { FromView, TaskChoice, TierChoice } from "../src/chatMessages";
import { list, oneOf, record, text } from "../src/shapes";

/** What the user has typed and chosen but not sent. It survives hiding the view. */
export interface Kept {
  readonly text: string;
  readonly task: TaskChoice;
  readonly tier: TierChoice;
  /** What was sent before, the newest last. */
  readonly sent: readonly string[];
}

interface VSCode {
  postMessage(message: FromView): void;
  getState(): unknown;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): VSCode;

const vscode = acquireVsCodeApi();

const isKept = record<Kept>({
  text: text(1_000_000),
  task: oneOf<TaskChoice>("auto", "edit", "ask", "explain", "test", "document", "fix"),
  tier: oneOf<TierChoice>("", "local", "small", "medium", "frontier"),
  sent: list(text(1_000_000), 100),
});

export function post(message: FromView): void {
  vscode.postMessage(message);
}

export function kept(): Kept {
  const state = vscode.getState();
  return isKept(state) ? state : { text: "", task: "auto", tier: "", sent: [] };
}

export function keep(state: Kept): void {
  vscode.setState(state);
}
