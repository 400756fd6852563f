/** What a message will be sent with: the task it asks for, what is pinned and what is left out. Nothing here knows VS Code. */
import type { Instruction } from "./chatMessages";
import type { ContextPin, Range, ReceiptItem, SendChatParams, Task } from "./chatProtocol";

/** What is open in the editor. */
export interface Place {
  readonly uri: string;
  readonly range: Range;
  /** For people. */
  readonly label: string;
}

const TASKS: readonly Task[] = ["edit", "ask", "explain", "test", "document", "fix"];

/** What has no words of its own is not empty: it is about what is open. */
const NEEDS_TEXT: readonly Task[] = ["edit", "ask"];

const QUESTION = /^(?:what|why|how|where|when|who|whose|which|explain|describe)\b/i;
const REQUEST = /^(?:please|(?:can|could|would|will) you)\b/i;

/** A command such as `/test` at the beginning decides; else what was picked; else what the words look like. */
export function readInstruction({ task, text }: Pick<Instruction, "task" | "text">): {
  readonly task: Task;
  readonly text: string;
} {
  const words = text.trim();
  const [, name = ""] = /^\/(\w+)(?=\s|$)/.exec(words) ?? [];
  const command = TASKS.find((known) => known === name.toLowerCase());
  if (command) {
    return { task: command, text: words.slice(name.length + 1).trim() };
  }
  return { task: task === "auto" ? guess(words) : task, text: words };
}

function guess(words: string): Task {
  return !REQUEST.test(words) && (words.endsWith("?") || QUESTION.test(words)) ? "ask" : "edit";
}

/** Why a message can't be sent; undefined when it can. */
export function problem(instruction: Instruction): string | undefined {
  const { task, text } = readInstruction(instruction);
  return text === "" && NEEDS_TEXT.includes(task) ? "Say what is to be done, or ask a question." : undefined;
}

/** Pins and drops hold for the whole conversation. */
export class Draft {
  private pinned: readonly ContextPin[] = [];
  private dropped: readonly ReceiptItem[] = [];

  get pins(): readonly ContextPin[] {
    return this.pinned;
  }

  get drops(): readonly ReceiptItem[] {
    return this.dropped;
  }

  pin(pin: ContextPin): void {
    if (!this.pinned.some((other) => JSON.stringify(other) === JSON.stringify(pin))) {
      this.pinned = [...this.pinned, pin];
    }
  }

  unpin(index: number): void {
    this.pinned = this.pinned.filter((_, place) => place !== index);
  }

  drop(item: ReceiptItem): void {
    this.dropped = [...this.dropped.filter(({ key }) => key !== item.key), item];
  }

  restore(key: string): void {
    this.dropped = this.dropped.filter((item) => item.key !== key);
  }

  clear(): void {
    this.pinned = [];
    this.dropped = [];
  }

  params(conversation: string, instruction: Instruction, place: Place | undefined): SendChatParams {
    const { task, text } = readInstruction(instruction);
    return {
      conversation,
      task,
      text,
      tier: instruction.tier,
      pins: this.pinned,
      drops: this.dropped.map(({ key }) => key),
      ...(place ? { uri: place.uri, range: place.range } : {}),
    };
  }
}
