/** The chat view's page: puts together what the extension tells, and hands on what the user does. */
import "@vscode-elements/elements/dist/vscode-badge/index.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-progress-ring/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import "@vscode-elements/elements/dist/vscode-textarea/index.js";

import "./chat.css";

import { type ToView, type ViewTurn, isToView } from "../src/chatMessages";
import { isWorking } from "../src/chatTurns";
import { Composer } from "./composer";
import { h } from "./dom";
import { post } from "./host";
import { TurnView } from "./turnView";

/** Pixels from the end within which the page follows what is written. */
const NEAR = 60;

// A log would be read out with every letter that arrives; the narrator says whole sentences instead.
const log = h("main", { role: "log", "aria-live": "off", "aria-label": "Conversation", class: "log", tabindex: "0" });
const page = h("div");
const narrator = h("div", { role: "status", "aria-live": "polite", class: "unseen" });
const notice = h("div", { role: "status", class: "notice", hidden: true });
const empty = h(
  "p",
  { class: "empty" },
  "Ask about this code, or say what to change in it. Changes come as hunks to accept or reject; nothing is written without you.",
);
const composer = new Composer();
const views = new Map<string, TurnView>();
const working = new Set<string>();
/** Whether the end stays in sight when something is written: until the user scrolls away from it. */
let following = true;

function showTurn(turn: ViewTurn): void {
  const known = views.get(turn.key);
  if (known) {
    say(known.show(turn));
  } else {
    const view = new TurnView(turn);
    views.set(turn.key, view);
    page.append(view.element);
    following = true;
  }
  if (turn.live && isWorking(turn.state)) {
    working.add(turn.key);
  } else {
    working.delete(turn.key);
  }
  composer.busy(working.size > 0);
  empty.hidden = true;
}

function showAll(turns: readonly ViewTurn[]): void {
  views.clear();
  working.clear();
  composer.busy(false);
  empty.hidden = false;
  page.replaceChildren(empty);
  turns.forEach(showTurn);
}

function take(message: ToView): void {
  switch (message.type) {
    case "conversation":
      showAll(message.turns);
      break;
    case "unsent":
      composer.restore(message);
      break;
    case "turn":
      showTurn(message.turn);
      break;
    case "text":
      say(views.get(message.key)?.grow(message.text) ?? "");
      break;
    case "draft":
      composer.draft(message);
      break;
    case "preview":
      composer.previewed(message);
      break;
    case "notice":
      notice.textContent = message.text;
      notice.hidden = message.text === "";
      break;
    case "refused":
      composer.refused(message.text);
      break;
    case "focus":
      composer.focus();
      break;
  }
}

function say(words: string): void {
  if (words !== "") {
    narrator.textContent = words;
  }
}

/** Links and buttons in answers. VS Code's own handling of links asks nobody. */
function press(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : undefined;
  const anchor = target?.closest("a");
  const copy = target?.closest(".copy");
  if (anchor) {
    event.preventDefault();
    event.stopPropagation();
    post({ type: "link", href: anchor.getAttribute("href") ?? "" });
  } else if (copy) {
    post({ type: "copy", text: copy.closest(".code")?.querySelector("code")?.textContent ?? "" });
    copy.textContent = "Copied";
    say("Copied");
  }
}

page.append(empty);
log.append(page);
document.body.append(log, notice, composer.element, narrator);
log.addEventListener("click", press, { capture: true });
log.addEventListener("scroll", () => {
  following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
});
// The components draw themselves later than they are made, and the view may get another height.
const sizes = new ResizeObserver(() => {
  if (following) {
    log.scrollTop = log.scrollHeight;
  }
});
sizes.observe(page);
sizes.observe(log);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && working.size > 0) {
    post({ type: "stop" });
  }
});
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (isToView(event.data)) {
    take(event.data);
  }
});
post({ type: "ready" });
