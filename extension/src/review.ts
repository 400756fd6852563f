/** Hunks that wait for the user: what is known of them, and the commands that decide. What shows them listens here. */
import {
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  Range,
  Selection,
  TextEditorRevealType,
  Uri,
  commands,
  window,
  workspace,
} from "vscode";

import type { DecideHunksParams, Review, ReviewFile, ReviewHunk } from "./chatProtocol";
import * as text from "./reviewText";
import type { Server } from "./server";
import { withClient } from "./withClient";

type Action = DecideHunksParams["action"];

/** Scheme of a document as it is proposed; its query is the address of the document. */
export const PROPOSED = "farthing-proposed";

/** Whatever a button hands over: the thread and the row of the list carry the ids of their hunks. */
interface Carrier {
  readonly hunkIds?: readonly string[];
  readonly thread?: Carrier;
}

export class ReviewState implements Disposable {
  private readonly emitter = new EventEmitter<void>();
  /** Anything, also a text that is being written. */
  readonly onDidChange = this.emitter.event;
  private readonly hunksEmitter = new EventEmitter<void>();
  /** More than texts that are being written: for what is slow to show. */
  readonly onDidChangeHunks = this.hunksEmitter.event;
  private outline = "";
  private busy: ReadonlySet<string> = new Set();
  private files = new Map<string, ReviewFile>();
  /** Accepted hunks that the user wants to see no longer. */
  private hidden = new Set<string>();
  private readonly contexts = new Map<string, boolean>();
  private readonly subscriptions: readonly Disposable[];

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {
    this.subscriptions = [
      server.chat.onDidChangeReview((review) => {
        this.take(review);
      }),
      window.onDidChangeActiveTextEditor(() => {
        this.setContexts();
      }),
    ];
  }

  get review(): Review {
    return { files: [...this.files.values()] };
  }

  /** The hunks of a document, without those that the server is busy with: their lines are about to change. */
  file(uri: Uri): ReviewFile | undefined {
    const file = this.files.get(uri.toString());
    return file && { ...file, hunks: file.hunks.filter(({ id }) => !this.busy.has(id)) };
  }

  isHidden(hunk: ReviewHunk): boolean {
    return this.hidden.has(hunk.id);
  }

  hideAccepted(): void {
    this.hidden = new Set(text.ids(this.review.files, (hunk) => hunk.state === "accepted"));
    this.fire();
  }

  showAccepted(): void {
    this.hidden = new Set();
    this.fire();
  }

  async decide(action: Action, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) {
      return;
    }
    this.setBusy([...this.busy, ...ids]);
    await withClient(this.server, this.log, async (client) => {
      const { message } = await client.decideHunks(action, ids).finally(() => {
        this.setBusy([...this.busy].filter((id) => !ids.includes(id)));
      });
      if (message !== "") {
        void window.showWarningMessage(`Farthing: ${message}`);
      }
    });
  }

  /** What the cursor is in. */
  atCursor(): ReviewHunk | undefined {
    const editor = window.activeTextEditor;
    return editor && text.hunkAt(this.file(editor.document.uri), editor.selection.active.line);
  }

  dispose(): void {
    this.emitter.dispose();
    this.hunksEmitter.dispose();
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }

  private take(review: Review): void {
    // As VS Code itself writes an address: others encode other characters.
    this.files = new Map(review.files.map((file) => [Uri.parse(file.uri).toString(), file]));
    this.setContexts();
    this.fire();
  }

  private setBusy(ids: readonly string[]): void {
    this.busy = new Set(ids);
    this.fire();
  }

  private fire(): void {
    this.emitter.fire();
    const outline = text.outline(this.review, [...this.hidden, ...this.busy]);
    if (outline !== this.outline) {
      this.outline = outline;
      this.hunksEmitter.fire();
    }
  }

  private setContexts(): void {
    const uri = window.activeTextEditor?.document.uri;
    const here = uri && this.file(uri);
    const hunks = [...this.files.values()].flatMap((file) => file.hunks);
    this.setContext("hasReview", hunks.length > 0);
    this.setContext("hasOpenHunks", hunks.some(text.isDecidable));
    this.setContext(
      "hasAcceptedHunks",
      hunks.some((hunk) => hunk.state === "accepted"),
    );
    this.setContext("editorHasHunks", here?.hunks.some(text.isDecidable) === true);
  }

  /** Only news: while a text is written these are asked again and again. */
  private setContext(name: string, value: boolean): void {
    if (this.contexts.get(name) !== value) {
      this.contexts.set(name, value);
      void commands.executeCommand("setContext", `farthing.${name}`, value);
    }
  }
}

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): ReviewState {
  const state = new ReviewState(server, log);
  const inFile = (): readonly ReviewFile[] => {
    const uri = window.activeTextEditor?.document.uri;
    const file = uri && state.file(uri.scheme === PROPOSED ? Uri.parse(uri.query) : uri);
    return file ? [file] : [];
  };
  context.subscriptions.push(
    state,
    ...moves(state),
    commands.registerCommand("farthing.acceptHunk", (it?: Carrier) => decideOne(state, "accept", it)),
    commands.registerCommand("farthing.rejectHunk", (it?: Carrier) => decideOne(state, "reject", it)),
    commands.registerCommand("farthing.revertHunk", (it?: Carrier) => state.decide("revert", idsOf(it) ?? [])),
    commands.registerCommand("farthing.acceptFile", (it?: Carrier) =>
      state.decide("accept", idsOf(it) ?? text.ids(inFile(), text.isProposed)),
    ),
    commands.registerCommand("farthing.rejectFile", (it?: Carrier) =>
      state.decide("reject", idsOf(it) ?? text.ids(inFile(), text.isDecidable)),
    ),
    commands.registerCommand("farthing.acceptAll", () =>
      state.decide("accept", text.ids(state.review.files, text.isProposed)),
    ),
    commands.registerCommand("farthing.rejectAll", () =>
      state.decide("reject", text.ids(state.review.files, text.isDecidable)),
    ),
  );
  return state;
}

