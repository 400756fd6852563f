/** Joins the language client's inline completions with {@link LateAnswers}. */
import {
  CancellationTokenSource,
  Disposable,
  type InlineCompletionItem,
  type InlineCompletionList,
  InlineCompletionTriggerKind,
  type Position,
  type TextDocument,
  commands,
  window,
  workspace,
} from "vscode";
import type { Middleware } from "vscode-languageclient";

import { LateAnswers, type Place, same } from "./lateAnswers";
import { isSuggestible } from "./suggestible";

type Answer = InlineCompletionItem[] | InlineCompletionList;

export type InlineCompletionMiddleware = Required<Pick<Middleware, "provideInlineCompletionItems">>;

export interface InlineCompletion {
  readonly middleware: InlineCompletionMiddleware;
  dispose(): void;
  /** The server has more to say about a document than it has answered. */
  grew(uri: string): void;
}

export function createInlineCompletion(): InlineCompletion {
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
  const growth = new Growth();
  return {
    grew: (uri) => {
      void growth.show(uri);
    },
    dispose: () => {
      subscription.dispose();
    },
    middleware: {
      provideInlineCompletionItems: (document, position, given, token, next) => {
        if (!hasPlace(document, given.triggerKind === InlineCompletionTriggerKind.Invoke)) {
          return undefined;
        }
        const context = growth.causes(placeOf(document, position))
          ? { ...given, triggerKind: InlineCompletionTriggerKind.Automatic }
          : given;
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
  };
}

/**
 * Makes the editor ask again when there is more to an answer, which it then does as if the user had asked for it. What it
 * shows has to be hidden first: it would stay, and the new answer would only come second.
 */
class Growth {
  private place: Place | undefined;

  async show(uri: string): Promise<void> {
    const place = cursor();
    if (place?.uri === uri) {
      await commands.executeCommand("editor.action.inlineSuggest.hide");
      if (same(cursor(), place)) {
        this.place = place;
        trigger();
      }
    }
  }

  /** Whether a request at `place` is made for this reason, and not because the user wants more than was offered. */
  causes(place: Place): boolean {
    const expected = this.place;
    this.place = undefined;
    return same(expected, place);
  }
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

function hasPlace(document: TextDocument, invoked: boolean): boolean {
  const editor = window.activeTextEditor;
  return editor?.document !== document || isSuggestible(editor.selections, invoked);
}

function cursor(): Place | undefined {
  const editor = window.activeTextEditor;
  return editor && isSuggestible(editor.selections, false)
    ? placeOf(editor.document, editor.selection.active)
    : undefined;
}

function trigger(): void {
  void commands.executeCommand("editor.action.inlineSuggest.trigger");
}
