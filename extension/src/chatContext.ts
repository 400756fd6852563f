/** What goes along with a message: the place in the editor, what the user pinned and what they left out. */
import type { EventEmitter } from "vscode";

import { Draft } from "./chatDraft";
import type { FromView, Instruction, ToView } from "./chatMessages";
import * as places from "./chatPlaces";
import type { ContextPin, SendChatParams } from "./chatProtocol";
import type { Server } from "./server";

type ContextMessage = Extract<FromView, { type: "addContext" | "unpin" | "drop" | "restore" }>;

export class ChatContext {
  private readonly draft = new Draft();

  constructor(
    private readonly server: Server,
    private readonly toView: EventEmitter<ToView>,
  ) {}

  async take(message: ContextMessage): Promise<void> {
    switch (message.type) {
      case "addContext": {
        const pin = await places.pickContext();
        if (pin) {
          this.draft.pin(pin);
        }
        break;
      }
      case "unpin":
        this.draft.unpin(message.index);
        break;
      case "drop":
        this.draft.drop(message.item);
        break;
      case "restore":
        this.draft.restore(message.key);
        break;
    }
    this.say();
  }

  pin(pin: ContextPin): void {
    this.draft.pin(pin);
    this.say();
  }

  clear(): void {
    this.draft.clear();
  }

  say(): void {
    const place = places.currentPlace()?.label ?? "";
    this.toView.fire({ type: "draft", place, pins: this.draft.pins, drops: this.draft.drops });
  }

  params(conversation: string, instruction: Instruction): SendChatParams {
    return this.draft.params(conversation, instruction, places.currentPlace());
  }

  /** Tells the view what would be sent. */
  async preview(request: number, params: SendChatParams): Promise<void> {
    try {
      const receipt = (await this.server.client?.previewContext(params)) ?? null;
      this.toView.fire({ type: "preview", request, receipt, problem: "" });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.toView.fire({ type: "preview", request, receipt: null, problem: message });
    }
  }
}
