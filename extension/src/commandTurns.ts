/** Commands of the server that begin a turn, as code actions do. Nothing here knows VS Code. */
import { DOCUMENT, EDIT, EXPLAIN, FIX, type CommandParams, type SendChatParams, TEST, type Task } from "./chatProtocol";

const TASKS: Readonly<Record<string, Task>> = {
  [EDIT]: "edit",
  [FIX]: "fix",
  [TEST]: "test",
  [DOCUMENT]: "document",
  [EXPLAIN]: "explain",
};

/**
 * The message that a command comes to, in a conversation of its own unless it names one: so it can be sent again for
 * another tier. Undefined for other commands.
 */
export function messageOf(command: string, args: readonly unknown[], conversation: string): SendChatParams | undefined {
  const task = TASKS[command];
  const [given] = args as readonly (CommandParams | undefined)[];
  if (task === undefined || typeof given?.uri !== "string") {
    return undefined;
  }
  const { instruction: text = "", conversation: named = "", ...where } = given;
  return { ...where, conversation: named === "" ? conversation : named, task, text };
}
