/** Words of the input for an instruction. Nothing here knows VS Code. */
import type { Receipt } from "./chatProtocol";
import { counted } from "./reviewText";

/** Instructions that are kept to be given again. */
const MOST = 50;

export interface Target {
  /** Name of the file. */
  readonly name: string;
  /** Lines from 0; the last one is included. */
  readonly first: number;
  readonly last: number;
  /** Something is selected, rather than the cursor being somewhere. */
  readonly selected: boolean;
}

/** `Edit lines 12–30 of shop.py`; with only a cursor the server chooses what is around it. */
export function targetText({ name, first, last, selected }: Target): string {
  if (!selected) {
    return `Edit ${name} at line ${first + 1}`;
  }
  return first === last ? `Edit line ${first + 1} of ${name}` : `Edit lines ${first + 1}–${last + 1} of ${name}`;
}

/** Where the instruction would go and what would be sent along: `local, qwen2.5-coder-1.5b · 3 pieces, 412 tokens`. */
export function receiptText({ tier, model, items, tokens, reason }: Receipt): string {
  const where = [tier, model].filter((part) => part !== "").join(", ");
  const what = items.length > 0 ? `${counted(items.length, "piece")} of code, ${tokens} tokens` : "";
  return [where, what, reason].filter((part) => part !== "").join(" · ");
}

/** The newest first, each once. */
export function remember(history: readonly string[], instruction: string): readonly string[] {
  return [instruction, ...history.filter((one) => one !== instruction)].slice(0, MOST);
}

/** Earlier instructions that hold what was typed; what was typed itself is offered apart. */
export function suggestions(history: readonly string[], typed: string): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  return history.filter((one) => one !== typed.trim() && one.toLowerCase().includes(wanted));
}
