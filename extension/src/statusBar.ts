/** The status bar item: a view of the status and the way to the menu. */
import { type ExtensionContext, MarkdownString, StatusBarAlignment, ThemeColor, window } from "vscode";

import type { Status } from "./protocol";
import type { Server } from "./server";
import { statusText } from "./statusText";

export function activate(context: ExtensionContext, server: Server): void {
  const item = window.createStatusBarItem("status", StatusBarAlignment.Right, 100);
  item.name = "Farthing";
  item.command = "farthing.openMenu";
  const show = (status: Status): void => {
    const { text, accessible, heading, lines, isError } = statusText(status);
    item.text = text;
    item.accessibilityInformation = { label: accessible, role: "button" };
    item.tooltip = tooltip(heading, lines);
    item.backgroundColor = isError ? new ThemeColor("statusBarItem.errorBackground") : undefined;
  };
  show(server.status);
  item.show();
  context.subscriptions.push(item, server.onDidChangeStatus(show));
}

/** The lines are the server's, or name a file: they are shown as plain text, and nothing in them becomes a link. */
function tooltip(heading: string, lines: readonly string[]): MarkdownString {
  const markdown = new MarkdownString(`**${heading}**`);
  for (const line of lines) {
    markdown.appendMarkdown("\n\n").appendText(line);
  }
  return markdown;
}
