/** What of the language client and of the server is logged rather than shown. */
import { createInterface } from "node:readline";
import type { LogOutputChannel } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

/** A client that logs and leaves it to us to tell the user: its own messages speak of connections and codes. */
export class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The server logs on stderr, whatever the level. */
export function forwardLog(input: NodeJS.ReadableStream, log: LogOutputChannel): void {
  createInterface({ input, crlfDelay: Infinity }).on("line", (line) => {
    log.info(line);
  });
}
