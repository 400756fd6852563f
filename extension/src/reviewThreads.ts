/**
 * The new lines of each hunk, below the old ones: in a comment thread, which is the one part of an editor that has room
 * for several lines and is not the document. Threads have buttons, and screen readers and keys reach them.
 */
import {
  type Comment,
  type CommentController,
  CommentMode,
  type CommentThread,
  CommentThreadCollapsibleState,
  CommentThreadState,
  type ExtensionContext,
  MarkdownString,
  Range,
  type TextDocument,
  comments,
  window,
  workspace,
} from "vscode";

import type { ReviewFile, ReviewHunk } from "./chatProtocol";
import type { ReviewState } from "./review";
import { isBehind } from "./reviewMarks";
import { anchor, beside, codeBlock, heading, isOpen } from "./reviewText";

interface HunkThread extends CommentThread {
  /** What its buttons are about. */
  hunkIds: readonly string[];
}

export function activate(context: ExtensionContext, state: ReviewState): void {
  const threads = new Threads(state);
  const show = (): void => {
    threads.show();
  };
  context.subscriptions.push(threads, state.onDidChange(show), window.onDidChangeVisibleTextEditors(show));
}

class Threads {
  /** Made for the first hunk: where one is, the editor has a Comments view. */
  private controller: CommentController | undefined;
  private threads = new Map<string, HunkThread>();

  constructor(private readonly state: ReviewState) {}

  show(): void {
    const shown = new Map<string, HunkThread>();
    for (const document of new Set(window.visibleTextEditors.map((editor) => editor.document))) {
      const file = this.state.file(document.uri);
      for (const hunk of file?.hunks ?? []) {
        if (file && needsThread(hunk, document)) {
          shown.set(hunk.id, this.thread(hunk, file, document));
        }
      }
    }
    for (const [id, thread] of this.threads) {
      if (!shown.has(id)) {
        thread.dispose();
      }
    }
    this.threads = shown;
  }

  dispose(): void {
    this.controller?.dispose();
  }

  private thread(hunk: ReviewHunk, file: ReviewFile, document: TextDocument): HunkThread {
    const known = this.threads.get(hunk.id);
    if (known && isBehind(file, document)) {
      return known;
    }
    const line = anchor(hunk, document.lineCount);
    const range = new Range(line, 0, line, 0);
    const comment = commentOf(hunk, document.languageId);
    const thread = known ?? this.create(document, range, comment);
    if (known) {
      known.range = range;
      known.comments = [comment];
    }
    thread.hunkIds = [hunk.id];
    thread.label = heading(hunk);
    thread.contextValue = hunk.state;
    return thread;
  }

  private create(document: TextDocument, range: Range, comment: Comment): HunkThread {
    this.controller ??= comments.createCommentController("farthing.review", "Farthing: Changes");
    const thread = this.controller.createCommentThread(document.uri, range, [comment]) as HunkThread;
    thread.canReply = false;
    thread.collapsibleState = CommentThreadCollapsibleState.Expanded;
    // Resolved ones don't ask to be listed in the Comments view: ours have a list of their own.
    thread.state = CommentThreadState.Resolved;
    return thread;
  }
}

/** Who has said to use a screen reader gets one in any case: what stands beside a line is not read out. */
function needsThread(hunk: ReviewHunk, document: TextDocument): boolean {
  const reader = workspace.getConfiguration("editor", document).get("accessibilitySupport") === "on";
  return isOpen(hunk) && hunk.after !== "" && (reader || beside(hunk) === undefined);
}

function commentOf(hunk: ReviewHunk, language: string): Comment {
  return {
    // Shown as the heading of the text; nobody is meant.
    author: { name: "New text" },
    body: new MarkdownString(codeBlock(hunk.after, language)),
    mode: CommentMode.Preview,
    contextValue: hunk.state,
  };
}
