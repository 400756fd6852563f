/** The server's life in this window: started where the workspace is trusted, restarted, installed, stopped. */
import { type Disposable, EventEmitter, type LogOutputChannel, commands, window, workspace } from "vscode";

import { ChatNews } from "./chatNews";
import type { FarthingClient } from "./client";
import type { ProviderInfo } from "./cloudProtocol";
import type { InlineCompletion } from "./inlineCompletion";
import { InstallationFailed, type Launcher } from "./launcher";
import type { CompletionStatistics, LedgerStatus, Status } from "./protocol";
import { setServerPython } from "./settings";

const RUNNING = "farthing.serverRunning";
const HAS_MODEL = "farthing.hasModel";

/** Milliseconds that a menu may wait for something that is only nice to have. */
const PATIENCE = 500;

interface Retry {
  readonly label: string;
  readonly command: string;
}

const RESTART: Retry = { label: "Restart Server", command: "farthing.restartServer" };
const INSTALL: Retry = { label: "Try Again", command: "farthing.installServer" };

export class Server implements Disposable {
  /** What it says about conversations and about hunks that are to be reviewed. */
  readonly chat = new ChatNews();
  /** Asked before a command of the server is run; gives the arguments to run it with. */
  onWillRun: (command: string, args: unknown[]) => unknown[] = (_, args) => args;
  private readonly statusEmitter = new EventEmitter<Status>();
  /** The server's own word while it runs, else why it does not. */
  readonly onDidChangeStatus = this.statusEmitter.event;
  private readonly ledgerEmitter = new EventEmitter<LedgerStatus | undefined>();
  /** Undefined when no server runs any more: what was known may no longer be so. */
  readonly onDidChangeLedger = this.ledgerEmitter.event;
  private readonly runEmitter = new EventEmitter<void>();
  /** A server answers: the first one, or one that was started after it. It knows nothing of what others were told. */
  readonly onDidRun = this.runEmitter.event;
  private currentLedger: LedgerStatus | undefined;
  private current: Status = off("The server has not been started");
  private running: FarthingClient | undefined;
  /** Starts and stops, one after the other. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly launcher: Launcher,
    private readonly log: LogOutputChannel,
    private readonly completion: InlineCompletion,
  ) {}

  get status(): Status {
    return this.current;
  }

  /** Undefined while nothing is known. */
  get ledger(): LedgerStatus | undefined {
    return this.currentLedger;
  }

  /** Undefined while no server runs. */
  get client(): FarthingClient | undefined {
    return this.running;
  }

  /** Starts the server, or says why not. Never rejects. */
  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Ends the inference process, which all windows share. */
  async restartEngine(): Promise<void> {
    try {
      await this.running?.restartEngine();
    } catch (error) {
      this.say(`Farthing's engine was not restarted: ${String(error)}`, RESTART);
    }
  }

  /** What completion did today; undefined when the server does not say so at once. */
  statistics(): Promise<CompletionStatistics | undefined> {
    return atOnce(this.running?.completionStatistics());
  }

  /** Of the cloud; none when the server does not say so at once. */
  async providers(): Promise<readonly ProviderInfo[]> {
    return (await atOnce(this.running?.cloud.listProviders())) ?? [];
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  /** Asks nothing: whoever calls it has the user's consent. */
  async install(): Promise<void> {
    const before = this.current;
    this.report({ state: "loading", model: "", detail: "Installing the server", fix: "" });
    try {
      if (await this.launcher.install()) {
        await this.restart();
      } else {
        this.report(before);
      }
    } catch (error) {
      if (!(error instanceof InstallationFailed)) {
        throw error;
      }
      this.fail(`Farthing's server was not installed: ${error.message}`, "Then install it again", INSTALL);
    }
  }

  dispose(): void {
    this.statusEmitter.dispose();
    this.ledgerEmitter.dispose();
    this.runEmitter.dispose();
    this.chat.dispose();
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work);
    return this.queue;
  }

