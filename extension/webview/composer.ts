/** Where the user writes: the message, its task and tier, and what will be sent with it. */
import type { VscodeSingleSelect } from "@vscode-elements/elements/dist/vscode-single-select/index.js";
import type { VscodeTextarea } from "@vscode-elements/elements/dist/vscode-textarea/index.js";

import type { Instruction, TaskChoice, TierChoice, ToView, Unsent } from "../src/chatMessages";
import { Part, button, h } from "./dom";
import { post } from "./host";
import { dropList, pinList, previewItems } from "./receiptView";
import { receiptSummary } from "./viewModel";

type Draft = Omit<Extract<ToView, { type: "draft" }>, "type">;
type Preview = Omit<Extract<ToView, { type: "preview" }>, "type">;

const TASKS: readonly (readonly [TaskChoice, string])[] = [
  ["auto", "Auto"],
  ["edit", "Edit"],
  ["ask", "Ask"],
  ["explain", "Explain"],
  ["test", "Write a test"],
  ["fix", "Fix"],
  ["document", "Document"],
];
const TIERS: readonly (readonly [TierChoice, string])[] = [
  ["", "Any tier"],
  ["local", "Local"],
  ["small", "Small"],
  ["medium", "Medium"],
  ["frontier", "Frontier"],
];

const MAX_SENT = 50;
/** Milliseconds after the last key: what would be sent is looked up in the index, which is not for every letter. */
const PREVIEW_DELAY = 400;

export class Composer {
  readonly element: HTMLElement;
  private readonly input: VscodeTextarea;
  private readonly task: VscodeSingleSelect;
  private readonly tier: VscodeSingleSelect;
  private readonly send: HTMLElement;
  private readonly stop: HTMLElement;
  private readonly context = h("details", { class: "receipt" });
  private readonly summary = new Part<string>(h("summary", {}), (text) => [text]);
  private readonly preview = new Part<Preview>(h("div", { class: "preview" }), drawPreview);
  private readonly chosen = new Part<Pick<Draft, "pins" | "drops">>(h("div", {}), ({ pins, drops }) => [
    pinList(pins),
    dropList(drops),
  ]);
  private sent: readonly string[] = [];
  /** Which of `sent` is shown, counted from the newest; -1 for what the user writes now. */
  private recalled = -1;
  private requests = 0;
  private timer: number | undefined;

  constructor() {
    this.input = h("vscode-textarea", {
      rows: "3",
      placeholder: "Ask, or say what to change (/explain /test /fix /document)",
      oninput: () => {
        this.recalled = -1;
        this.changed();
      },
      onkeydown: (event) => {
        this.key(event as KeyboardEvent);
      },
    });
    this.input.label = "Message to Farthing";
    const changed = (): void => {
      this.changed();
    };
    this.task = select("Task", TASKS, changed);
    this.tier = select("Tier", TIERS, changed);
    this.send = button("Send", () => {
      this.submit();
    });
    this.send.removeAttribute("secondary");
    this.stop = button("Stop", () => {
      post({ type: "stop" });
    });
    this.busy(false);
    this.context.append(this.summary.element, this.preview.element, this.chosen.element, this.contextButtons());
    this.context.addEventListener("toggle", () => {
      this.askPreview();
    });
    this.summary.show("Context");
    const bar = h("div", { class: "bar" }, this.task, this.tier, this.stop, this.send);
    this.element = h("section", { class: "composer", "aria-label": "New message" }, this.context, this.input, bar);
  }

  /** Shows what was typed and chosen before the page was made. */
  restore({ text, task, tier, sent }: Unsent): void {
    this.sent = sent;
    this.task.value = task;
    this.tier.value = tier;
    this.refused(text);
  }

  focus(): void {
    this.input.focus();
  }

  busy(busy: boolean): void {
    this.send.hidden = busy;
    this.stop.hidden = !busy;
  }

  /** What is open, pinned or left out. */
  draft(draft: Draft): void {
    this.summary.show(draft.place === "" ? "Context" : `Context: ${draft.place}`);
    this.chosen.show({ pins: draft.pins, drops: draft.drops });
    this.askPreview();
  }

  /** Shows what would be sent, unless something has changed since it was asked. */
  previewed(preview: Preview): void {
    if (preview.request === this.requests) {
      this.preview.show(preview);
    }
  }

  /** A message was not sent: it is there again, unless something else has been written meanwhile. */
  refused(text: string): void {
    if (this.input.value === "") {
      this.input.value = text;
      this.changed();
    }
  }

  private contextButtons(): HTMLElement {
    const add = button("Add File or Selection…", () => {
      post({ type: "addContext" });
    });
    const show = button("Show What Would Be Sent", () => {
      post({ type: "showRequest", ...this.instruction() });
    });
    return h("div", { class: "offer" }, add, show);
  }

  private submit(): void {
    const { task, tier, text } = this.instruction();
    post({ type: "send", task, tier, text });
    if (text.trim() !== "") {
      this.sent = [...this.sent.filter((other) => other !== text), text].slice(-MAX_SENT);
    }
    this.recalled = -1;
    this.input.value = "";
    this.changed();
    this.focus();
  }

  private instruction(): Instruction {
    return { task: this.task.value as TaskChoice, tier: this.tier.value as TierChoice, text: this.input.value };
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) {
      return;
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!this.send.hidden) {
        this.submit();
      }
    } else if (
      (event.key === "ArrowUp" || event.key === "ArrowDown") &&
      this.recall(event.key === "ArrowUp" ? 1 : -1)
    ) {
      event.preventDefault();
    }
  }

  /** Earlier messages, while nothing else has been written; false when the key is for moving in the text. */
  private recall(step: number): boolean {
    const index = this.recalled + step;
    if ((this.recalled === -1 && (step < 0 || this.input.value !== "")) || index >= this.sent.length) {
      return false;
    }
    this.recalled = index;
    this.input.value = index === -1 ? "" : (this.sent.at(-1 - index) ?? "");
    this.changed();
    return true;
  }

  private changed(): void {
    post({ type: "unsent", ...this.instruction(), sent: this.sent });
    this.askPreview();
  }

  private askPreview(): void {
    this.requests += 1;
    window.clearTimeout(this.timer);
    if (this.context.open) {
      this.timer = window.setTimeout(() => {
        post({ type: "preview", request: this.requests, ...this.instruction() });
      }, PREVIEW_DELAY);
    }
  }
}

function drawPreview({ receipt, problem }: Preview): readonly HTMLElement[] {
  if (problem !== "" || !receipt) {
    return [h("p", { class: "notes" }, problem === "" ? "Nothing is known of it yet." : problem)];
  }
  const { tier, model, reason } = receipt;
  const to = [tier, model].filter((word) => word !== "").join(" · ");
  return [
    h("p", { class: "notes" }, `${receiptSummary(receipt)} would go to ${to}${reason === "" ? "" : `: ${reason}`}`),
    previewItems(receipt),
  ];
}

function select(
  label: string,
  entries: readonly (readonly [string, string])[],
  changed: () => void,
): VscodeSingleSelect {
  const options = entries.map(([value, name], index) => h("vscode-option", { value, selected: index === 0 }, name));
  const element = h("vscode-single-select", { onchange: changed, position: "above" }, ...options);
  element.label = label;
  return element;
}
