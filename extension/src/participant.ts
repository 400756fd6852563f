/** `@farthing` in the editor's own chat: the same conversation, shown by the editor. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";

import { readInstruction } from "./chatDraft";
import { currentPlace, pinOf } from "./chatPlaces";
import type { ChatTurn, ContextPin, ReceiptItem, SendChatParams, Task, TurnHunk } from "./chatProtocol";
import { Flow, runChat } from "./chatRun";
import { type Action, againWith, choicesOf } from "./choices";
import { accountText, hunkText, proposalText } from "./participantText";
import type { Server } from "./server";

const ID = "farthing.participant";
const HUNK_COMMANDS = [
  ["farthing.acceptHunk", "Accept"],
  ["farthing.rejectHunk", "Reject"],
  ["farthing.openHunk", "Go to"],
] as const;

/** What answers a proposal, in place of words of the user's: the editor shows them as commands of ours. */
const ANSWERS: Readonly<Record<string, Action>> = { send: "escalate", local: "local" };

/** Kept by the editor with each answer: which conversation a chat is, and what it waits for the user's word on. */
interface Metadata {
  readonly conversation: string;
  readonly proposed?: Proposed;
}

interface Proposed {
  readonly params: SendChatParams;
  readonly escalation: string;
}

export function activate(context: vscode.ExtensionContext, server: Server): void {
  // Editors made from VS Code may lack it.
  const { chat } = vscode as { chat?: typeof vscode.chat };
  if (typeof chat?.createChatParticipant !== "function") {
    return;
  }
  const participant = chat.createChatParticipant(ID, (request, { history }, stream, token) =>
    answer(server, request, lastOf(history), stream, token),
  );
  participant.iconPath = vscode.Uri.joinPath(context.extensionUri, "media", "icon.png");
  context.subscriptions.push(participant);
}

/** What is known of the last answer; a new conversation where there is none. */
function lastOf(history: vscode.ChatContext["history"]): Metadata {
  const known = history.flatMap((turn) =>
    turn instanceof vscode.ChatResponseTurn ? [turn.result.metadata as Partial<Metadata> | undefined] : [],
  );
  const { conversation = `participant ${randomUUID()}`, ...rest } = known.at(-1) ?? {};
  return { conversation, ...rest };
}

async function answer(
  server: Server,
  request: vscode.ChatRequest,
  last: Metadata,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const metadata: Metadata = { conversation: last.conversation };
  const { client } = server;
  if (client === undefined) {
    return { metadata, errorDetails: { message: `${server.status.detail}. ${server.status.fix}` } };
  }
  try {
    const params = paramsOf(request, last);
    if (params === undefined) {
      return { metadata, errorDetails: { message: "Nothing waits for your word: say what is to be done" } };
    }
    const turn = await runChat(client, server.chat, params, token, listener(stream));
    turn.hunks.forEach((hunk) => {
      showHunk(stream, hunk);
    });
    const { escalation } = turn;
    if (escalation !== "") {
      propose(stream, turn, params);
    }
    stream.markdown(accountText(turn));
    const message = [turn.detail, turn.fix].filter((line) => line !== "").join(". ");
    const known = escalation === "" ? metadata : { ...metadata, proposed: { params, escalation } };
    return turn.state === "failed" ? { metadata: known, errorDetails: { message } } : { metadata: known };
  } catch (error) {
    return { metadata, errorDetails: { message: error instanceof Error ? error.message : String(error) } };
  }
}

/** Undefined where it answers a proposal and there is none. */
function paramsOf(request: vscode.ChatRequest, { conversation, proposed }: Metadata): SendChatParams | undefined {
  const action = ANSWERS[request.command ?? ""];
  if (action) {
    return proposed && againWith(proposed.params, proposed, action);
  }
  const place = currentPlace();
  const task = (request.command as Task | undefined) ?? "auto";
  return {
    conversation,
    ...readInstruction({ task, text: request.prompt }),
    pins: request.references.flatMap(({ value }): ContextPin[] => {
      const pin =
        value instanceof vscode.Location
          ? pinOf(value.uri, value.range)
          : value instanceof vscode.Uri
            ? pinOf(value)
            : undefined;
      return pin ? [pin] : [];
    }),
    ...(place ? { uri: place.uri, range: place.range } : {}),
  };
}

function listener(stream: vscode.ChatResponseStream): Parameters<typeof runChat>[4] {
  const flow = new Flow();
  const shown = new Set<string>();
  return {
    text: (text) => {
      stream.markdown(flow.more(text));
    },
    turn: ({ state, detail, receipt, text }) => {
      for (const item of receipt.items.filter(({ key }) => !shown.has(key))) {
        shown.add(item.key);
        showReference(stream, item);
      }
      const ended = state === "done" || state === "stopped" || state === "failed";
      if (!ended && detail !== "") {
        stream.progress(detail);
      }
      const more = flow.all(text, ended);
      if (more !== "") {
        stream.markdown(more);
      }
    },
  };
}

/** Each button says it to the editor's chat, as the user could, so that the answer stands there. */
function propose(stream: vscode.ChatResponseStream, turn: ChatTurn, params: SendChatParams): void {
  stream.markdown(proposalText(turn));
  for (const { action, label } of choicesOf(turn)) {
    const [name] = Object.entries(ANSWERS).find(([, answered]) => answered === action) ?? [];
    stream.button(
      name === undefined
        ? { command: "farthing.showRequest", title: label, arguments: [againWith(params, turn, action)] }
        : { command: "workbench.action.chat.open", title: label, arguments: [{ query: `@farthing /${name}` }] },
    );
  }
}

function showReference(stream: vscode.ChatResponseStream, { path, startLine, endLine }: ReceiptItem): void {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const lines = new vscode.Range(Math.max(startLine - 1, 0), 0, Math.max(endLine - 1, 0), 0);
    stream.reference(startLine > 0 ? new vscode.Location(uri, lines) : uri);
  }
}

/**
 * Links rather than buttons: the editor folds away what stands before its buttons. Only these three commands can be
 * linked, and in this text nothing of what a model wrote is Markdown.
 */
function showHunk(stream: vscode.ChatResponseStream, hunk: TurnHunk): void {
  const text = new vscode.MarkdownString(hunkText(hunk));
  text.isTrusted = { enabledCommands: HUNK_COMMANDS.map(([command]) => command) };
  if (hunk.review !== "") {
    const argument = encodeURIComponent(JSON.stringify([{ hunkIds: [hunk.review] }]));
    const links = HUNK_COMMANDS.map(([command, title]) => `[${title}](command:${command}?${argument})`);
    text.appendMarkdown(`${links.join(" · ")}\n\n`);
  }
  stream.markdown(text);
}
