/**
 * The local model for the editor's own chat, in editors that take models from extensions. It answers as the chat view
 * does when it is asked: with what it finds in the workspace, on this machine, and without tools.
 */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";

import { Flow, runChat } from "./chatRun";
import { type Said, estimateTokens, questionOf } from "./modelMessages";
import type { Server } from "./server";

const VENDOR = "farthing";
const LIMITS = { maxInputTokens: 8_000, maxOutputTokens: 1_000 };

// Newer than the oldest editor that we run in, so its typings have none of this.
interface Model {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly tooltip: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly toolCalling: false; readonly imageInput: false };
}
interface Message {
  /** 1 is the user, 2 the assistant. */
  readonly role: number;
  readonly content: readonly unknown[];
}
interface Provider {
  readonly onDidChangeLanguageModelChatInformation: vscode.Event<void>;
  provideLanguageModelChatInformation(): readonly Model[];
  provideLanguageModelChatResponse(
    model: Model,
    messages: readonly Message[],
    options: unknown,
    progress: vscode.Progress<unknown>,
    token: vscode.CancellationToken,
  ): Promise<void>;
  provideTokenCount(model: Model, text: string | Message): Promise<number>;
}
interface Newer {
  readonly lm?: { registerLanguageModelChatProvider?(vendor: string, provider: Provider): vscode.Disposable };
  readonly LanguageModelTextPart?: new (text: string) => unknown;
}

export function activate(context: vscode.ExtensionContext, server: Server): void {
  const { lm, LanguageModelTextPart: TextPart } = vscode as unknown as Newer;
  if (!lm?.registerLanguageModelChatProvider || !TextPart) {
    return;
  }
  const changed = new vscode.EventEmitter<void>();
  context.subscriptions.push(
    changed,
    server.onDidChangeStatus(() => {
      changed.fire();
    }),
    lm.registerLanguageModelChatProvider(VENDOR, {
      onDidChangeLanguageModelChatInformation: changed.event,
      provideLanguageModelChatInformation: () => models(server),
      provideLanguageModelChatResponse: (_model, messages, _options, progress, token) =>
        respond(server, messages, token, (text) => {
          progress.report(new TextPart(text));
        }),
      provideTokenCount: (_model, text) =>
        Promise.resolve(estimateTokens(typeof text === "string" ? text : textOf(text))),
    }),
  );
}

function models({ client, status }: Server): readonly Model[] {
  if (client === undefined || status.state === "missing" || status.state === "error") {
    return [];
  }
  const tooltip = "Runs on this machine and answers with what Farthing finds in the workspace. It calls no tools.";
  const capabilities = { toolCalling: false, imageInput: false } as const;
  return [{ id: "local", name: "Farthing (local)", family: "local", version: "1", tooltip, ...LIMITS, capabilities }];
}

async function respond(
  { client, chat }: Server,
  messages: readonly Message[],
  token: vscode.CancellationToken,
  report: (text: string) => void,
): Promise<void> {
  if (client === undefined) {
    throw new Error("Farthing's server is not running: the status bar says why.");
  }
  const flow = new Flow();
  const conversation = `model ${randomUUID()}`;
  const params = { conversation, task: "ask", text: questionOf(messages.map(saidIn)), tier: "local" } as const;
  try {
    const turn = await runChat(client, chat, params, token, {
      text: (text) => {
        report(flow.more(text));
      },
      turn: ({ text, state }) => {
        report(flow.all(text, state === "done"));
      },
    });
    if (turn.state === "failed") {
      throw new Error([turn.detail, turn.fix].filter((line) => line !== "").join(". "));
    }
  } finally {
    await client.closeConversation(conversation);
  }
}

function saidIn(message: Message): Said {
  return { who: message.role === 2 ? "assistant" : "user", text: textOf(message) };
}

/** Parts that are no text are tools and pictures, which the model can't use. */
function textOf({ content }: Message): string {
  return content
    .map((part) => (part as { readonly value?: unknown } | null)?.value)
    .filter((value) => typeof value === "string")
    .join("");
}
