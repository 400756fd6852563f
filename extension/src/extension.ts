/** The composition root: everything is made and joined here, and nothing waits for the server. */
import { type ExtensionContext, type LogOutputChannel, commands, window, workspace } from "vscode";

import * as chat from "./chat";
import { createConversations } from "./conversations";
import { createInlineCompletion } from "./inlineCompletion";
import * as instruct from "./instruct";
import * as keys from "./keys";
import * as languageModel from "./languageModel";
import { Launcher } from "./launcher";
import * as ledger from "./ledger";
import * as menu from "./menu";
import * as models from "./models";
import * as participant from "./participant";
import * as review from "./review";
import * as reviewDiff from "./reviewDiff";
import * as reviewLenses from "./reviewLenses";
import * as reviewMarks from "./reviewMarks";
import * as reviewThreads from "./reviewThreads";
import * as reviewTree from "./reviewTree";
import { Server } from "./server";
import * as statusBar from "./statusBar";
import * as toggle from "./toggle";
import * as turns from "./turns";

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
  keys.activate(context, started, log);
  toggle.activate(context);
  activateEditing(context, started, log);
  participant.activate(context, started);
  languageModel.activate(context, started);
  void started.start();
}

/** Instructions in files and the review of what comes of them. */
function activateEditing(context: ExtensionContext, started: Server, log: LogOutputChannel): void {
  const conversations = createConversations();
  const given = turns.activate(context, started, log);
  instruct.activate(context, started, log, conversations, given);
  chat.activate(context, started, log, conversations);
  const state = review.activate(context, started, log);
  reviewMarks.activate(context, state);
  reviewThreads.activate(context, state);
  reviewLenses.activate(context, state, given);
  reviewTree.activate(context, state);
  reviewDiff.activate(context, state, started, log);
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
