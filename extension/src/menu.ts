/** The menu behind the status bar item. */
import { type ExtensionContext, commands, window, workspace } from "vscode";

import { menuItems } from "./menuItems";
import type { Server } from "./server";
import { completionEnabled, disabledLanguages } from "./settings";
import { statisticsText, statusText } from "./statusText";
import { activeLanguage } from "./toggle";

export function activate(context: ExtensionContext, server: Server): void {
  context.subscriptions.push(
    commands.registerCommand("farthing.openMenu", () => openMenu(server)),
    commands.registerCommand("farthing.openWalkthrough", () =>
      commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
    ),
  );
}

async function openMenu(server: Server): Promise<void> {
  const language = activeLanguage();
  const { heading, lines } = statusText(server.status);
  const statistics = await server.statistics();
  const chosen = await window.showQuickPick(
    menuItems({
      trusted: workspace.isTrusted,
      serverRuns: server.client !== undefined,
      state: server.status.state,
      enabled: completionEnabled(),
      language,
      languageEnabled: language === undefined || !disabledLanguages().includes(language),
    }),
    { title: heading, placeHolder: [...lines, ...statisticsText(statistics)].join(" · ") },
  );
  if (chosen) {
    await commands.executeCommand(chosen.command, ...(chosen.args ?? []));
  }
}
