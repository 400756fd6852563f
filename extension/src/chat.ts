/** The chat view: a web view that shows a conversation, which itself lives in the extension. */
import { randomBytes } from "node:crypto";
import {
  type Disposable,
  type ExtensionContext,
  type LogOutputChannel,
  Uri,
  type WebviewView,
  type WebviewViewProvider,
  commands,
  window,
} from "vscode";

import { chatPage } from "./chatHtml";
import { isFromView } from "./chatMessages";
import { pinOfSelection } from "./chatPlaces";
import type { SendChatParams } from "./chatProtocol";
import { ChatSession } from "./chatSession";
import type { Conversations } from "./conversations";
import { Leaving } from "./leaving";
import type { Server } from "./server";

const VIEW = "farthing.chat";

export function activate(
  context: ExtensionContext,
  server: Server,
  log: LogOutputChannel,
  conversations: Conversations,
): void {
  const session = new ChatSession(server, log, context.workspaceState, conversations);
  const open = async (): Promise<void> => {
    await commands.executeCommand(`${VIEW}.focus`);
    session.focus();
  };
  const leaving = new Leaving(server, log);
  context.subscriptions.push(
    session,
    leaving,
    ...readers(leaving, session),
    window.registerWebviewViewProvider(VIEW, new ChatView(context.extensionUri, session, log)),
    window.onDidChangeActiveTextEditor(() => {
      session.sayDraft();
    }),
    window.onDidChangeTextEditorSelection(() => {
      session.sayDraft();
    }),
    commands.registerCommand("farthing.openChat", open),
    commands.registerCommand("farthing.newConversation", async () => {
      await session.begin();
      await open();
    }),
    commands.registerCommand("farthing.addToChat", async () => {
      const pin = pinOfSelection();
      if (pin) {
        session.pin(pin);
        await open();
      } else {
        void window.showWarningMessage("Only files of this workspace can be sent along.");
      }
    }),
  );
}

/** Ways to see what leaves this machine. */
function readers(leaving: Leaving, session: ChatSession): readonly Disposable[] {
  return [
    commands.registerCommand("farthing.showSent", () => leaving.showSent()),
    commands.registerCommand("farthing.showRequest", (params?: SendChatParams) =>
      params ? leaving.showRequest(params) : session.showRequest(),
    ),
  ];
}

class ChatView implements WebviewViewProvider {
  constructor(
    private readonly root: Uri,
    private readonly session: ChatSession,
    private readonly log: LogOutputChannel,
  ) {}

  resolveWebviewView(view: WebviewView): void {
    const { webview } = view;
    const home = Uri.joinPath(this.root, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [home] };
    const address = (name: string): string => webview.asWebviewUri(Uri.joinPath(home, name)).toString();
    const subscriptions = [
      this.session.onDidSay((message) => webview.postMessage(message)),
      webview.onDidReceiveMessage(async (message: unknown) => {
        if (isFromView(message)) {
          await this.session.take(message);
        } else {
          this.log.warn("The chat view said something that was not understood");
        }
      }),
      view.onDidChangeVisibility(() => {
        this.session.show(view.visible);
      }),
    ];
    view.onDidDispose(() => {
      this.session.show(false);
      subscriptions.forEach((subscription) => {
        subscription.dispose();
      });
    });
    webview.html = chatPage({
      source: webview.cspSource,
      script: address("chat.js"),
      style: address("chat.css"),
      nonce: randomBytes(16).toString("base64"),
    });
    this.session.show(view.visible);
  }
}
