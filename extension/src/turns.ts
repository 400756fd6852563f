/** Instructions under way: what they do now, in the status bar and in the file, and what became of them. */
import {
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  StatusBarAlignment,
  type StatusBarItem,
  Uri,
  commands,
  window,
  workspace,
} from "vscode";

import type { ChatTurn, SendChatParams } from "./chatProtocol";
import type { Server } from "./server";
import { detailsText, isRunning, outcome, progressText } from "./turnText";
import { withClient } from "./withClient";

/** What the server calls conversations of code actions. */
const COMMAND = "command-";

const DETAILS = Uri.from({ scheme: "farthing-turn", path: "/Instruction.md" });

/** An instruction whose first hunk is not there yet, and where it was given. */
interface Awaited {
  readonly line: number;
  readonly conversation: string;
  readonly text: string;
}

interface Running {
  /** Undefined for what was given elsewhere: it is shown and can be stopped here, but what became of it is told there. */
  readonly params: SendChatParams | undefined;
  /** The server has it. */
  readonly taken: boolean;
  /** What was told of it last. */
  readonly turn: ChatTurn | undefined;
}

export class Turns implements Disposable {
  private readonly emitter = new EventEmitter<void>();
  /** What runs changed. */
  readonly onDidChange = this.emitter.event;
  private readonly detailsEmitter = new EventEmitter<Uri>();
  private readonly item: StatusBarItem;
  /** By conversation: each has one turn at a time. */
  private readonly running = new Map<string, Running>();
  private details = "";
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {
    this.item = window.createStatusBarItem("edit", StatusBarAlignment.Right, 101);
    this.item.name = "Farthing: Edit";
    this.item.command = "farthing.stopEdit";
    this.subscriptions = [
      this.item,
      server.chat.onDidChangeTurn((turn) => {
        this.changed(turn);
      }),
      server.chat.onDidEnd(() => {
        this.running.clear();
        this.show();
      }),
      commands.registerCommand("farthing.stopEdit", (which?: { conversation: string }) => this.stop(which)),
      workspace.registerTextDocumentContentProvider(DETAILS.scheme, {
        onDidChange: this.detailsEmitter.event,
        provideTextDocumentContent: () => this.details,
      }),
    ];
  }

  /** Sends an instruction and follows it; what fails is told to the user. */
  async send(params: SendChatParams): Promise<void> {
    this.running.set(params.conversation, { params, taken: false, turn: undefined });
    this.show();
    await withClient(this.server, this.log, async (client) => {
      await client.sendChat(params);
      const running = this.running.get(params.conversation);
      if (running) {
        this.running.set(params.conversation, { ...running, taken: true });
      }
    });
    if (this.running.get(params.conversation)?.taken === false) {
      this.running.delete(params.conversation);
      this.show();
    }
  }

  /** Those that were given in a document and have not written anything there yet. */
  inFile(uri: string): readonly Awaited[] {
    const found: Awaited[] = [];
    for (const [conversation, { params, turn }] of this.running) {
      if (params?.uri === uri && turn?.state !== "writing") {
        const text = turn ? progressText(turn) : "Farthing waits for the model";
        found.push({ conversation, line: params.range?.start.line ?? 0, text });
      }
    }
    return found;
  }

  dispose(): void {
    this.emitter.dispose();
    this.detailsEmitter.dispose();
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }

  private changed(turn: ChatTurn): void {
    const running = this.running.get(turn.conversation);
    if (isRunning(turn)) {
      this.running.set(turn.conversation, { params: running?.params, taken: true, turn });
      this.show();
      return;
    }
    this.running.delete(turn.conversation);
    this.show();
    if (running?.params || turn.conversation.startsWith(COMMAND)) {
      void this.tell(turn, running?.params);
    }
  }

  private show(): void {
    const texts = [...this.running.values()].map(({ turn }) => (turn ? progressText(turn) : "Farthing waits"));
    const [first] = texts;
    if (first === undefined) {
      this.item.hide();
    } else {
      const text = texts.length === 1 ? first : `${first} and ${texts.length - 1} more`;
      this.item.text = `$(loading~spin) ${text}`;
      this.item.tooltip = "Click to stop; what was written so far stays for review";
      this.item.accessibilityInformation = { label: `${text}: activate to stop`, role: "button" };
      this.item.show();
    }
    void commands.executeCommand("setContext", "farthing.editRunning", first !== undefined);
    this.emitter.fire();
  }

  private async stop(which: { conversation: string } | undefined): Promise<void> {
    const conversations = which ? [which.conversation] : [...this.running.keys()];
    await withClient(this.server, this.log, (client) =>
      Promise.all(conversations.map((conversation) => client.stopChat(conversation))),
    );
  }

  /** One quiet message, and only where the file doesn't say it all. */
  private async tell(turn: ChatTurn, params: SendChatParams | undefined): Promise<void> {
    if (turn.task === "explain" && turn.state === "done") {
      await this.showDetails(turn);
      return;
    }
    const message = outcome(turn);
    if (message === undefined) {
      return;
    }
    this.log.info(`${turn.instruction}: ${message}`);
    const details = "Show Details";
    const repair = turn.repair === "" || !params ? [] : ["Let It Try Again"];
    const escalate = turn.escalation === "" || !params ? [] : [`Try ${turn.escalation}`];
    const note = turn.escalationNote === "" ? "" : `. ${turn.escalationNote}`;
    const say = turn.state === "failed" ? window.showErrorMessage : window.showInformationMessage;
    const choice = await say(`Farthing: ${message}${note}`, details, ...repair, ...escalate);
    if (choice === details) {
      await this.showDetails(turn);
    } else if (params && choice !== undefined && choice === repair[0]) {
      await this.send({ ...params, task: "edit", text: turn.repair });
    } else if (params && choice !== undefined) {
      await this.send({ ...params, tier: turn.escalation });
    }
  }

  private async showDetails(turn: ChatTurn): Promise<void> {
    this.details = detailsText(turn);
    this.detailsEmitter.fire(DETAILS);
    await commands.executeCommand("markdown.showPreview", DETAILS);
  }
}

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): Turns {
  const turns = new Turns(server, log);
  context.subscriptions.push(turns);
  return turns;
}
