import type { Files, Machine } from "../src/environment";

/** A file system of texts; programs are named apart. */
export function fakeFiles(programs: readonly string[], texts: Readonly<Record<string, string>> = {}): Files {
  return { isExecutable: (path) => programs.includes(path), read: (path) => texts[path] };
}

export function machine(env: Machine["env"] = {}, platform: NodeJS.Platform = "linux"): Machine {
  return { platform, home: "/h", env };
}
