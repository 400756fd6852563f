/** Tells where the user is, once the cursor has stood still for a moment. */
import { Disposable, type TextEditor, window } from "vscode";

/** Milliseconds: longer than between two keystrokes of somebody who types or moves about. */
const STILL = 200;

/** As `TextDocumentPositionParams` of the Language Server Protocol. */
export interface CursorPlace {
  readonly textDocument: { readonly uri: string };
  readonly position: { readonly line: number; readonly character: number };
}

export function watchCursor(report: (place: CursorPlace) => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const wait = (editor: TextEditor | undefined): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (editor && editor === window.activeTextEditor) {
        const { line, character } = editor.selection.active;
        report({ textDocument: { uri: editor.document.uri.toString() }, position: { line, character } });
      }
    }, STILL);
  };
  return Disposable.from(
    window.onDidChangeTextEditorSelection((event) => {
      wait(event.textEditor);
    }),
    window.onDidChangeActiveTextEditor(wait),
    new Disposable(() => {
      clearTimeout(timer);
    }),
  );
}
