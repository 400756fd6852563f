/** The language client, and Farthing's own requests over it. Loaded only when a server is started: it is large. */
import { type CancellationToken, type Disposable, type LogOutputChannel, workspace } from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  type ErrorHandler,
  type LanguageClient,
  type Middleware,
  RevealOutputChannelOn,
  State,
  WorkDoneProgress,
} from "vscode-languageclient/node";

import type { ChatNews } from "./chatNews";
import {
  CHAT_TEXT_DID_GROW,
  CHAT_TURN_DID_CHANGE,
  CLOSE_CONVERSATION,
  type ChatText,
  type ChatTurn,
  type ChatTurnId,
  type ConversationParams,
  DECIDE_HUNKS,
  type DecideHunksParams,
  type DecideHunksResult,
  PREVIEW_CONTEXT,
  PROPOSED_TEXT,
  type ProposedTextParams,
  type ProposedTextResult,
  REVIEW_DID_CHANGE,
  type Receipt,
  type Review,
  SEND_CHAT,
  STOP_CHAT,
  type SendChatParams,
} from "./chatProtocol";
import { CloudClient } from "./cloudClient";
import { watchCursor } from "./cursor";
import type { InlineCompletionMiddleware } from "./inlineCompletion";
import {
  COMPLETION_DID_GROW,
  COMPLETION_STATISTICS,
  CURSOR_DID_MOVE,
  type CompletionGrowth,
  type CompletionStatistics,
  LEDGER_DID_CHANGE,
  LIST_MODELS,
  type LedgerStatus,
  type ModelInfo,
  NEW_SESSION,
  PAUSE_CLOUD,
  PULL_MODEL,
  type PauseCloudParams,
  type PullModelParams,
  type PullModelResult,
  RAISE_CAP,
  RESTART_ENGINE,
  type RaiseCapParams,
  STATUS_DID_CHANGE,
  type Status,
  USAGE_REPORT,
  type UsageReport,
} from "./protocol";
import { QuietClient, forwardLog } from "./quietClient";
import { quietTrace } from "./quietTrace";

export interface ClientOptions {
  readonly python: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly log: LogOutputChannel;
  readonly middleware: InlineCompletionMiddleware;
  readonly onStatus: (status: Status) => void;
  readonly onLedger: (status: LedgerStatus) => void;
  readonly chat: ChatNews;
  /** There is more to a completion of this document. */
  readonly onCompletionGrowth: (uri: string) => void;
  /** A command of the server will be run; gives the arguments to run it with. */
  readonly onCommand: (command: string, args: unknown[]) => unknown[];
  /** It answers, for the first time or again. */
  readonly onRun: () => void;
  /** The server ended by itself; with `restarts` it is being started again. */
  readonly onCrash: (restarts: boolean) => void;
}

/** pygls answers a request of ours that has no `params` at all with an internal error. */
const NO_PARAMETERS = {};

/** Progress of a download; percent is undefined while it is not known. */
export type Report = (percent: number | undefined, message: string | undefined) => void;

export class FarthingClient {
  /** What it is asked about models that cost. */
  readonly cloud: CloudClient;
  private readonly client: LanguageClient;
  private readonly subscriptions: readonly Disposable[];
  private pulls = 0;
  private cameUp = false;

