/** One key, and what is to be done: the instruction goes to the server, and hunks come back for review. */
import {
  type ExtensionContext,
  type LogOutputChannel,
  type Memento,
  type QuickPick,
  type QuickPickItem,
  type TextEditor,
  commands,
  window,
  workspace,
} from "vscode";

import type { SendChatParams } from "./chatProtocol";
import type { Conversations } from "./conversations";
import { receiptText, remember, suggestions, targetText } from "./instructText";
import type { Server } from "./server";
import type { Turns } from "./turns";

const HISTORY = "farthing.instructions";

/** Milliseconds without a key after which what would be sent is worked out. */
const PAUSE = 400;

/** Documents that the server has; not the sides of a comparison. */
const SCHEMES: ReadonlySet<string> = new Set(["file", "untitled", "vscode-notebook-cell"]);

interface Choice extends QuickPickItem {
  /** An instruction of the past, not what was typed. */
  readonly earlier: boolean;
}

type Where = Omit<SendChatParams, "text">;

export function activate(
  context: ExtensionContext,
  server: Server,
  log: LogOutputChannel,
  conversations: Conversations,
  turns: Turns,
): void {
  context.subscriptions.push(
    commands.registerCommand("farthing.instruct", async () => {
      const editor = window.activeTextEditor;
      if (!editor || !SCHEMES.has(editor.document.uri.scheme)) {
        void window.showInformationMessage("Open a file first: an instruction is about its lines.");
        return;
      }
      const where = whereOf(editor, conversations);
      const text = await ask(titleOf(editor), where, context.workspaceState, server, log);
      if (text !== undefined) {
        await turns.send({ ...where, text });
      }
    }),
  );
}

function whereOf({ document, selection }: TextEditor, conversations: Conversations): Where {
  const uri = document.uri.toString();
  const { start, end } = selection;
  return {
    conversation: conversations.of(uri),
    task: "edit",
    uri,
    range: {
      start: { line: start.line, character: start.character },
      end: { line: end.line, character: end.character },
    },
  };
}

function titleOf({ document, selection }: TextEditor): string {
  const name = workspace.asRelativePath(document.uri).split("/").at(-1) ?? "";
  const { start, end, isEmpty } = selection;
  // A selection of whole lines ends at the beginning of the next one.
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return targetText({ name, first: start.line, last, selected: !isEmpty });
}

/** Undefined when the user gave it up. Earlier instructions are a key away. */
function ask(
  title: string,
  where: Where,
  memory: Memento,
  server: Server,
  log: LogOutputChannel,
): Promise<string | undefined> {
  const history = memory.get<readonly string[]>(HISTORY, []);
  const input = window.createQuickPick<Choice>();
  input.title = title;
  input.placeholder = "What is to be done? Enter sends it; arrow down for earlier instructions";
  const offer = (): void => {
    input.items = itemsOf(input.value.trim(), history);
    if (input.value.trim() === "") {
      input.activeItems = [];
    }
  };
  const preview = previewer(input, title, where, server, log);
  offer();
  return new Promise((resolve) => {
    input.onDidChangeValue(() => {
      offer();
      preview.wait();
    });
    input.onDidAccept(() => {
      const text = answerOf(input);
      if (text !== "") {
        void memory.update(HISTORY, remember(history, text));
        resolve(text);
        input.hide();
      }
    });
    input.onDidHide(() => {
      resolve(undefined);
      preview.end();
      input.dispose();
    });
    preview.begin();
  });
}

/** A quick Enter comes before the list has caught up: what was typed is asked of the input, not of the list. */
function answerOf({ activeItems: [chosen], value }: QuickPick<Choice>): string {
  return chosen?.earlier === true ? chosen.label : value.trim();
}

function itemsOf(typed: string, history: readonly string[]): Choice[] {
  const item = (label: string, description: string, earlier: boolean): Choice => {
    return { label, description, earlier, alwaysShow: true };
  };
  const earlier = suggestions(history, typed).map((label) => item(label, "earlier", true));
  return typed === "" ? earlier : [item(typed, "send", false), ...earlier];
}

/** Adds to the title where the instruction would go and with what, once the user pauses. */
function previewer(
  input: QuickPick<Choice>,
  title: string,
  where: Where,
  server: Server,
  log: LogOutputChannel,
): { begin(): void; wait(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let shown = true;
  const show = async (text: string): Promise<void> => {
    try {
      const receipt = await server.client?.previewContext({ ...where, text });
      // Where it was closed meanwhile there is no title any more.
      if (receipt && shown && text === input.value.trim()) {
        input.title = `${title} · ${receiptText(receipt)}`;
      }
    } catch (error) {
      log.info(`No preview of the context: ${String(error)}`); // it is only nice to have
    }
  };
  return {
    // Before anything is typed: what it would be about can be read meanwhile.
    begin: () => {
      input.show();
      void show("");
    },
    wait: () => {
      clearTimeout(timer);
      const text = input.value.trim();
      timer = text === "" ? undefined : setTimeout(() => void show(text), PAUSE);
    },
    end: () => {
      shown = false;
      clearTimeout(timer);
    },
  };
}
