/** One turn of the conversation on the page. */
import type { ViewTurn } from "../src/chatMessages";
import { isWorking } from "../src/chatTurns";
import { Part, button, h, link } from "./dom";
import { post } from "./host";
import { renderMarkdown } from "./markdown";
import { itemList } from "./receiptView";
import {
  type HunkAction,
  Narrator,
  type Question,
  TASK_NAMES,
  account,
  closing,
  heading,
  hunkView,
  needsKey,
  progress,
  question,
  receiptSummary,
  repair,
} from "./viewModel";

const ACTIONS: Readonly<Record<HunkAction, string>> = {
  accept: "Accept",
  reject: "Reject",
  revert: "Revert",
  goTo: "Go to",
};

type HunksOf = Pick<ViewTurn, "key" | "live" | "hunks" | "outcomes">;

export class TurnView {
  readonly element: HTMLElement;
  private readonly narrator = new Narrator();
  private text = "";
  private drawn = "";
  private due = false;
  /** It waits for the user's answer. */
  private waits = false;
  private readonly answer = h("div", { class: "answer" });
  private readonly head: Part<readonly [string, string]>;
  private readonly progress: Part<readonly [string, boolean, string, boolean]>;
  private readonly receipt: Part<ViewTurn["receipt"]>;
  private readonly hunks: Part<HunksOf>;
  private readonly account: Part<readonly string[]>;
  private readonly question: Part<Question | null>;
  private readonly repair: Part<ReturnType<typeof repair>>;

  constructor(private turn: ViewTurn) {
    this.head = new Part(h("header", {}), ([task, title]) => [
      task === "" ? undefined : h("span", { class: "task" }, task),
      h("h2", {}, title),
    ]);
    this.progress = new Part(h("div", { class: "progress" }), ([text, working, fix, key]) => [
      working ? h("vscode-progress-ring", { "aria-hidden": "true" }) : undefined,
      text === "" ? undefined : h("span", {}, text),
      fix === "" ? undefined : h("span", { class: "fix" }, fix),
      key ? button("Set API Key…", setKey) : undefined,
    ]);
    this.receipt = new Part(h("details", { class: "receipt" }), (receipt) => [
      h("summary", {}, `Context: ${receiptSummary(receipt)}`),
      itemList(receipt.items),
    ]);
    this.hunks = new Part(h("div", { class: "hunks" }), drawHunks);
    this.account = new Part(h("footer", {}), (lines) => lines.map((line) => h("span", {}, line)));
    this.repair = offerOfRepair(turn.key);
    this.question = questions(turn.key);
    const above = [this.head, this.receipt, this.answer, this.hunks, this.progress];
    const elements = [...above, this.repair, this.question, this.account].map((part) =>
      part instanceof HTMLElement ? part : part.element,
    );
    this.element = h("article", { class: "turn" }, ...elements);
    this.text = turn.text;
    this.show(turn);
    // What was said before the page was made is not said again.
    if (!isWorking(turn.state)) {
      this.narrator.next(turn.text, true);
    }
  }

  /** Gives what a screen reader is to hear. */
  show(turn: ViewTurn): string {
    const ended = isWorking(this.turn.state) && !isWorking(turn.state);
    this.turn = turn;
    this.text = turn.text;
    this.element.setAttribute("aria-label", heading(turn));
    this.element.dataset["state"] = turn.state;
    this.head.show([turn.instruction === "" ? "" : TASK_NAMES[turn.task], heading(turn)]);
    this.progress.show([progress(turn), isWorking(turn.state), turn.fix, needsKey(turn)]);
    this.receipt.element.hidden = turn.receipt.items.length === 0;
    this.receipt.show(turn.receipt);
    this.hunks.show({ key: turn.key, live: turn.live, hunks: turn.hunks, outcomes: turn.outcomes });
    this.account.show(account(turn));
    this.repair.show(repair(turn));
    this.ask(question(turn));
    this.drawAnswer();
    const heard = this.narrator.next(this.text, ended);
    return [heard, ended ? closing(turn) : ""].filter((line) => line !== "").join(" ");
  }

