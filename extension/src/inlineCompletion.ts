/** Joins the language client's inline completions with {@link LateAnswers}. */
import {
  CancellationTokenSource,
  Disposable,
  type InlineCompletionItem,
  type InlineCompletionList,
  type Position,
  type TextDocument,
  commands,
  window,
  workspace,
} from "vscode";
import type { Middleware } from "vscode-languageclient";

import { LateAnswers, type Place } from "./lateAnswers";

type Answer = InlineCompletionItem[] | InlineCompletionList;

export type InlineCompletionMiddleware = Required<Pick<Middleware, "provideInlineCompletionItems">>;

/** The middleware, and what it listens to. */
export function createInlineCompletion(): { middleware: InlineCompletionMiddleware; subscription: Disposable } {
  const late = new LateAnswers<Answer>({ cursor, trigger });
  const recheck = (): void => {
    late.recheck();
  };
  const subscription = Disposable.from(
    workspace.onDidChangeTextDocument(recheck),
    window.onDidChangeTextEditorSelection(recheck),
    window.onDidChangeActiveTextEditor(recheck),
    late,
  );
  return {
    middleware: {
      provideInlineCompletionItems: (document, position, context, token, next) => {
        if (hasSelection(document)) {
          return undefined;
        }
        return late.provide(placeOf(document, position), token, async (signal) => {
          const source = new CancellationTokenSource();
          signal.addEventListener("abort", () => {
            source.cancel();
          });
          const answer = await next(document, position, context, source.token);
          return answer && itemsOf(answer).length > 0 ? answer : undefined;
        });
      },
    },
    subscription,
  };
}

function itemsOf(answer: Answer): readonly InlineCompletionItem[] {
  return Array.isArray(answer) ? answer : answer.items;
}

function placeOf(document: TextDocument, position: Position): Place {
  return {
    uri: document.uri.toString(),
    version: document.version,
    line: position.line,
    character: position.character,
  };
}

/** A completion at one of several cursors, or beside a selection, is never what was meant. */
function hasSelection(document: TextDocument): boolean {
  const editor = window.activeTextEditor;
  return editor?.document === document && cursor() === undefined;
}

function cursor(): Place | undefined {
  const editor = window.activeTextEditor;
  return editor?.selections.length === 1 && editor.selection.isEmpty
    ? placeOf(editor.document, editor.selection.active)
    : undefined;
}

function trigger(): void {
  void commands.executeCommand("editor.action.inlineSuggest.trigger");
}
