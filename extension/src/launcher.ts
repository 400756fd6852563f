/** Finds the Python that runs the server, and with the user's consent makes an environment for it. */
import { accessSync, constants, mkdirSync, readFileSync, readdirSync, rm, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ExtensionContext, type LogOutputChannel, type Progress, ProgressLocation, window } from "vscode";

import {
  type Files,
  INSTALLED_MARKER,
  type Machine,
  type Resolution,
  basePythons,
  childEnvironment,
  ownEnvironment,
  resolveServer,
} from "./environment";
import {
  type Bundle,
  type Step,
  VERSION_ARGUMENTS,
  diagnose,
  findBundle,
  installationSteps,
  isRecentEnough,
  parseVersion,
} from "./installation";
import { lock, run } from "./process";
import { basePython, serverPython } from "./settings";

/** What of the output is looked at for the cause of a failure. */
const TAIL_LINES = 400;

const files: Files = {
  isExecutable: (path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  },
  read: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
};

/** A reason for which the server can't be installed, one line for the user. */
export class InstallationFailed extends Error {}

export class Launcher {
  /** Where the server and everything that installs it run: never the workspace, whose files Python might import. */
  private readonly directory: string;
  private readonly environment: string;
  private readonly machine: Machine = { platform: process.platform, home: homedir(), env: process.env };
  private installing: Promise<boolean> | undefined;

  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
  ) {
    this.directory = context.globalStorageUri.fsPath;
    const { version } = context.extension.packageJSON as { version: string };
    this.environment = ownEnvironment(this.directory, version);
  }

  find(): Resolution {
    return resolveServer(serverPython(), this.environment, this.machine, files);
  }

  /** Makes the directory that the server runs in. */
  prepareDirectory(): string {
    mkdirSync(this.directory, { recursive: true });
    return this.directory;
  }

  /** The variables that the server runs with. */
  serverVariables(): Record<string, string> {
    return childEnvironment(process.env);
  }

  /**
   * Installs the server into our own environment, with progress; a second call joins the first.
   *
   * @returns whether it was done: false when the user cancelled, which keeps what has been fetched.
   * @throws InstallationFailed
   */
  install(): Promise<boolean> {
    this.installing ??= this.installOnce().finally(() => {
      this.installing = undefined;
    });
    return this.installing;
  }

  private async installOnce(): Promise<boolean> {
    const bundle = this.bundle();
    const release = lock(join(this.prepareDirectory(), "install.lock"));
    if (release === undefined) {
      throw new InstallationFailed("another window is installing it: wait for it, then run Farthing: Restart Server");
    }
    const abort = new AbortController();
    // Reloading or closing the window must not leave compilers running.
    this.context.subscriptions.push({
      dispose: () => {
        abort.abort();
      },
    });
    try {
      return await window.withProgress(
        { location: ProgressLocation.Notification, title: "Farthing", cancellable: true },
        async (progress, token) => {
          token.onCancellationRequested(() => {
            abort.abort();
          });
          return this.runSteps(bundle, progress, abort.signal);
        },
      );
    } finally {
      release();
    }
  }

  private async runSteps(
    bundle: Bundle,
    progress: Progress<{ message?: string; increment?: number }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const base = await this.basePython(signal);
    for (const step of installationSteps(base, this.environment, bundle)) {
      progress.report({ message: step.title });
      if (!(await this.runStep(step, signal))) {
        this.log.info("The installation was cancelled; what has been fetched is kept for the next time");
        return false;
      }
      progress.report({ increment: step.share });
    }
    writeFileSync(join(this.environment, INSTALLED_MARKER), `${bundle.wheel}\n`);
    return true;
  }

  /** Removes the environments of other versions of the extension: each takes some 400 MB. */
  removeOldEnvironments(): void {
    if (files.read(join(this.environment, INSTALLED_MARKER)) === undefined) {
      return;
    }
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      if (name.startsWith("env-") && path !== this.environment) {
        rm(path, { recursive: true, force: true }, (error) => {
          this.log.info(error ? `${path} was not removed: ${error.message}` : `Removed ${path} of another version`);
        });
      }
    }
  }

  private bundle(): Bundle {
    const directory = this.context.asAbsolutePath("bundled");
    let names: string[] = [];
    try {
      names = readdirSync(directory);
    } catch {
      // Said below: an extension that was built without the server has no such directory.
    }
    const bundle = findBundle(directory, names);
    if (bundle === undefined) {
      throw new InstallationFailed(
        "this build of the extension does not carry the server: run ./scripts/run in the repository, or set farthing.server.python",
      );
    }
    return bundle;
  }

  private async basePython(signal: AbortSignal): Promise<string> {
    const setting = basePython();
    const tooOld: string[] = [];
    for (const python of basePythons(setting, this.machine, files)) {
      const version = parseVersion((await this.output(python, VERSION_ARGUMENTS, signal)).join("\n"));
      if (version && isRecentEnough(version)) {
        return python;
      }
      tooOld.push(version ? `${python} is ${version.join(".")}` : `${python} does not run`);
    }
    const looked = tooOld.length > 0 ? tooOld.join(", ") : setting ? `${setting} is no program` : "no python3 on PATH";
    throw new InstallationFailed(
      `Python 3.11 or newer is needed (${looked}): install one, or name it in farthing.server.basePython`,
    );
  }

  /** @returns false when it was cancelled. */
  private async runStep(step: Step, signal: AbortSignal): Promise<boolean> {
    this.log.info(`${step.title}: ${step.command} ${step.args.join(" ")}`);
    const tail: string[] = [];
    const onLine = (line: string): void => {
      this.log.info(line);
      tail.push(line);
      if (tail.length > TAIL_LINES) {
        tail.shift();
      }
    };
    const env = childEnvironment(process.env, this.environment);
    try {
      const code = await run({ ...step, cwd: this.directory, env, onLine, signal });
      if (code === 0 || signal.aborted) {
        return !signal.aborted;
      }
    } catch (error) {
      if (signal.aborted) {
        return false;
      }
      onLine(String(error));
    }
    throw new InstallationFailed(`${step.title.toLowerCase()} failed: ${diagnose(tail.join("\n"))}`);
  }

  private async output(command: string, args: readonly string[], signal: AbortSignal): Promise<string[]> {
    const lines: string[] = [];
    const onLine = (line: string): void => {
      lines.push(line);
    };
    try {
      await run({ command, args, cwd: this.directory, env: childEnvironment(process.env), onLine, signal });
    } catch (error) {
      this.log.warn(`${command} can't be run: ${String(error)}`);
    }
    return lines;
  }
}
