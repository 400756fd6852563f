/** The conversation behind the chat view: sends, stops, keeps. It lives as long as the window, shown or not. */
import { randomUUID } from "node:crypto";
import { type Disposable, EventEmitter, type LogOutputChannel, type Memento, commands, window } from "vscode";

import { ChatActs } from "./chatActs";
import { ChatContext } from "./chatContext";
import { problem } from "./chatDraft";
import {
  CHAT_TURN,
  type FromView,
  type Instruction,
  type ToView,
  UNSENT,
  type Unsent,
  type ViewTurn,
} from "./chatMessages";
import type { ChatTurn, ContextPin, SendChatParams } from "./chatProtocol";
import { Turns, turnKey } from "./chatTurns";
import { type Action, againWith, choicesOf } from "./choices";
import type { Conversations } from "./conversations";
import type { Server } from "./server";
import { withClient } from "./withClient";

const STORED = "farthing.chat.turns";
const STORED_UNSENT = "farthing.chat.unsent";

export class ChatSession implements Disposable {
  private readonly toView = new EventEmitter<ToView>();
  /** What the view is to be told. */
  readonly onDidSay = this.toView.event;
  private readonly turns = new Turns(newConversation());
  private readonly context: ChatContext;
  private readonly acts = new ChatActs(this.turns, (why) => {
    this.sayNotice(why);
  });
  /** What each turn was asked with, for asking again. */
  private readonly asked = new Map<string, SendChatParams>();
  private readonly subscriptions: readonly { dispose(): unknown }[];
  private unsent: Unsent | undefined;
  private shown = false;
  /** A message is on its way to the server, which has not said which turn it is. */
  private sending = false;

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
    private readonly store: Memento,
    private readonly conversations: Conversations,
  ) {
    this.context = new ChatContext(server, this.toView);
    this.turns.restore(store.get(STORED));
    const unsent = store.get(STORED_UNSENT);
    this.unsent = UNSENT(unsent) ? unsent : undefined;
    const { chat } = server;
    this.subscriptions = [
      this.toView,
      server.onDidChangeStatus(() => {
        this.sayNotice();
      }),
      chat.onDidChangeTurn((turn) => {
        this.taken(turn);
      }),
      chat.onDidGrowText((growth) => {
        const key = this.turns.grow(growth);
        if (key !== undefined) {
          this.toView.fire({ type: "text", key, text: growth.text });
        }
      }),
      chat.onDidEnd(() => {
        this.turns.end(newConversation());
        this.asked.clear();
        this.joinFiles();
        this.sayAll();
        this.keep();
      }),
      chat.onDidChangeReview((review) => {
        this.turns.reviewed(review).forEach((turn) => {
          this.changed(turn);
        });
      }),
    ];
  }

  dispose(): void {
    this.keep();
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }

  /** While the view is shown, what is asked in files is a part of its conversation. */
  show(shown: boolean): void {
    this.shown = shown;
    this.joinFiles();
    this.sayDraft();
  }

  /** What is open in the editor has changed. */
  sayDraft(): void {
    if (this.shown) {
      this.context.say();
    }
  }

  focus(): void {
    this.toView.fire({ type: "focus" });
  }

  pin(pin: ContextPin): void {
    this.context.pin(pin);
  }

  /** What a message would be sent as; where it is left out, the one that is being written. */
  async showRequest(instruction: Instruction | undefined = this.unsent): Promise<void> {
    const wrong = instruction ? problem(instruction) : "Say in the chat what is to be done first.";
    if (!instruction || wrong !== undefined) {
      void window.showInformationMessage(`Farthing: ${wrong ?? ""}`);
      return;
    }
    await commands.executeCommand("farthing.showRequest", this.context.params(this.turns.current, instruction));
  }

  /** Takes what the user does in the view. */
  async take(message: FromView): Promise<void> {
    switch (message.type) {
      case "ready":
        this.sayUnsent();
        this.sayAll();
        return;
      case "unsent":
        this.keepUnsent(message);
        return;
      case "send":
        await this.send(message);
        return;
      case "preview":
        await this.context.preview(message.request, this.context.params(this.turns.current, message));
        return;
      case "stop":
        await withClient(this.server, this.log, (client) => client.stopChat(this.turns.current));
        return;
      case "newConversation":
        await this.begin();
        return;
      case "repair":
        await this.repair(message.turn);
        return;
      case "choose":
        await this.choose(message.turn, message.action);
        return;
      case "addContext":
      case "unpin":
      case "drop":
      case "restore":
        await this.context.take(message);
        return;
      case "showRequest":
        await this.showRequest(message);
        return;
      default:
        await this.acts.take(message);
    }
  }

  /** Begins a new conversation; hunks of the old one stay in their files for review. */
  async begin(): Promise<void> {
    const { current, list } = this.turns;
    this.turns.clear(newConversation());
    this.asked.clear();
    this.context.clear();
    this.joinFiles();
    this.sayAll();
    this.keep();
    if (list.some(({ live }) => live)) {
      await withClient(this.server, this.log, (client) => client.closeConversation(current));
    }
  }

  private async send(instruction: Instruction): Promise<void> {
    const wrong = problem(instruction);
    if (wrong !== undefined || this.turns.working || this.sending) {
      this.refuse(instruction.text, wrong ?? "One answer at a time: stop it, or wait for it.");
      return;
    }
    await this.ask(this.context.params(this.turns.current, instruction), instruction.text);
  }

  /** The model is told of tests that failed with its hunks. */
  private async repair(key: string): Promise<void> {
    const { turn, params } = this.whatWasAsked(key) ?? {};
    if (turn && params && turn.repair !== "" && !this.turns.working && !this.sending) {
      await this.ask({ ...params, task: "edit", text: turn.repair }, "");
    }
  }

  /** Another tier gets it, or what it would get is shown. */
  private async choose(key: string, action: Action): Promise<void> {
    const { turn, params } = this.whatWasAsked(key) ?? {};
    if (!turn || !params || !choicesOf(turn).some((choice) => choice.action === action)) {
      return;
    }
    const again = againWith(params, turn, action);
    if (action === "show") {
      await commands.executeCommand("farthing.showRequest", again);
    } else if (!this.turns.working && !this.sending) {
      await this.ask(again, "");
    }
  }

  private whatWasAsked(key: string): { readonly turn: ViewTurn; readonly params: SendChatParams } | undefined {
    const turn = this.turns.find(key);
    if (turn?.live !== true) {
      return undefined;
    }
    const { conversation, instruction: text } = turn;
    return { turn, params: this.asked.get(key) ?? this.context.params(conversation, { ...turn, tier: "", text }) };
  }

  /** `typed`: what goes back to the user when the server does not take it. */
  private async ask(params: SendChatParams, typed: string): Promise<void> {
    if (this.server.client === undefined) {
      this.refuse(typed, "");
      return;
    }
    this.sending = true;
    await withClient(this.server, this.log, async (client) => {
      try {
        const { turn } = await client.sendChat(params);
        this.asked.set(turnKey({ ...params, turn }), params);
        this.sayNotice();
      } catch (error) {
        this.refuse(typed, "");
        throw error;
      } finally {
        this.sending = false;
      }
    });
  }

  private refuse(typed: string, why: string): void {
    this.toView.fire({ type: "refused", text: typed });
    this.sayNotice(why);
  }

  private taken(turn: ChatTurn): void {
    if (CHAT_TURN(turn)) {
      this.turns.change(turn).forEach((changed) => {
        this.changed(changed);
      });
    } else {
      this.log.warn("A turn of a chat is not what was agreed on: are the server and the extension of one version?");
    }
  }

  private changed(turn: ViewTurn): void {
    this.toView.fire({ type: "turn", turn });
    // Not with each chunk of an answer, but early enough that a window that is closed meanwhile has the question.
    if (turn.state !== "writing") {
      this.keep();
    }
  }

  private sayUnsent(): void {
    if (this.unsent) {
      this.toView.fire({ ...this.unsent, type: "unsent" });
    }
  }

  private sayAll(): void {
    this.toView.fire({ type: "conversation", turns: this.turns.list });
    this.sayDraft();
    this.sayNotice();
  }

  private sayNotice(more = ""): void {
    const { client, status } = this.server;
    const wrong = client === undefined || status.state === "missing" || status.state === "error";
    const text = wrong ? [status.detail, status.fix].filter((line) => line !== "").join(". ") : more;
    this.toView.fire({ type: "notice", text });
  }

  private joinFiles(): void {
    this.conversations.join(this.shown ? this.turns.current : undefined);
  }

  private keepUnsent({ task, tier, text, sent }: Unsent): void {
    this.unsent = { task, tier, text, sent };
    void this.store.update(STORED_UNSENT, this.unsent); // VS Code itself waits before it writes to disk
  }

  private keep(): void {
    void this.store.update(STORED, this.turns.kept());
  }
}

function newConversation(): string {
  return `view ${randomUUID()}`;
}
