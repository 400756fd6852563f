/** `@farthing` in the editor's own chat: the same conversation, shown by the editor. */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";

import { readInstruction } from "./chatDraft";
import { currentPlace, pinOf } from "./chatPlaces";
import type { ContextPin, ReceiptItem, SendChatParams, Task, TurnHunk } from "./chatProtocol";
import { Flow, runChat } from "./chatRun";
import { accountText, hunkText } from "./participantText";
import type { Server } from "./server";

const ID = "farthing.participant";
const HUNK_COMMANDS = [
  ["farthing.acceptHunk", "Accept"],
  ["farthing.rejectHunk", "Reject"],
  ["farthing.openHunk", "Go to"],
] as const;

/** Kept by the editor with each answer: which conversation a chat is. */
interface Metadata {
  readonly conversation: string;
}

export function activate(context: vscode.ExtensionContext, server: Server): void {
  // Editors made from VS Code may lack it.
  const { chat } = vscode as { chat?: typeof vscode.chat };
  if (typeof chat?.createChatParticipant !== "function") {
    return;
  }
  const participant = chat.createChatParticipant(ID, (request, { history }, stream, token) =>
    answer(server, request, conversationOf(history), stream, token),
  );
  participant.iconPath = vscode.Uri.joinPath(context.extensionUri, "media", "icon.png");
  context.subscriptions.push(participant);
}

/** The one of the answers before, or a new one. */
function conversationOf(history: vscode.ChatContext["history"]): string {
  const known = history.flatMap((turn) =>
    turn instanceof vscode.ChatResponseTurn
      ? [(turn.result.metadata as Partial<Metadata> | undefined)?.conversation]
      : [],
  );
  const last = known.at(-1);
  return typeof last === "string" ? last : `participant ${randomUUID()}`;
}

async function answer(
  server: Server,
  request: vscode.ChatRequest,
  conversation: string,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const metadata: Metadata = { conversation };
  const { client } = server;
  if (client === undefined) {
    return { metadata, errorDetails: { message: `${server.status.detail}. ${server.status.fix}` } };
  }
  try {
    const turn = await runChat(client, server.chat, paramsOf(request, conversation), token, listener(stream));
    turn.hunks.forEach((hunk) => {
      showHunk(stream, hunk);
    });
    stream.markdown(accountText(turn));
    const message = [turn.detail, turn.fix].filter((line) => line !== "").join(". ");
    return turn.state === "failed" ? { metadata, errorDetails: { message } } : { metadata };
  } catch (error) {
    return { metadata, errorDetails: { message: error instanceof Error ? error.message : String(error) } };
  }
}

function paramsOf(request: vscode.ChatRequest, conversation: string): SendChatParams {
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
