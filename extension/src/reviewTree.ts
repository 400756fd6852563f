/** The list of all changes that wait, by file. */
import {
  EventEmitter,
  type ExtensionContext,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  window,
} from "vscode";

import type { ReviewFile, ReviewHunk } from "./chatProtocol";
import type { ReviewState } from "./review";
import { counted, ids, isDecidable, isProposed, size, spoken, where } from "./reviewText";

/** A row; its buttons act on the hunks. */
interface Row {
  readonly file: ReviewFile;
  /** Undefined for the row of the file. */
  readonly hunk: ReviewHunk | undefined;
  readonly hunkIds: readonly string[];
  readonly uri: string;
}

const ICONS: Record<ReviewHunk["state"], ThemeIcon> = {
  writing: new ThemeIcon("loading~spin"),
  proposed: new ThemeIcon("diff-modified", new ThemeColor("gitDecoration.modifiedResourceForeground")),
  accepted: new ThemeIcon("pass", new ThemeColor("gitDecoration.addedResourceForeground")),
  stale: new ThemeIcon("warning", new ThemeColor("list.warningForeground")),
};

export function activate(context: ExtensionContext, state: ReviewState): void {
  const changed = new EventEmitter<void>();
  const provider: TreeDataProvider<Row> = {
    onDidChangeTreeData: changed.event,
    getChildren: (row) => (row ? rowsOf(row.file) : state.review.files.map(fileRow)),
    getTreeItem: (row) => (row.hunk ? hunkItem(row, row.hunk) : fileItem(row)),
  };
  const view = window.createTreeView("farthing.changes", { treeDataProvider: provider, showCollapseAll: false });
  context.subscriptions.push(
    changed,
    view,
    state.onDidChangeHunks(() => {
      changed.fire();
      const waiting = ids(state.review.files, isDecidable).length;
      view.badge =
        waiting === 0 ? undefined : { value: waiting, tooltip: `${counted(waiting, "change")} to decide on` };
    }),
  );
}

function fileRow(file: ReviewFile): Row {
  return { file, hunk: undefined, hunkIds: ids([file], isProposed), uri: file.uri };
}

function rowsOf(file: ReviewFile): Row[] {
  return file.hunks.map((hunk) => ({ file, hunk, hunkIds: [hunk.id], uri: file.uri }));
}

function fileItem({ file, hunkIds }: Row): TreeItem {
  const item = new TreeItem(Uri.parse(file.uri), TreeItemCollapsibleState.Expanded);
  item.id = file.uri;
  item.iconPath = ThemeIcon.File;
  item.description = [file.isNew ? "new" : "", folder(file.path)].filter((part) => part !== "").join(" · ");
  item.contextValue = hunkIds.length > 0 ? "file.proposed" : "file";
  item.accessibilityInformation = { label: `${file.path}, ${counted(file.hunks.length, "change")}` };
  return item;
}

function folder(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

function hunkItem({ file, hunkIds, uri }: Row, hunk: ReviewHunk): TreeItem {
  const item = new TreeItem(file.isNew ? "New file" : where(hunk));
  item.id = hunk.id;
  item.iconPath = ICONS[hunk.state];
  item.description = [size(hunk), hunk.note].filter((part) => part !== "").join(" · ");
  item.contextValue = `hunk.${hunk.state}`;
  item.accessibilityInformation = { label: spoken(hunk) };
  item.command = { title: "Show", command: "farthing.openHunk", arguments: [{ hunkIds, uri }] };
  return item;
}
