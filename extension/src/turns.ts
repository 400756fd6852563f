/** Instructions under way: what they do now, in the status bar and in the file, and what became of them. */
import { randomUUID } from "node:crypto";
import {
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  StatusBarAlignment,
  type StatusBarItem,
  commands,
  window,
} from "vscode";

import { Questions } from "./asking";
import type { ChatTurn, SendChatParams } from "./chatProtocol";
import { type Action, againWith, choicesOf } from "./choices";
import { SET_KEY_COMMAND } from "./cloudProtocol";
import { messageOf } from "./commandTurns";
import { Page } from "./page";
import type { Server } from "./server";
import { detailsText, isRunning, outcome, progressText } from "./turnText";
import { withClient } from "./withClient";

/** What conversations of code actions are called. */
const COMMAND = "command-";

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
  private readonly item: StatusBarItem;
  /** By conversation: each has one turn at a time. */
  private readonly running = new Map<string, Running>();
  /** By conversation: what was sent by code actions. */
  private readonly actions = new Map<string, SendChatParams>();
  private readonly details = new Page("farthing-turn", "Instruction");
  private readonly questions = new Questions();
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
      this.details,
      this.questions,
      server.chat.onDidChangeTurn((turn) => {
        this.changed(turn);
      }),
      server.chat.onDidEnd(() => {
        this.running.clear();
        this.actions.clear();
        this.questions.closeAll();
        this.show();
      }),
      commands.registerCommand("farthing.stopEdit", (which?: { conversation: string }) => this.stop(which)),
    ];
    server.onWillRun = (command, args) => this.willRun(command, args);
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
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }

  /** A code action is in a conversation of ours, so that what it asks can be answered. */
  private willRun(command: string, args: unknown[]): unknown[] {
    const message = messageOf(command, args, `${COMMAND}${randomUUID()}`);
    if (!message?.conversation.startsWith(COMMAND)) {
      return args;
    }
    const { conversation } = message;
    this.actions.set(conversation, message);
    return [{ ...(args[0] as object), conversation }, ...args.slice(1)];
  }

  private changed(turn: ChatTurn): void {
    if (turn.state !== "asking") {
      this.questions.close(turn.conversation);
    }
    const running = this.running.get(turn.conversation);
    if (isRunning(turn)) {
      this.running.set(turn.conversation, { params: running?.params, taken: true, turn });
      this.show();
      return;
    }
    this.running.delete(turn.conversation);
    this.show();
    const params = running?.params ?? this.actions.get(turn.conversation);
    if (params) {
      void this.settle(turn, params);
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

  private async settle(turn: ChatTurn, params: SendChatParams): Promise<void> {
    await (turn.state === "asking" ? this.ask(turn, params) : this.tell(turn, params));
    const { conversation } = turn;
    if (this.actions.has(conversation) && !this.running.has(conversation)) {
      this.actions.delete(conversation); // nothing more comes of this code action
      await withClient(this.server, this.log, (client) => client.closeConversation(conversation));
    }
  }

  private async ask(turn: ChatTurn, params: SendChatParams): Promise<void> {
    const action = await this.questions.ask(turn);
    if (action === undefined) {
      return;
    }
    await this.choose(turn, params, action);
    if (action === "show") {
      await this.ask(turn, params);
    }
  }

  private async choose(turn: ChatTurn, params: SendChatParams, action: Action): Promise<void> {
    const again = againWith(params, turn, action);
    await (action === "show" ? commands.executeCommand("farthing.showRequest", again) : this.send(again));
  }

  /** One quiet message, and only where the file doesn't say it all. */
  private async tell(turn: ChatTurn, params: SendChatParams): Promise<void> {
    if (turn.task === "explain" && turn.state === "done") {
      await this.details.show(detailsText(turn));
      return;
    }
    const message = outcome(turn);
    if (message === undefined) {
      return;
    }
    this.log.info(`${turn.instruction}: ${message}`);
    const note = turn.escalationNote === "" ? "" : `. ${turn.escalationNote}`;
    const say = turn.state === "failed" ? window.showErrorMessage : window.showInformationMessage;
    const [details, repair, setKey] = ["Show Details", "Let It Try Again", "Set API Key…"];
    const offered = choicesOf(turn);
    const choice = await say(
      `Farthing: ${message}${note}`,
      details,
      ...(turn.repair === "" ? [] : [repair]),
      ...(turn.fix.includes(SET_KEY_COMMAND) ? [setKey] : []),
      ...offered.map(({ label }) => label),
    );
    const action = offered.find(({ label }) => label === choice)?.action;
    if (choice === details) {
      await this.details.show(detailsText(turn));
    } else if (choice === repair) {
      await this.send({ ...params, task: "edit", text: turn.repair });
    } else if (choice === setKey) {
      await commands.executeCommand("farthing.setKey");
    } else if (action) {
      await this.choose(turn, params, action);
      if (action === "show") {
        await this.tell(turn, params);
      }
    }
  }
}

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): Turns {
  const turns = new Turns(server, log);
  context.subscriptions.push(turns);
  return turns;
}
