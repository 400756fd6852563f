/** What installing the server consists of, as data, and what its failures mean. Nothing here runs anything. */
import { posix as path } from "node:path";

import { pythonIn } from "./environment";

export const OLDEST_PYTHON: readonly [number, number] = [3, 11];

/** Prints what {@link parseVersion} reads. */
export const VERSION_ARGUMENTS: readonly string[] = ["-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"];

export interface Step {
  /** Shown while it runs. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its part of the whole, in percent. */
  readonly share: number;
}

/** The files that `scripts/package` put into the extension. */
export interface Bundle {
  /** The server, never looked up in an index by its name: anybody could publish that. */
  readonly wheel: string;
  /** What the server's dependencies are built with, by hash. */
  readonly buildLock: string;
  /** The server's dependencies, by hash. */
  readonly lock: string;
}

/** @returns undefined when the directory does not hold exactly what is needed. */
export function findBundle(directory: string, names: readonly string[]): Bundle | undefined {
  const [wheel, another] = names.filter((name) => name.startsWith("farthing-") && name.endsWith(".whl"));
  const [buildLock, lock] = ["requirements-build.lock", "requirements.lock"].filter((name) => names.includes(name));
  if (wheel === undefined || another !== undefined || buildLock === undefined || lock === undefined) {
    return undefined;
  }
  return {
    wheel: path.join(directory, wheel),
    buildLock: path.join(directory, buildLock),
    lock: path.join(directory, lock),
  };
}

/** The steps in order. Each may be repeated, so an interrupted installation is simply begun again. */
export function installationSteps(basePython: string, environment: string, bundle: Bundle): readonly Step[] {
  const command = pythonIn(environment);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off"];
  const hashed = [...pip, "--require-hashes"];
  return [
    {
      title: "Making a Python environment",
      command: basePython,
      args: ["-m", "venv", environment],
      share: 5,
    },
    {
      title: "Fetching the build tools",
      command,
      args: [...hashed, "-r", bundle.buildLock],
      share: 10,
    },
    {
      title: "Fetching the libraries and building the engine (some minutes)",
      command,
      args: [...hashed, "--no-build-isolation", "-r", bundle.lock],
      share: 80,
    },
    {
      title: "Installing Farthing's server",
      command,
      args: [...pip, "--force-reinstall", "--no-deps", "--no-index", bundle.wheel],
      share: 5,
    },
  ];
}

/** @returns undefined when the text is not a version. */
export function parseVersion(text: string): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)$/.exec(text.trim());
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function isRecentEnough([major, minor]: readonly [number, number]): boolean {
  return major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
}

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/No space left on device|ENOSPC/, "the disk is full: free about 1 GB and try again"],
  [
    /ensurepip is not available|No module named '?(?:ensurepip|venv)/,
    "this Python can't make environments: install its venv package (Debian, Ubuntu: apt install python3-venv)",
  ],
  [
    /CMAKE_C(?:XX)?_COMPILER not set|No CMAKE_C(?:XX)?_COMPILER could be found|xcrun: error|No such file or directory: '(?:cc|c\+\+|gcc|g\+\+)'/,
    "there is no C/C++ compiler: install one (Debian, Ubuntu: apt install build-essential; macOS: xcode-select --install)",
  ],
  [
    /DO NOT MATCH THE HASHES/,
    "a downloaded package is not the one that this version was made with, so nothing of it was used: check your package index",
  ],
  [
    /Failed to establish a new connection|Temporary failure in name resolution|Max retries exceeded|ProxyError|ConnectTimeout|ReadTimeout|Network is unreachable/,
    "the Python package index can't be reached: check the network or pip's configuration and try again",
  ],
  [
    /No matching distribution found/,
    "the Python package index lacks a package: check pip's configuration; the log names the package",
  ],
  [/Failed building wheel|Failed to build/, "a library could not be built: the log has the compiler's words"],
];

/** The likely cause of a failed installation, one line, from what its programs wrote. */
export function diagnose(output: string): string {
  const cause = CAUSES.find(([pattern]) => pattern.test(output));
  return cause ? cause[1] : "the log has the details";
}
