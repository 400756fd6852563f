/** Work that needs a running server. */
import { type LogOutputChannel, commands, window } from "vscode";

import type { FarthingClient } from "./client";
import { SET_KEY_COMMAND } from "./cloudProtocol";
import type { Server } from "./server";

/** Its failures are the server's own one-line messages, and are shown. Never rejects. */
export async function withClient(
  server: Server,
  log: LogOutputChannel,
  work: (client: FarthingClient) => Promise<unknown>,
): Promise<void> {
  const { client } = server;
  if (client === undefined) {
    void window.showWarningMessage("Farthing's server is not running: the status bar says why.");
    return;
  }
  try {
    await work(client);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error(message);
    const [setKey, showLog] = ["Set API Key…", "Show Log"];
    const offered = message.includes(SET_KEY_COMMAND) ? [setKey, showLog] : [showLog];
    const choice = await window.showErrorMessage(`Farthing: ${message}`, ...offered);
    if (choice !== undefined) {
      await commands.executeCommand(choice === setKey ? "farthing.setKey" : "farthing.showLog");
    }
  }
}
