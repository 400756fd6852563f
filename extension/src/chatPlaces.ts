/** Places in the workspace: what is open in the editor, what the user picks, and how to get to one. */
import { FileType, Range, type TextEditor, Uri, commands, env, window, workspace } from "vscode";

import type { Place } from "./chatDraft";
import type { ContextPin } from "./chatProtocol";

const MANY_FILES = 5000;

/** What is selected in the editor that was used last. */
export function currentPlace(): Place | undefined {
  const editor = window.activeTextEditor;
  if (!editor || !["file", "untitled"].includes(editor.document.uri.scheme)) {
    return undefined;
  }
  const { start, end } = editor.selection;
  return {
    uri: editor.document.uri.toString(),
    range: { start: wire(start), end: wire(end) },
    label: label(editor),
  };
}

function label({ document, selection }: TextEditor): string {
  const path = workspace.asRelativePath(document.uri);
  if (selection.isEmpty) {
    return `${path}:${selection.active.line + 1}`;
  }
  const [first, last] = lines(selection);
  return first === last ? `${path}:${first}` : `${path}:${first}–${last}`;
}

/** From 1 and inclusive. A selection that ends at the beginning of a line does not hold that line. */
function lines({ start, end }: Range): readonly [number, number] {
  const last = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
  return [start.line + 1, last];
}

function wire({ line, character }: { readonly line: number; readonly character: number }): Place["range"]["start"] {
  return { line, character };
}

/** The lines that are selected, or the file where none are; undefined outside the workspace. */
export function pinOfSelection(): ContextPin | undefined {
  const editor = window.activeTextEditor;
  return editor && pinOf(editor.document.uri, editor.selection.isEmpty ? undefined : editor.selection);
}

/** Undefined outside the workspace. */
export function pinOf(uri: Uri, range?: Range): ContextPin | undefined {
  if (!workspace.getWorkspaceFolder(uri)) {
    return undefined;
  }
  const [startLine, endLine] = range ? lines(range) : [0, 0];
  return { path: workspace.asRelativePath(uri, false), startLine, endLine };
}

/** Lets the user choose the selection or a file; undefined when they choose none. */
export async function pickContext(): Promise<ContextPin | undefined> {
  const place = currentPlace();
  const selected = pinOfSelection();
  const files = await workspace.findFiles("**/*", undefined, MANY_FILES);
  const paths = files.map((uri) => workspace.asRelativePath(uri, false)).toSorted();
  const first = place && selected ? [{ label: `$(selection) ${place.label}`, pin: selected }] : [];
  const chosen = await window.showQuickPick(
    [...first, ...paths.map((path) => ({ label: path, pin: { path, startLine: 0, endLine: 0 } }))],
    { title: "Farthing: Add to Context", placeHolder: "Sent with every message of this conversation" },
  );
  return chosen?.pin;
}

/** Opens lines of a file of the workspace, counted from 1; false where there is no such file. */
export async function openPlace(path: string, startLine: number, endLine = startLine): Promise<boolean> {
  const uri = await inWorkspace(path);
  if (!uri) {
    return false;
  }
  const first = Math.max(startLine, 1) - 1;
  const last = Math.max(endLine, startLine, 1) - 1;
  // VS Code's own command also knows what is no text.
  await commands.executeCommand("vscode.open", uri, { selection: new Range(first, 0, last, 0) });
  return true;
}

/** The file that a relative path names; none outside the workspace, whatever the path says. */
async function inWorkspace(path: string): Promise<Uri | undefined> {
  for (const folder of workspace.workspaceFolders ?? []) {
    const uri = Uri.joinPath(folder.uri, path);
    // joinPath has resolved what is "..".
    if (uri.path.startsWith(`${folder.uri.path}/`) && (await isFile(uri))) {
      return uri;
    }
  }
  return undefined;
}

async function isFile(uri: Uri): Promise<boolean> {
  try {
    const { type } = await workspace.fs.stat(uri);
    return (type & FileType.File) !== 0;
  } catch {
    return false; // there is nothing
  }
}

/** A link that a model wrote. Files of the workspace are opened; anything else only after the user has seen where it goes. */
export async function openLink(href: string): Promise<void> {
  const file = /^([^#?]+?)(?:#L?(\d+)(?:-L?(\d+))?|:(\d+)(?:-(\d+))?)?$/.exec(href);
  const web = /^https?:\/\//i.test(href);
  if (!web && file) {
    const [, path = "", a, b, c, d] = file;
    if (await openPlace(decode(path), Number(a ?? c ?? 1), Number(b ?? d ?? a ?? c ?? 1))) {
      return;
    }
  }
  if (!web) {
    void window.showWarningMessage(`Farthing: there is no file ${href} in this workspace.`);
    return;
  }
  const open = "Open";
  const detail = `${href}\n\nA model wrote this link.`;
  if ((await window.showWarningMessage("Open this address in the browser?", { modal: true, detail }, open)) === open) {
    await env.openExternal(Uri.parse(href, true));
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a percent sign that is none of an escape
  }
}
