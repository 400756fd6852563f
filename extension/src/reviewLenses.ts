/** The line above each hunk that says what it is and takes the answer, and one for the file at its top. */
import {
  CodeLens,
  type CodeLensProvider,
  EventEmitter,
  type ExtensionContext,
  Range,
  type TextDocument,
  languages,
} from "vscode";

import type { ReviewHunk } from "./chatProtocol";
import type { ReviewState } from "./review";
import { type Action, fileActions, hunkActions, lines } from "./reviewText";
import type { Turns } from "./turns";

const DOCUMENTS = [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }];

export function activate(context: ExtensionContext, state: ReviewState, turns: Turns): void {
  const changed = new EventEmitter<void>();
  const fire = (): void => {
    changed.fire();
  };
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => lenses(document, state, turns),
  };
  context.subscriptions.push(
    changed,
    state.onDidChangeHunks(fire),
    turns.onDidChange(fire),
    languages.registerCodeLensProvider(DOCUMENTS, provider),
  );
}

function lenses(document: TextDocument, state: ReviewState, turns: Turns): CodeLens[] {
  const file = state.file(document.uri);
  const hunks = file?.hunks.filter((hunk) => !state.isHidden(hunk)) ?? [];
  const top = file ? fileActions(file) : [];
  const under = turns.inFile(document.uri.toString()).map(({ line, conversation, text }) => {
    const action = {
      title: `$(loading~spin) ${text} · Stop`,
      command: "farthing.stopEdit",
      argument: { conversation },
    };
    return lens(Math.min(line, document.lineCount - 1), action);
  });
  return [
    ...top.map((action) => lens(0, action)),
    ...under,
    ...hunks.flatMap((hunk) => hunkActions(hunk).map((action) => lens(lineOf(hunk, document), action))),
  ];
}

function lineOf(hunk: ReviewHunk, document: TextDocument): number {
  return lines(hunk, document.lineCount)[0];
}

function lens(line: number, { title, command, argument }: Action): CodeLens {
  return new CodeLens(new Range(line, 0, line, 0), {
    title,
    command,
    ...(argument === undefined ? {} : { arguments: [argument] }),
  });
}