  constructor(private readonly options: ClientOptions) {
    const { python, cwd, env, log, middleware } = options;
    this.client = new QuietClient(
      "farthing",
      "Farthing",
      { command: python, args: ["-m", "farthing", "serve"], options: { cwd, env } },
      {
        documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }],
        outputChannel: log,
        traceOutputChannel: quietTrace(log),
        // Messages are for what a user can act on; the rest is in the log.
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        middleware: { ...middleware, executeCommand: this.executeCommand },
        initializationOptions: { completionDidGrow: true, changesByKeystroke: true, review: true },
        errorHandler: this.errorHandler(),
        initializationFailedHandler: () => false,
        stdioOptions: { stdout: () => undefined, stderr: forwardLog },
      },
    );
    this.client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        options.onRun();
      }
    });
    this.cloud = new CloudClient(this.client);
    this.subscriptions = this.follow(options);
  }

  /** Rejects when the server does not come up. */
  async start(): Promise<void> {
    await this.client.start();
    this.cameUp = true;
    const server = this.client.initializeResult?.serverInfo;
    this.options.log.info(`Connected to ${server?.name ?? "the server"} ${server?.version ?? ""}`);
  }

  async stop(): Promise<void> {
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
    try {
      await this.client.dispose();
    } catch (error) {
      // One that never came up, or that hangs: the client ends its process.
      this.options.log.warn(`The server did not stop in order: ${String(error)}`);
    }
  }

  listModels(): Promise<readonly ModelInfo[]> {
    return this.client.sendRequest<readonly ModelInfo[]>(LIST_MODELS, NO_PARAMETERS);
  }

  async pullModel(id: string, report: Report, token: CancellationToken): Promise<PullModelResult> {
    this.pulls += 1;
    const params: PullModelParams = { id, workDoneToken: `farthing-pull-${this.pulls}` };
    const progress = this.client.onProgress(WorkDoneProgress.type, params.workDoneToken ?? "", (value) => {
      report(value.kind === "end" ? undefined : value.percentage, value.message);
    });
    try {
      return await this.client.sendRequest<PullModelResult>(PULL_MODEL, params, token);
    } finally {
      progress.dispose();
    }
  }

  completionStatistics(): Promise<CompletionStatistics> {
    return this.client.sendRequest<CompletionStatistics>(COMPLETION_STATISTICS, NO_PARAMETERS);
  }

  async restartEngine(): Promise<void> {
    await this.client.sendRequest(RESTART_ENGINE, NO_PARAMETERS);
  }

  async raiseCap(tokens: number): Promise<void> {
    const params: RaiseCapParams = { tokens };
    await this.client.sendRequest(RAISE_CAP, params);
  }

  async newSession(): Promise<void> {
    await this.client.sendRequest(NEW_SESSION, NO_PARAMETERS);
  }

  async pauseCloud(paused: boolean): Promise<void> {
    const params: PauseCloudParams = { paused };
    await this.client.sendRequest(PAUSE_CLOUD, params);
  }

  usageReport(): Promise<UsageReport> {
    return this.client.sendRequest<UsageReport>(USAGE_REPORT, NO_PARAMETERS);
  }

  /** Resolves at once; what becomes of it is told by `ChatNews`. */
  sendChat(params: SendChatParams): Promise<ChatTurnId> {
    return this.client.sendRequest<ChatTurnId>(SEND_CHAT, params);
  }

  previewContext(params: SendChatParams, token?: CancellationToken): Promise<Receipt> {
    // A token that is undefined would make a list of the parameters.
    return token
      ? this.client.sendRequest<Receipt>(PREVIEW_CONTEXT, params, token)
      : this.client.sendRequest<Receipt>(PREVIEW_CONTEXT, params);
  }

  async stopChat(conversation: string): Promise<void> {
    const params: ConversationParams = { conversation };
    await this.client.sendRequest(STOP_CHAT, params);
  }

  async closeConversation(conversation: string): Promise<void> {
    const params: ConversationParams = { conversation };
    await this.client.sendRequest(CLOSE_CONVERSATION, params);
  }

  /** The server sends the edits by `workspace/applyEdit` before it answers. */
  decideHunks(action: DecideHunksParams["action"], ids: readonly string[]): Promise<DecideHunksResult> {
    const params: DecideHunksParams = { action, ids };
    return this.client.sendRequest<DecideHunksResult>(DECIDE_HUNKS, params);
  }

  /** The document with all hunks that are proposed. */
  async proposedText(uri: string): Promise<string> {
    const params: ProposedTextParams = { uri };
    return (await this.client.sendRequest<ProposedTextResult>(PROPOSED_TEXT, params)).text;
  }

  private readonly executeCommand: NonNullable<Middleware["executeCommand"]> = (command, args, next) =>
    next(command, this.options.onCommand(command, args)) as unknown;

  /** What is told without being asked for, by the server and by VS Code. */
  private follow(options: ClientOptions): Disposable[] {
    return [
      this.client.onNotification(STATUS_DID_CHANGE, options.onStatus),
      this.client.onNotification(LEDGER_DID_CHANGE, options.onLedger),
      ...this.handOnChat(options.chat),
      this.client.onNotification(COMPLETION_DID_GROW, (growth: CompletionGrowth) => {
        options.onCompletionGrowth(growth.uri);
      }),
      watchCursor((place) => {
        if (this.client.isRunning()) {
          void this.client.sendNotification(CURSOR_DID_MOVE, place);
        }
      }),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("farthing") && this.client.isRunning()) {
          // Only the news: the server asks for the values by workspace/configuration.
          void this.client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
        }
      }),
    ];
  }

  private handOnChat(news: ChatNews): Disposable[] {
    return [
      this.client.onNotification(CHAT_TURN_DID_CHANGE, (turn: ChatTurn) => {
        news.turnChanged(turn);
      }),
      this.client.onNotification(CHAT_TEXT_DID_GROW, (text: ChatText) => {
        news.textGrew(text);
      }),
      this.client.onNotification(REVIEW_DID_CHANGE, (review: Review) => {
        news.reviewChanged(review);
      }),
    ];
  }

  /** The client's default (four restarts, not more than five crashes in three minutes) with our words for the user. */
  private errorHandler(): ErrorHandler {
    let standard: ErrorHandler | undefined;
    const handler = (): ErrorHandler => (standard ??= this.client.createDefaultErrorHandler());
    return {
      error: async (error, message, count) => {
        const result = await handler().error(error, message, count);
        if (result.action === ErrorAction.Shutdown && this.cameUp) {
          this.options.onCrash(false);
        }
        return { ...result, handled: true };
      },
      closed: async () => {
        if (this.client.state !== State.Running) {
          // It did not come up, so another try would end the same way. The first time start() rejects and says so.
          if (this.cameUp) {
            this.options.onCrash(false);
          }
          return { action: CloseAction.DoNotRestart, handled: true };
        }
        const result = await handler().closed();
        this.options.onCrash(result.action === CloseAction.Restart);
        return { ...result, handled: true };
      },
    };
  }
}
