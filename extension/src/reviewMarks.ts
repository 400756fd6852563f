/** Colours in the file: what a hunk removes, where it inserts, and what was accepted. The document stays as it is. */
import {
  type DecorationOptions,
  type ExtensionContext,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
} from "vscode";

import type { ReviewFile, ReviewHunk } from "./chatProtocol";
import type { ReviewState } from "./review";
import { beside, changedColumns, isDecidable, lines, singleLine } from "./reviewText";

type Kind = "removed" | "replaced" | "changed" | "beside" | "inserted" | "accepted" | "stale";

function types(): Record<Kind, TextEditorDecorationType> {
  const inserted = new ThemeColor("editorGutter.addedBackground");
  const left = { isWholeLine: true, borderStyle: "solid", borderWidth: "0 0 0 3px" };
  const ruler = { overviewRulerLane: OverviewRulerLane.Left };
  return {
    removed: window.createTextEditorDecorationType({
      ...ruler,
      isWholeLine: true,
      backgroundColor: new ThemeColor("diffEditor.removedLineBackground"),
      overviewRulerColor: new ThemeColor("editorOverviewRuler.modifiedForeground"),
    }),
    replaced: window.createTextEditorDecorationType({
      ...ruler,
      backgroundColor: new ThemeColor("diffEditor.removedLineBackground"),
      overviewRulerColor: new ThemeColor("editorOverviewRuler.modifiedForeground"),
    }),
    changed: window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor("diffEditor.removedTextBackground"),
    }),
    beside: window.createTextEditorDecorationType({}),
    inserted: window.createTextEditorDecorationType({
      ...ruler,
      isWholeLine: true,
      borderStyle: "solid",
      borderWidth: "2px 0 0 0",
      borderColor: inserted,
      overviewRulerColor: new ThemeColor("editorOverviewRuler.addedForeground"),
    }),
    accepted: window.createTextEditorDecorationType({ ...left, borderColor: inserted }),
    stale: window.createTextEditorDecorationType({
      ...left,
      ...ruler,
      borderStyle: "dashed",
      borderColor: new ThemeColor("editorWarning.foreground"),
      overviewRulerColor: new ThemeColor("editorOverviewRuler.warningForeground"),
    }),
  };
}

export function activate(context: ExtensionContext, state: ReviewState): void {
  const kinds = types();
  const showAll = (): void => {
    for (const editor of window.visibleTextEditors) {
      show(editor, state, kinds);
    }
  };
  context.subscriptions.push(
    ...Object.values(kinds),
    state.onDidChange(showAll),
    window.onDidChangeVisibleTextEditors(showAll),
  );
}

function show(editor: TextEditor, state: ReviewState, kinds: Record<Kind, TextEditorDecorationType>): void {
  const file = state.file(editor.document.uri);
  if (file && isBehind(file, editor.document)) {
    return; // the editor moves what it shows along with the text until the server has seen the change
  }
  const ranges: Record<Kind, DecorationOptions[]> = {
    removed: [],
    replaced: [],
    changed: [],
    beside: [],
    inserted: [],
    accepted: [],
    stale: [],
  };
  for (const hunk of file?.hunks ?? []) {
    if (hunk.state !== "accepted" || !state.isHidden(hunk)) {
      mark(hunk, editor.document, ranges);
    }
  }
  for (const kind of Object.keys(kinds) as Kind[]) {
    editor.setDecorations(kinds[kind], ranges[kind]);
  }
}

/** The lines are those of another text than the document has now. */
export function isBehind(file: ReviewFile, document: TextDocument): boolean {
  return file.version !== null && file.version !== document.version;
}

function mark(hunk: ReviewHunk, document: TextDocument, ranges: Record<Kind, DecorationOptions[]>): void {
  const [first, last] = lines(hunk, document.lineCount);
  const range = new Range(first, 0, last, document.lineAt(last).text.length);
  if (hunk.state === "accepted" || hunk.state === "stale") {
    if (hunk.startLine < hunk.endLine || hunk.state === "stale") {
      ranges[hunk.state].push({ range });
    }
  } else if (hunk.startLine === hunk.endLine) {
    ranges.inserted.push({ range: new Range(first, 0, first, 0) });
  } else {
    const text = beside(hunk);
    // Beside a line that is coloured up to the margin the new text would not be green.
    ranges[text === undefined ? "removed" : "replaced"].push({ range });
    const single = isDecidable(hunk) ? singleLine(hunk) : undefined;
    if (single) {
      const [start, end] = changedColumns(single.before, single.after);
      ranges.changed.push({ range: new Range(first, start, first, end) });
    }
    if (text !== undefined) {
      ranges.beside.push(newLine(text, range));
    }
  }
}

/** The line that would be there, behind the one that is. */
function newLine(text: string, range: Range): DecorationOptions {
  const after = {
    contentText: text,
    margin: "0 0 0 3ch",
    color: new ThemeColor("editor.foreground"),
    backgroundColor: new ThemeColor("diffEditor.insertedTextBackground"),
  };
  return { range: new Range(range.end, range.end), renderOptions: { after } };
}