  /** Gives what a screen reader is to hear. */
  grow(text: string): string {
    this.text += text;
    if (!this.due) {
      this.due = true;
      requestAnimationFrame(() => {
        this.due = false;
        this.drawAnswer();
      });
    }
    return this.narrator.next(this.text, false);
  }

  private ask(asked: Question | null): void {
    const waits = asked !== null && asked.title !== "";
    if (waits !== this.waits) {
      this.receipt.element.toggleAttribute("open", waits); // what will be sent is a part of the question
    }
    this.waits = waits;
    this.question.show(asked);
  }

  private drawAnswer(): void {
    if (this.text !== this.drawn) {
      this.drawn = this.text;
      this.answer.innerHTML = renderMarkdown(this.text);
    }
  }
}

function drawHunks({ key, live, hunks, outcomes }: HunksOf): readonly HTMLElement[] {
  return hunks.map((hunk, index) => {
    const view = hunkView(hunk, outcomes[index] ?? { outcome: "", note: "" }, live);
    const act = (action: HunkAction) => (): void => {
      post(
        action === "goTo"
          ? { type: "goTo", turn: key, hunk: index }
          : { type: "decide", action, turn: key, hunk: index },
      );
    };
    const buttons = view.actions
      .filter((action) => action !== "goTo")
      .map((action) => button(ACTIONS[action], act(action), action === "accept" ? { secondary: false } : {}));
    const place = view.actions.includes("goTo")
      ? link(view.place, act("goTo"), ACTIONS.goTo)
      : h("span", {}, view.place);
    const badge = h("vscode-badge", { class: `tone-${view.tone}` }, view.badge);
    const lines = view.lines.map(({ kind, text }) => h("span", { class: kind }, `${text}\n`));
    return h(
      "section",
      { class: "hunk", "aria-label": `${view.place}, ${view.badge}` },
      h("div", { class: "hunk-head" }, place, badge),
      view.reason === "" ? undefined : h("p", { class: "reason" }, view.reason),
      lines.length > 0 ? h("pre", { class: "diff", tabindex: "0" }, ...lines) : undefined,
      buttons.length > 0 ? h("div", { class: "actions" }, ...buttons) : undefined,
    );
  });
}

interface Offer {
  readonly label: string;
  readonly note: string;
}

/** A button for another try, and why; nothing where nothing is offered. */
function offerOfRepair(turn: string): Part<Offer | null> {
  return new Part<Offer | null>(h("div", { class: "offer repair" }), (offer) =>
    offer
      ? [
          button(offer.label, () => {
            post({ type: "repair", turn });
          }),
          h("span", { class: "notes" }, offer.note),
        ]
      : [],
  );
}

/** What another tier could do, and the user's choices; nothing where there are none. */
function questions(turn: string): Part<Question | null> {
  return new Part<Question | null>(h("div", { class: "question" }), (asked) => {
    if (!asked) {
      return [];
    }
    const { title, why, note, choices } = asked;
    const buttons = choices.map(({ action, label }) =>
      button(label, () => {
        post({ type: "choose", turn, action });
      }),
    );
    const parts = [
      title === "" ? undefined : h("h3", {}, title),
      why === "" ? undefined : h("p", {}, why),
      note === "" ? undefined : h("p", { class: "notes" }, note),
      h("div", { class: "actions" }, ...buttons),
    ];
    // A group, so that a button is read out with what it is about.
    const label = title === "" ? note : [title, why, note].filter((line) => line !== "").join(" ");
    return [h("div", { role: "group", class: title === "" ? "offer" : "asking", "aria-label": label }, ...parts)];
  });
}

function setKey(): void {
  post({ type: "setKey" });
}
