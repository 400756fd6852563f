/** The other side: the extension. */
import type { FromView } from "../src/chatMessages";

declare function acquireVsCodeApi(): { postMessage(message: FromView): void };

const vscode = acquireVsCodeApi();

export function post(message: FromView): void {
  vscode.postMessage(message);
}
