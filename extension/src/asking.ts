/** Asks the user before anything is sent to a model that costs, where no view of ours does. */
import { CancellationTokenSource, type Disposable, type QuickPickItem, window } from "vscode";

import type { ChatTurn } from "./chatProtocol";
import { type Action, choicesOf, questionOf, sentence, whyAsked } from "./choices";

const ICONS: Readonly<Record<Action, string>> = { escalate: "cloud-upload", local: "home", show: "eye" };

interface Item extends QuickPickItem {
  readonly action: Action;
}

export class Questions implements Disposable {
  /** By conversation. */
  private readonly open = new Map<string, CancellationTokenSource>();

  /** Undefined where nothing is chosen, or the answer was given elsewhere. */
  async ask(turn: ChatTurn): Promise<Action | undefined> {
    this.close(turn.conversation);
    const source = new CancellationTokenSource();
    this.open.set(turn.conversation, source);
    const placeHolder = sentence(whyAsked(turn));
    const title = `Farthing: ${questionOf(turn)}`;
    // It stays while the user looks at what would be sent.
    const options = { title, placeHolder, ignoreFocusOut: true };
    return (await window.showQuickPick(itemsOf(turn), options, source.token))?.action;
  }

  /** It was answered, or there is nobody any more who waits for the answer. */
  close(conversation: string): void {
    this.open.get(conversation)?.cancel();
    this.open.get(conversation)?.dispose();
    this.open.delete(conversation);
  }

  closeAll(): void {
    [...this.open.keys()].forEach((conversation) => {
      this.close(conversation);
    });
  }

  dispose(): void {
    this.closeAll();
  }
}

/** What is free comes first: an Enter that was meant for the file costs nothing. */
function itemsOf(turn: ChatTurn): readonly Item[] {
  const details: Readonly<Record<Action, string>> = {
    escalate: sentence(turn.escalationNote),
    local: "Costs nothing, and nothing leaves this machine",
    show: "Word for word; nothing is sent by it",
  };
  return choicesOf(turn)
    .map(({ action, label }) => ({ action, label: `$(${ICONS[action]}) ${label}`, detail: details[action] }))
    .toSorted((one, other) => Number(other.action === "local") - Number(one.action === "local"));
}
