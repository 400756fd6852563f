/** The conversation behind the chat view: sends, stops, keeps. It lives as long as the window, shown or not. */
import { randomUUID } from "node:crypto";
import { type Disposable, EventEmitter, type LogOutputChannel, type Memento, commands, env } from "vscode";

import { ChatContext } from "./chatContext";
import { problem } from "./chatDraft";
import {
  CHAT_TURN,
  type FromView,
  type Instruction,
  type TierChoice,
  type ToView,
  UNSENT,
  type Unsent,
  type ViewTurn,
} from "./chatMessages";
import * as places from "./chatPlaces";
import type { ChatTurn, ContextPin, SendChatParams } from "./chatProtocol";
import { Turns, isInReview, turnKey } from "./chatTurns";
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

  /** Takes what the user does in the view. */
  async take(message: FromView): Promise<void> {
    switch (message.type) {
      case "ready":
        if (this.unsent) {
          this.toView.fire({ ...this.unsent, type: "unsent" });
        }
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
      case "escalate":
        await this.again(message.type, message.turn);
        return;
      case "addContext":
      case "unpin":
      case "drop":
      case "restore":
        await this.context.take(message);
        return;
      default:
        await this.act(message);
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

  /** What the user does with things that are shown. */
  private async act(message: Extract<FromView, { type: "open" | "link" | "copy" | "decide" | "goTo" }>): Promise<void> {
    switch (message.type) {
      case "open":
        await this.open(message.path, message.startLine, message.endLine);
        break;
      case "link":
        await places.openLink(message.href);
        break;
      case "copy":
        await env.clipboard.writeText(message.text);
        break;
      case "decide": {
        const turn = this.turns.find(message.turn);
        const id = (turn?.live === true && turn.hunks[message.hunk]?.review) || "";
        await commands.executeCommand(`farthing.${message.action}Hunk`, { hunkIds: id === "" ? [] : [id] });
        break;
      }
      case "goTo":
        await this.goTo(message.turn, message.hunk);
        break;
    }
  }

  private async goTo(key: string, index: number): Promise<void> {
    const turn = this.turns.find(key);
    const hunk = turn?.hunks[index];
    if (hunk && turn.live && isInReview(turn.outcomes[index]?.outcome ?? "")) {
      await commands.executeCommand("farthing.openHunk", { hunkIds: [hunk.review] });
    } else if (hunk) {
      await this.open(hunk.path, hunk.startLine, hunk.startLine);
    }
  }

  private async open(path: string, startLine: number, endLine: number): Promise<void> {
    if (!(await places.openPlace(path, startLine, endLine))) {
      this.sayNotice(`There is no file ${path} in this workspace.`);
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

  /** A dearer model gets it, or the same one is told of tests that failed with its hunks. */
  private async again(type: "escalate" | "repair", key: string): Promise<void> {
    const turn = this.turns.find(key);
    if (!turn || turn[type === "repair" ? "repair" : "escalation"] === "" || this.turns.working || this.sending) {
      return;
    }
    const tier = turn.escalation as TierChoice;
    const asked =
      this.asked.get(key) ?? this.context.params(turn.conversation, { ...turn, tier: "", text: turn.instruction });
    await this.ask(type === "repair" ? { ...asked, task: "edit", text: turn.repair } : { ...asked, tier }, "");
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
      this.changed(this.turns.change(turn));
    } else {
      this.log.warn("A turn of a chat is not what was agreed on: are the server and the extension of one version?");
    }
  }

  private changed(turn: ViewTurn | undefined): void {
    if (turn) {
      this.toView.fire({ type: "turn", turn });
      // Not with each chunk of an answer, but early enough that a window that is closed meanwhile has the question.
      if (turn.state !== "writing") {
        this.keep();
      }
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
