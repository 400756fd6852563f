/** Proposed texts beside those that there are: of one file, or of all in the multi-diff editor. */
import {
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type TextDocumentContentProvider,
  Uri,
  commands,
  window,
  workspace,
} from "vscode";

import type { ReviewFile } from "./chatProtocol";
import { PROPOSED, type ReviewState } from "./review";
import { isDecidable } from "./reviewText";
import type { Server } from "./server";

/** The document as it is, without what the review adds to it in its own editor. */
const CURRENT = "farthing-current";

export function activate(context: ExtensionContext, state: ReviewState, server: Server, log: LogOutputChannel): void {
  const changed = new EventEmitter<Uri>();
  const provider = (read: (uri: Uri) => Promise<string>): TextDocumentContentProvider => ({
    onDidChange: changed.event,
    provideTextDocumentContent: read,
  });
  context.subscriptions.push(
    changed,
    workspace.registerTextDocumentContentProvider(
      PROPOSED,
      provider((uri) => proposedText(uri, server, log)),
    ),
    workspace.registerTextDocumentContentProvider(
      CURRENT,
      provider((uri) => currentText(uri, state)),
    ),
    state.onDidChangeHunks(() => {
      // Open ones only: also those of files whose last hunk has just been decided on.
      for (const { uri } of workspace.textDocuments) {
        if (uri.scheme === PROPOSED || uri.scheme === CURRENT) {
          changed.fire(uri);
        }
      }
    }),
    commands.registerCommand("farthing.compareFile", (which?: { uri: string }) => compareFile(state, which)),
    commands.registerCommand("farthing.compareAll", () => compareAll(state)),
  );
}

/** The path stays, so that the editor knows the language and the name. */
function as(scheme: string, file: ReviewFile): Uri {
  const uri = Uri.parse(file.uri);
  return Uri.from({ scheme, path: uri.path, query: uri.toString() });
}

async function proposedText(uri: Uri, server: Server, log: LogOutputChannel): Promise<string> {
  try {
    return (await server.client?.proposedText(uri.query)) ?? "";
  } catch (error) {
    log.error(`No proposed text of ${uri.path}: ${String(error)}`);
    return "";
  }
}

async function currentText(uri: Uri, state: ReviewState): Promise<string> {
  const real = Uri.parse(uri.query);
  return state.file(real)?.isNew === true ? "" : (await workspace.openTextDocument(real)).getText();
}

async function compareFile(state: ReviewState, which: { uri: string } | undefined): Promise<void> {
  const uri = which ? Uri.parse(which.uri) : window.activeTextEditor?.document.uri;
  const file = uri && state.file(uri);
  if (!file) {
    void window.showInformationMessage("Farthing proposes no change of this file.");
    return;
  }
  const title = `${file.path.split("/").at(-1) ?? file.path} ↔ proposed by Farthing`;
  await commands.executeCommand("vscode.diff", as(CURRENT, file), as(PROPOSED, file), title);
}

async function compareAll(state: ReviewState): Promise<void> {
  const files = state.review.files.filter((file) => file.hunks.some(isDecidable));
  if (files.length === 0) {
    void window.showInformationMessage("Farthing proposes no changes.");
    return;
  }
  const resources = files.map((file) => [Uri.parse(file.uri), as(CURRENT, file), as(PROPOSED, file)]);
  await commands.executeCommand("vscode.changes", "Farthing: Proposed Changes", resources);
}
