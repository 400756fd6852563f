/** The composition root: everything is made and joined here, and nothing waits for the server. */
import { type ExtensionContext, commands, window, workspace } from "vscode";

import * as chat from "./chat";
import { createConversations } from "./conversations";
import { createInlineCompletion } from "./inlineCompletion";
import * as languageModel from "./languageModel";
import { Launcher } from "./launcher";
import * as ledger from "./ledger";
import * as menu from "./menu";
import * as models from "./models";
import * as participant from "./participant";
import { Server } from "./server";
import * as statusBar from "./statusBar";
import * as toggle from "./toggle";

let server: Server | undefined;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Farthing", { log: true });
  const inlineCompletion = createInlineCompletion();
  const started = new Server(new Launcher(context, log), log, inlineCompletion);
  server = started;
  context.subscriptions.push(
    log,
    inlineCompletion,
    started,
    commands.registerCommand("farthing.showLog", () => {
      log.show();
    }),
    commands.registerCommand("farthing.installServer", () => started.install()),
    commands.registerCommand("farthing.restartServer", () => started.restart()),
    commands.registerCommand("farthing.restartEngine", () => started.restartEngine()),
    workspace.onDidGrantWorkspaceTrust(() => started.start()),
  );
  statusBar.activate(context, started);
  menu.activate(context, started);
  models.activate(context, started, log);
  ledger.activate(context, started, log);
  toggle.activate(context);
  chat.activate(context, started, log, createConversations());
  participant.activate(context, started);
  languageModel.activate(context, started);
  void started.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