  private async startNow(): Promise<void> {
    if (!workspace.isTrusted) {
      this.report(off("Nothing runs in Restricted Mode", "Trust this workspace to get completions"));
      return;
    }
    if (this.running) {
      return;
    }
    const found = this.launcher.find();
    if (found.kind === "unusable") {
      this.fail(`Farthing can't start: ${found.problem}`, "Correct it, then run Farthing: Restart Server");
      return;
    }
    if (found.kind === "missing") {
      this.report(off("The server is not installed", "Run Farthing: Install Server"));
      void this.offerInstallation();
      return;
    }
    this.log.info(`Starting the server with ${found.python} (${found.source})`);
    await this.run(found.python);
  }

  private async run(python: string): Promise<void> {
    this.report({ state: "loading", model: "", detail: "The server starts", fix: "" });
    const { FarthingClient } = await import("./client");
    const client = new FarthingClient({
      python,
      cwd: this.launcher.prepareDirectory(),
      env: this.launcher.serverVariables(),
      log: this.log,
      middleware: this.completion.middleware,
      chat: this.chat,
      onCompletionGrowth: (uri) => {
        this.completion.grew(uri);
      },
      onStatus: (status) => {
        this.report(status);
      },
      onLedger: (status) => {
        this.reportLedger(status);
      },
      onCommand: (command, args) => this.onWillRun(command, args),
      onRun: () => {
        this.runEmitter.fire();
      },
      onCrash: (restarts) => {
        this.crashed(restarts);
      },
    });
    this.running = client;
    try {
      await client.start();
      await commands.executeCommand("setContext", RUNNING, true);
      this.launcher.removeOldEnvironments();
    } catch (error) {
      this.log.error(`The server did not start: ${String(error)}`);
      await this.stopNow();
      this.fail(`Farthing's server did not start with ${python}`, "The log has its last words");
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.running;
    this.running = undefined;
    await commands.executeCommand("setContext", RUNNING, false);
    if (client) {
      await client.stop();
      this.chat.ended();
      this.reportLedger(undefined);
      this.report(off("The server was stopped"));
    }
  }

  private crashed(restarts: boolean): void {
    this.chat.ended();
    this.reportLedger(undefined);
    if (restarts) {
      this.log.warn("The server ended by itself and is started again");
      this.report({ state: "loading", model: "", detail: "The server ended by itself and starts again", fix: "" });
      return;
    }
    this.running = undefined;
    void commands.executeCommand("setContext", RUNNING, false);
    this.fail("Farthing's server keeps ending by itself, so it was not started again", "The log has the reason");
  }

  private fail(detail: string, fix: string, retry: Retry = RESTART): void {
    this.report({ state: "error", model: "", detail, fix });
    this.say(detail, retry);
  }

  private say(message: string, retry: Retry): void {
    this.log.error(message);
    void window.showErrorMessage(message, "Show Log", retry.label).then((choice) => {
      if (choice !== undefined) {
        void commands.executeCommand(choice === retry.label ? retry.command : "farthing.showLog");
      }
    });
  }

  private async offerInstallation(): Promise<void> {
    const choice = await window.showInformationMessage(
      "Farthing needs to install its server: about 400 MB, and your C/C++ compiler builds the engine, which takes 3–6 minutes. Everything goes into a folder of its own.",
      "Install",
      "Not Now",
      "Use Another Python…",
    );
    if (choice === "Install") {
      await this.install();
    } else if (choice === "Use Another Python…") {
      const [python] = (await window.showOpenDialog({ title: "A Python that has farthing installed" })) ?? [];
      if (python) {
        await setServerPython(python.fsPath);
        await this.restart();
      }
    }
  }

  private reportLedger(status: LedgerStatus | undefined): void {
    this.currentLedger = status;
    this.ledgerEmitter.fire(status);
  }

  private report(status: Status): void {
    const had = hasModel(this.current);
    this.current = status;
    if (had !== hasModel(status)) {
      void commands.executeCommand("setContext", HAS_MODEL, !had);
    }
    this.statusEmitter.fire(status);
  }
}

function off(detail: string, fix = ""): Status {
  return { state: "off", model: "", detail, fix };
}

/** Undefined for what fails, as the client logs that, and for what is late. */
async function atOnce<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, PATIENCE, undefined);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  }
}

function hasModel({ state }: Status): boolean {
  return state === "ready" || state === "generating";
}