/** Commands that show something and change nothing. */
function moves(state: ReviewState): Disposable[] {
  return [
    commands.registerCommand("farthing.nextHunk", () => {
      move(state, 1);
    }),
    commands.registerCommand("farthing.previousHunk", () => {
      move(state, -1);
    }),
    commands.registerCommand("farthing.openHunk", (it?: Carrier) => open(state, idsOf(it)?.[0])),
    commands.registerCommand("farthing.hideAccepted", () => {
      state.hideAccepted();
    }),
    commands.registerCommand("farthing.showAccepted", () => {
      state.showAccepted();
    }),
  ];
}

function idsOf(carrier: Carrier | undefined): readonly string[] | undefined {
  return carrier?.hunkIds ?? carrier?.thread?.hunkIds;
}

/** The hunk of the button, or the one at the cursor; where there is none the next one is gone to. */
async function decideOne(state: ReviewState, action: "accept" | "reject", carrier: Carrier | undefined): Promise<void> {
  const ids = idsOf(carrier);
  if (ids) {
    await state.decide(action, ids);
    return;
  }
  const hunk = state.atCursor();
  if (!hunk) {
    move(state, 1);
  } else if (action === "accept" && hunk.state === "stale") {
    void window.showInformationMessage(`Farthing: this change can't be accepted any more: ${hunk.note}`);
  } else {
    await state.decide(action, [hunk.id]);
  }
}

/** Puts the cursor at the next or the previous hunk of the file. */
function move(state: ReviewState, step: 1 | -1): void {
  const editor = window.activeTextEditor;
  const file = editor && state.file(editor.document.uri);
  const hunk = file && text.neighbour(file, editor.selection.active.line, step);
  if (hunk) {
    const [line] = text.lines(hunk, editor.document.lineCount);
    editor.selection = new Selection(line, 0, line, 0);
    editor.revealRange(new Range(line, 0, line, 0), TextEditorRevealType.InCenterIfOutsideViewport);
  }
}

async function open(state: ReviewState, id: string | undefined): Promise<void> {
  const place = id === undefined ? undefined : text.find(state.review, id);
  if (!place) {
    return;
  }
  const { file, hunk } = place;
  if (file.isNew && text.isOpen(hunk)) {
    await commands.executeCommand("farthing.compareFile", { uri: file.uri });
    return;
  }
  const document = await workspace.openTextDocument(Uri.parse(file.uri));
  const [line] = text.lines(hunk, document.lineCount);
  await window.showTextDocument(document, { selection: new Range(line, 0, line, 0) });
}
