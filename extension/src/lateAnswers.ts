/**
 * Completions that take longer than the editor is willing to wait.
 *
 * VS Code cancels an automatic inline completion request about 750 ms after typing stops. On a slow machine nothing would
 * ever be shown. So a request of ours outlives the editor's: when its answer arrives late and nothing has moved, the
 * answer is kept, the editor is told to ask again, and gets it at once.
 *
 * Nothing here knows VS Code.
 */

/** The spot in one version of one document that a completion is for. */
export interface Place {
  readonly uri: string;
  readonly version: number;
  readonly line: number;
  readonly character: number;
}

/** The editor's patience with one request. */
export interface Patience {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): unknown;
}

/** What is needed of the editor. */
export interface Editor {
  /** Where its only, empty cursor stands; undefined when there is none, a selection, or more than one. */
  cursor(): Place | undefined;
  /** Makes the editor ask for a completion where the cursor stands. */
  trigger(): void;
}

interface Pending {
  readonly place: Place;
  readonly abort: AbortController;
  /** The editor no longer waits for it. */
  late: boolean;
}

/** Decides which requests go on and which late answers are shown. `Answer` is undefined when there is nothing to show. */
export class LateAnswers<Answer> {
  /** The newest unanswered request of each document. */
  private readonly pending = new Map<string, Pending>();
  private kept: { readonly place: Place; readonly answer: Answer } | undefined;
  private lastTriggered: Place | undefined;

  constructor(private readonly editor: Editor) {}

  /**
   * Answers the editor's request for a completion at `place`.
   *
   * `ask` sends the request to the server; its signal says when to cancel it. The promise never rejects: a failed request
   * shows nothing. It is fulfilled with undefined as soon as the editor stops waiting.
   */
  async provide(
    place: Place,
    patience: Patience,
    ask: (signal: AbortSignal) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    const kept = this.takeKept(place);
    if (kept !== undefined) {
      return kept;
    }
    this.pending.get(place.uri)?.abort.abort();
    if (patience.isCancellationRequested) {
      return undefined;
    }
    const pending: Pending = { place, abort: new AbortController(), late: false };
    this.pending.set(place.uri, pending);
    const impatience = new Promise<undefined>((resolve) => {
      patience.onCancellationRequested(() => {
        pending.late = true;
        this.drop(pending);
        resolve(undefined);
      });
    });
    return Promise.race([impatience, this.answer(pending, ask)]);
  }

  /** Cancels the late requests whose answer could no longer be shown. Call it whenever text or cursor changed. */
  recheck(): void {
    for (const pending of this.pending.values()) {
      this.drop(pending);
    }
  }

  /** Cancels everything. */
  dispose(): void {
    for (const pending of this.pending.values()) {
      pending.abort.abort();
    }
    this.pending.clear();
    this.kept = undefined;
  }

  private async answer(
    pending: Pending,
    ask: (signal: AbortSignal) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    try {
      const answer = await ask(pending.abort.signal);
      if (pending.late && answer !== undefined) {
        this.show(pending, answer);
      }
      return answer;
    } catch {
      // The client has logged it. Somebody who types must not be bothered with it.
      return undefined;
    } finally {
      if (this.pending.get(pending.place.uri) === pending) {
        this.pending.delete(pending.place.uri);
      }
    }
  }

  /** Shows a late answer, once for every place: if it did not help the first time, asking again would never end. */
  private show(pending: Pending, answer: Answer): void {
    const { place, abort } = pending;
    if (abort.signal.aborted || !same(this.editor.cursor(), place) || same(this.lastTriggered, place)) {
      return;
    }
    this.kept = { place, answer };
    this.lastTriggered = place;
    this.editor.trigger();
  }

  private takeKept(place: Place): Answer | undefined {
    const kept = this.kept;
    this.kept = undefined;
    return kept && same(kept.place, place) ? kept.answer : undefined;
  }

  private drop(pending: Pending): void {
    if (pending.late && !same(this.editor.cursor(), pending.place)) {
      pending.abort.abort();
    }
  }
}

export function same(a: Place | undefined, b: Place): boolean {
  return (
    a !== undefined && a.uri === b.uri && a.version === b.version && a.line === b.line && a.character === b.character
  );
}
