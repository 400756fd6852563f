/** The turns of the chat view: what the server says of them, put together and kept. Nothing here knows VS Code. */
import { type HunkOutcome, type Outcome, VIEW_TURN, type ViewTurn } from "./chatMessages";
import type { ChatState, ChatText, ChatTurn, Review } from "./chatProtocol";

/** Older turns are forgotten: workspace storage is read as a whole when a window opens. */
const MAX_TURNS = 40;
/** Of all turns that are kept, in characters. */
const MAX_KEPT = 1_000_000;

const UNKNOWN: HunkOutcome = { outcome: "", note: "" };

export function isWorking(state: ChatState): boolean {
  return state === "waiting" || state === "reading" || state === "writing" || state === "checking";
}

/** Unlike its number, this is no other turn's. */
export function turnKey({ conversation, turn }: { readonly conversation: string; readonly turn: number }): string {
  return `${conversation} ${turn}`;
}

export class Turns {
  private all: readonly ViewTurn[] = [];
  private review: ReadonlyMap<string, HunkOutcome> = new Map();

  /** `conversation`: the one that is shown; turns of others are not taken. */
  constructor(private conversation: string) {}

  get current(): string {
    return this.conversation;
  }

  get list(): readonly ViewTurn[] {
    return this.all;
  }

  get working(): boolean {
    return this.all.some(({ live, state }) => live && isWorking(state));
  }

  find(key: string): ViewTurn | undefined {
    return this.all.find((turn) => turn.key === key);
  }

  /** Takes what the server says of a turn, and gives those that look different because of it; none of others' turns. */
  change(turn: ChatTurn): readonly ViewTurn[] {
    if (turn.conversation !== this.conversation) {
      return [];
    }
    const before = this.find(turnKey(turn));
    // Whatever is said next is the answer to what was asked.
    const open = before ? [] : this.all.filter(({ state, escalation }) => state === "asking" && escalation !== "");
    return [
      ...open.map((asked) => this.put({ ...asked, escalation: "" })),
      this.put({ ...turn, key: turnKey(turn), live: true, outcomes: this.outcomes(turn, before) }),
    ];
  }

  /** Takes more text of a turn; the key of the turn, or undefined when it is none of ours. */
  grow(growth: ChatText): string | undefined {
    const turn = growth.conversation === this.conversation ? this.find(turnKey(growth)) : undefined;
    return turn && this.put({ ...turn, text: turn.text + growth.text }).key;
  }

  /** Takes what is to be reviewed now, and gives the turns that look different because of it. */
  reviewed({ files }: Review): readonly ViewTurn[] {
    this.review = new Map(
      files.flatMap(({ hunks }) => hunks.map(({ id, state, note }) => [id, { outcome: state, note }] as const)),
    );
    const live = this.all.filter((turn) => turn.live && turn.hunks.length > 0);
    return live.flatMap((turn) => {
      const outcomes = this.outcomes(turn, turn);
      return same(outcomes, turn.outcomes) ? [] : [this.put({ ...turn, outcomes })];
    });
  }

  /** The server has forgotten the conversation: what follows belongs to a new one. */
  end(conversation: string): void {
    this.conversation = conversation;
    this.review = new Map();
    this.all = this.all.map(ended);
  }

  clear(conversation: string): void {
    this.conversation = conversation;
    this.all = [];
  }

  /** What is to be stored: the newest, as many as fit. */
  kept(): readonly ViewTurn[] {
    const newest = this.all.slice(-MAX_TURNS).toReversed();
    let size = 0;
    const fit = newest.filter((turn) => (size += JSON.stringify(turn).length) <= MAX_KEPT);
    return fit.toReversed();
  }

  /** Takes what was stored, by whatever version: what is no turn is left out. */
  restore(stored: unknown): void {
    this.all = (Array.isArray(stored) ? stored : []).filter(VIEW_TURN).map(ended);
  }

  private put(turn: ViewTurn): ViewTurn {
    const known = this.all.some(({ key }) => key === turn.key);
    this.all = known ? this.all.map((other) => (other.key === turn.key ? turn : other)) : [...this.all, turn];
    return turn;
  }

  private outcomes({ hunks }: ChatTurn, before: ViewTurn | undefined): readonly HunkOutcome[] {
    return hunks.map(({ review }) => {
      if (review === "") {
        return UNKNOWN;
      }
      // A repair may have put another hunk into its place.
      const index = before?.hunks.findIndex((hunk) => hunk.review === review) ?? -1;
      const { outcome } = before?.outcomes[index] ?? UNKNOWN;
      return this.review.get(review) ?? { outcome: gone(outcome), note: "" };
    });
  }
}

/** Whether the review has it now, and knows where it stands. */
export function isInReview(outcome: Outcome): boolean {
  return outcome === "proposed" || outcome === "accepted" || outcome === "stale";
}

/** What a hunk that was in the review has become when it is there no more. */
function gone(before: Outcome): Outcome {
  if (before === "accepted") {
    return "reverted";
  }
  return before === "proposed" || before === "stale" ? "rejected" : before === "writing" ? "" : before;
}

function ended(turn: ViewTurn): ViewTurn {
  if (!turn.live) {
    return turn;
  }
  const outcomes = turn.outcomes.map(({ outcome, note }) => ({
    outcome: outcome === "proposed" || outcome === "stale" || outcome === "writing" ? "lost" : outcome,
    note,
  }));
  const cut = { state: "stopped", detail: "The server ended before this was answered" } as const;
  const open = isWorking(turn.state) || (turn.state === "asking" && turn.escalation !== "");
  return { ...turn, ...(open ? cut : {}), escalation: "", repair: "", outcomes, live: false };
}

function same(one: readonly HunkOutcome[], other: readonly HunkOutcome[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ outcome, note }, index) => outcome === other[index]?.outcome && note === other[index].note)
  );
}
