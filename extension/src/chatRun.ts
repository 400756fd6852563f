/** One message to the server, from sending it to its end: for what is no view of ours. Nothing here knows VS Code. */
import type { ChatText, ChatTurn, ChatTurnId, SendChatParams } from "./chatProtocol";
import { isWorking } from "./chatTurns";

interface Subscription {
  dispose(): unknown;
}
type Listen<T> = (listener: (value: T) => void) => Subscription;

/** Where news of turns comes from. */
export interface News {
  readonly onDidChangeTurn: Listen<ChatTurn>;
  readonly onDidGrowText: Listen<ChatText>;
  readonly onDidEnd: Listen<void>;
}

/** What takes messages. */
export interface Server {
  sendChat(params: SendChatParams): Promise<ChatTurnId>;
  stopChat(conversation: string): Promise<void>;
}

export interface Heard {
  /** All of the turn. */
  turn(turn: ChatTurn): void;
  /** More of its text. */
  text(text: string): void;
}

/** Whoever asks may give it up. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  readonly onCancellationRequested: Listen<unknown>;
}

/** Resolves to the turn as it ended. Rejects when the server does not take the message, or ends. */
export async function runChat(
  server: Server,
  news: News,
  params: SendChatParams,
  cancellation: Cancellation,
  heard: Heard,
): Promise<ChatTurn> {
  const { conversation } = params;
  const stop = (): void => void server.stopChat(conversation);
  const subscriptions: Subscription[] = [];
  const ended = new Promise<ChatTurn>((resolve, reject) => {
    const follower = new Follower(conversation, heard, resolve);
    subscriptions.push(
      news.onDidChangeTurn((turn) => {
        follower.take(turn);
      }),
      news.onDidGrowText((growth) => {
        follower.take(growth);
      }),
      news.onDidEnd(() => {
        reject(new Error("the server ended before it was answered"));
      }),
      cancellation.onCancellationRequested(stop),
    );
    server.sendChat(params).then(({ turn }) => {
      follower.begin(turn);
      if (cancellation.isCancellationRequested) {
        stop();
      }
    }, reject);
  });
  try {
    return await ended;
  } finally {
    subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }
}

class Follower {
  private turn: number | undefined;
  /** News may come before the server's answer has said which turn they are of. */
  private readonly waiting: (ChatTurn | ChatText)[] = [];

  constructor(
    private readonly conversation: string,
    private readonly heard: Heard,
    private readonly end: (turn: ChatTurn) => void,
  ) {}

  take(item: ChatTurn | ChatText): void {
    if (item.conversation !== this.conversation) {
      return;
    }
    if (this.turn === undefined) {
      this.waiting.push(item);
    } else if (item.turn === this.turn) {
      this.hear(item);
    }
  }

  begin(turn: number): void {
    this.turn = turn;
    this.waiting.splice(0).forEach((item) => {
      this.take(item);
    });
  }

  private hear(item: ChatTurn | ChatText): void {
    if (!("state" in item)) {
      this.heard.text(item.text);
      return;
    }
    this.heard.turn(item);
    if (!isWorking(item.state)) {
      this.end(item);
    }
  }
}

/** A text that comes in pieces and as a whole: what of it has not been passed on yet. */
export class Flow {
  private passed = "";

  more(text: string): string {
    this.passed += text;
    return text;
  }

  /** `ended`: what is another text altogether is passed on too. */
  all(text: string, ended: boolean): string {
    if (text.startsWith(this.passed)) {
      return this.more(text.slice(this.passed.length));
    }
    return ended && text.trim() !== this.passed.trim() ? `\n\n${text}` : "";
  }
}
