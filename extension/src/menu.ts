/** The menu behind the status bar item. */
import { type ExtensionContext, commands, window, workspace } from "vscode";

import { keyless } from "./keysText";
import { ledgerLines } from "./ledgerText";
import { menuItems } from "./menuItems";
import type { LedgerStatus } from "./protocol";
import type { Server } from "./server";
import { completionEnabled, disabledLanguages } from "./settings";
import { statisticsText, statusText } from "./statusText";
import { activeLanguage } from "./toggle";

export function activate(context: ExtensionContext, server: Server): void {
  context.subscriptions.push(
    commands.registerCommand("farthing.openMenu", (about: unknown) => openMenu(server, about === "cloud")),
    commands.registerCommand("farthing.openWalkthrough", () =>
      commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
    ),
  );
}

async function openMenu(server: Server, aboutCloud: boolean): Promise<void> {
  const language = activeLanguage();
  const { ledger } = server;
  const providers = await server.providers();
  const { title, placeHolder } = aboutCloud && ledger ? aboutSession(ledger) : await aboutCompletion(server);
  const chosen = await window.showQuickPick(
    menuItems({
      trusted: workspace.isTrusted,
      serverRuns: server.client !== undefined,
      state: server.status.state,
      enabled: completionEnabled(),
      language,
      languageEnabled: language === undefined || !disabledLanguages().includes(language),
      cloud: ledger?.shown !== true ? "none" : ledger.paused ? "paused" : "running",
      aboutCloud,
      providers: providers.map(({ name }) => name),
      keyless: keyless(providers),
    }),
    { title, placeHolder },
  );
  if (chosen) {
    await commands.executeCommand(chosen.command, ...(chosen.args ?? []));
  }
}

interface Head {
  readonly title: string;
  readonly placeHolder: string;
}

async function aboutCompletion(server: Server): Promise<Head> {
  const { heading, lines } = statusText(server.status);
  const statistics = await server.statistics();
  return { title: heading, placeHolder: [...lines, ...statisticsText(statistics)].join(" · ") };
}

function aboutSession(status: LedgerStatus): Head {
  return {
    title: `Farthing: Cloud Session of ${status.workspace}`,
    placeHolder: ledgerLines(status, { now: Date.now() }).slice(0, 2).join(" · "),
  };
}
