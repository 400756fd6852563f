/** The cloud session in the status bar, what can be done about it, and the question when its cap is reached. */
import {
  type ExtensionContext,
  type LogOutputChannel,
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  commands,
  window,
} from "vscode";

import {
  type Attention,
  CapWatch,
  capProblem,
  capQuestion,
  full,
  ledgerText,
  parseTokens,
  reportText,
} from "./ledgerText";
import { Page } from "./page";
import type { LedgerStatus } from "./protocol";
import type { Server } from "./server";
import { withClient } from "./withClient";

const COLOURS: Record<Attention, ThemeColor | undefined> = {
  none: undefined,
  warning: new ThemeColor("statusBarItem.warningBackground"),
  error: new ThemeColor("statusBarItem.errorBackground"),
};

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): void {
  const session = new Session(server, log);
  // An item of its own: it can be hidden by itself, and its colour is not mistaken for the engine's.
  const item = window.createStatusBarItem("ledger", StatusBarAlignment.Right, 99);
  item.name = "Farthing: Cloud Session";
  item.command = { title: "Open Menu", command: "farthing.openMenu", arguments: ["cloud"] };
  const watch = new CapWatch();
  context.subscriptions.push(
    item,
    session,
    commands.registerCommand("farthing.raiseCap", () => session.raiseCap()),
    commands.registerCommand("farthing.newSession", () => session.finish()),
    commands.registerCommand("farthing.toggleCloud", () => session.toggleCloud()),
    commands.registerCommand("farthing.openUsageReport", () => session.openReport()),
    server.onDidChangeLedger((status) => {
      const view = status && ledgerText(status, { now: Date.now() });
      if (view === undefined) {
        item.hide();
        return;
      }
      item.text = view.text;
      item.accessibilityInformation = { label: view.accessible, role: "button" };
      item.tooltip = new MarkdownString(view.tooltip);
      item.backgroundColor = COLOURS[view.attention];
      item.show();
      if (status && watch.reached(status)) {
        void session.askWhatNow(status);
      }
    }),
  );
}

class Session {
  private readonly report = new Page("farthing-usage", "Usage");

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {}

  dispose(): void {
    this.report.dispose();
  }

  async raiseCap(): Promise<void> {
    const { ledger } = this.server;
    if (ledger === undefined || ledger.workspace === "") {
      void window.showWarningMessage("A cloud session belongs to a folder: open one first.");
      return;
    }
    const { spent, cap, suggestedCap } = ledger;
    const answer = await window.showInputBox({
      title: "Farthing: Raise Cap",
      prompt: `Cloud tokens that this session may spend in all; ${full(spent)} of ${full(cap)} are spent`,
      value: full(suggestedCap),
      validateInput: (text) => capProblem(text, cap),
    });
    const tokens = parseTokens(answer ?? "");
    if (tokens !== undefined) {
      await withClient(this.server, this.log, (client) => client.raiseCap(tokens));
    }
  }

  async finish(): Promise<void> {
    await withClient(this.server, this.log, (client) => client.newSession());
  }

  async toggleCloud(): Promise<void> {
    const paused = this.server.ledger?.paused !== true;
    await withClient(this.server, this.log, (client) => client.pauseCloud(paused));
  }

  async openReport(): Promise<void> {
    await withClient(this.server, this.log, async (client) => {
      await this.report.show(reportText(await client.usageReport()));
    });
  }

  async askWhatNow(status: LedgerStatus): Promise<void> {
    const raise = "Raise Cap…";
    const finish = "Finish Session";
    const choice = await window.showWarningMessage(capQuestion(status), finish, raise, "Continue Locally");
    if (choice === raise) {
      await this.raiseCap();
    } else if (choice === finish) {
      await this.finish();
    }
  }
}
