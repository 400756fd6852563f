/** What the server says about conversations and reviews, handed on to whatever shows it. */
import { type Disposable, EventEmitter } from "vscode";

import type { ChatText, ChatTurn, Review } from "./chatProtocol";

const NOTHING: Review = { files: [] };

export class ChatNews implements Disposable {
  private readonly turnEmitter = new EventEmitter<ChatTurn>();
  /** All of a turn, whenever something but its text changed. */
  readonly onDidChangeTurn = this.turnEmitter.event;
  private readonly textEmitter = new EventEmitter<ChatText>();
  /** More text of a turn. */
  readonly onDidGrowText = this.textEmitter.event;
  private readonly reviewEmitter = new EventEmitter<Review>();
  /** Everything that is to be reviewed; nothing once the server is gone. */
  readonly onDidChangeReview = this.reviewEmitter.event;
  private readonly endEmitter = new EventEmitter<void>();
  /** The server is gone, and with it all conversations: no turn of them goes on. */
  readonly onDidEnd = this.endEmitter.event;
  private currentReview: Review = NOTHING;

  /** What was told last. */
  get review(): Review {
    return this.currentReview;
  }

  turnChanged(turn: ChatTurn): void {
    this.turnEmitter.fire(turn);
  }

  textGrew(text: ChatText): void {
    this.textEmitter.fire(text);
  }

  reviewChanged(review: Review): void {
    this.currentReview = review;
    this.reviewEmitter.fire(review);
  }

  ended(): void {
    // First the end: hunks that vanish with the server were not rejected.
    this.endEmitter.fire();
    this.reviewChanged(NOTHING);
  }

  dispose(): void {
    this.turnEmitter.dispose();
    this.textEmitter.dispose();
    this.reviewEmitter.dispose();
    this.endEmitter.dispose();
  }
}
