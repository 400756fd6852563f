/** Where the Python that runs the server is found. Nothing here knows VS Code or touches a disk by itself. */
import { posix as path } from "node:path";

/** What is needed of the file system. */
export interface Files {
  isExecutable(path: string): boolean;
  /** The text of a file; undefined when it can't be read. */
  read(path: string): string | undefined;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Resolution =
  | { readonly kind: "found"; readonly python: string; readonly source: string }
  /** The user named one that can't be used: that is said, not silently replaced by another. */
  | { readonly kind: "unusable"; readonly problem: string }
  | { readonly kind: "missing" };

/** Written last, so that an environment without it is one whose installation was interrupted. */
export const INSTALLED_MARKER = "farthing-installed";

const RECORD = "server-python";

/** Our own virtual environment; one for each version of the extension, which carries that version of the server. */
export function ownEnvironment(storage: string, version: string): string {
  return path.join(storage, `env-${version}`);
}

export function pythonIn(environment: string): string {
  return path.join(environment, "bin", "python");
}

/** The server's data directory, as `server/farthing/paths.py` has it. */
export function dataDirectory({ platform, home, env }: Machine): string {
  if (env["FARTHING_HOME"]) {
    return path.resolve(expandHome(env["FARTHING_HOME"], home));
  }
  const xdg = expandHome(env["XDG_DATA_HOME"]?.trim() ?? "", home);
  if (path.isAbsolute(xdg)) {
    return path.join(xdg, "farthing");
  }
  return platform === "darwin"
    ? path.join(home, "Library", "Application Support", "farthing")
    : path.join(home, ".local", "share", "farthing");
}

/**
 * Finds the Python that runs the server: the one of the settings, of `FARTHING_PYTHON`, of our own environment, or the
 * one that a checkout's `./scripts/run` recorded.
 */
export function resolveServer(setting: string, environment: string, machine: Machine, files: Files): Resolution {
  const named = [
    { value: setting, source: "the setting farthing.server.python" },
    { value: machine.env["FARTHING_PYTHON"] ?? "", source: "the variable FARTHING_PYTHON" },
  ].find(({ value }) => value !== "");
  if (named) {
    const python = findExecutable(named.value, machine, files);
    return python === undefined
      ? { kind: "unusable", problem: `${named.source} names ${named.value}, which is no program on this machine` }
      : { kind: "found", python, source: named.source };
  }
  if (files.read(path.join(environment, INSTALLED_MARKER)) !== undefined) {
    const python = pythonIn(environment);
    // The interpreter that it was made from may have been removed since; then it has to be made again.
    if (files.isExecutable(python)) {
      return { kind: "found", python, source: "the environment that this extension made" };
    }
  }
  const record = path.join(dataDirectory(machine), RECORD);
  const recorded = files.read(record)?.trim();
  if (recorded && path.isAbsolute(recorded) && files.isExecutable(recorded)) {
    return { kind: "found", python: recorded, source: record };
  }
  return { kind: "missing" };
}

/** The Pythons that may be used to make an environment, best first. macOS's own `python3` is too old. */
export function basePythons(setting: string, machine: Machine, files: Files): string[] {
  const names = setting ? [setting] : ["python3", "python3.13", "python3.12", "python3.11", "python3.14"];
  const found = names.map((name) => findExecutable(name, machine, files));
  return [...new Set(found.filter((python) => python !== undefined))];
}

/** A path as it is, a bare name from PATH. Relative paths are refused: they would depend on the workspace. */
export function findExecutable(name: string, { home, env }: Machine, files: Files): string | undefined {
  const expanded = expandHome(name, home);
  const candidates = expanded.includes("/")
    ? [expanded]
    : (env["PATH"] ?? "").split(path.delimiter).map((directory) => path.join(directory, expanded));
  return candidates.find((candidate) => path.isAbsolute(candidate) && files.isExecutable(candidate));
}

/**
 * The variables that the server and its installation run with: nothing of the workspace or of another Python is imported.
 *
 * With `environment` the programs of that virtual environment come first.
 */
export function childEnvironment(env: Machine["env"], environment?: string): Record<string, string> {
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !["PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"].includes(entry[0]),
  );
  const result: Record<string, string> = { ...Object.fromEntries(inherited), PYTHONSAFEPATH: "1", PYTHONUTF8: "1" };
  if (environment !== undefined) {
    result["VIRTUAL_ENV"] = environment;
    result["PATH"] = [path.join(environment, "bin"), env["PATH"] ?? ""].join(path.delimiter);
    // The engine's part for images is of no use here: it is not built.
    result["CMAKE_ARGS"] ??= "-DLLAVA_BUILD=OFF";
  }
  return result;
}

function expandHome(name: string, home: string): string {
  return name === "~" || name.startsWith("~/") ? path.join(home, name.slice(1)) : name;
}
