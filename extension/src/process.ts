/** Runs programs line by line, ends them with everything that they started, and keeps two of them apart by a lock. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

const GRACE_MS = 3000;

/**
 * Runs a program to its end and returns its exit code; its output and its errors go to `onLine`.
 *
 * When the signal is aborted, the program and everything that it started (compilers, say) are ended. Rejects when the
 * program can't be started.
 */
export function run({ command, args, cwd, env, onLine, signal }: Run): Promise<number> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Error("cancelled before it began"));
      return;
    }
    // A process group of its own, which can be ended as a whole.
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let grace: NodeJS.Timeout | undefined;
    const end = (how: NodeJS.Signals): void => {
      if (child.pid !== undefined) {
        endGroup(child.pid, how);
      }
    };
    const abort = (): void => {
      end("SIGTERM");
      grace = setTimeout(end, GRACE_MS, "SIGKILL");
    };
    signal.addEventListener("abort", abort);
    const finish = (): void => {
      clearTimeout(grace);
      signal.removeEventListener("abort", abort);
    };
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
    }
    child.on("error", (error) => {
      finish();
      reject(error);
    });
    child.on("close", (code) => {
      finish();
      resolve(code ?? 1);
    });
  });
}

function endGroup(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(-pid, how);
  } catch {
    // It has ended by itself in the meantime.
  }
}

/**
 * Takes a lock file that names this process.
 *
 * @returns what releases it; undefined when another living process holds it. One that a dead process left is taken over.
 */
export function lock(path: string): (() => void) | undefined {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: "wx" });
      return () => {
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        throw error;
      }
    }
    if (isAlive(Number.parseInt(readFileSync(path, "utf8"), 10))) {
      return undefined;
    }
    rmSync(path, { force: true });
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
