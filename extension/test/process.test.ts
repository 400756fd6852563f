import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";

import { lock, run } from "../src/process";

const directory = mkdtempSync(join(tmpdir(), "farthing-test-"));
after(() => {
  rmSync(directory, { recursive: true });
});

function shell(script: string, signal: AbortSignal, onLine: (line: string) => void = () => undefined): Promise<number> {
  const env = { PATH: process.env["PATH"] ?? "" };
  return run({ command: "/bin/sh", args: ["-c", script], cwd: directory, env, onLine, signal });
}

describe("running a program", () => {
  const never = new AbortController().signal;

  test("both streams arrive line by line, and the exit code", async () => {
    const lines: string[] = [];
    const code = await shell("echo out; echo err >&2; printf unfinished; exit 3", never, (line) => lines.push(line));
    assert.equal(code, 3);
    assert.deepEqual(lines.toSorted(), ["err", "out", "unfinished"]);
  });

  test("one that is not there rejects", async () => {
    const missing = { command: join(directory, "none"), args: [], cwd: directory, env: {}, onLine: () => undefined };
    await assert.rejects(run({ ...missing, signal: never }), /ENOENT/);
  });

  test("cancelling ends it and what it started", async () => {
    const abort = new AbortController();
    let child = 0;
    const code = await shell("sleep 600 & echo $!; wait", abort.signal, (line) => {
      child = Number(line);
      abort.abort();
    });
    assert.notEqual(code, 0);
    assert.ok(child > 0);
    // Its output pipe is closed, so the child has ended; a zombie that nobody has reaped yet has ended, too.
    const stat = existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, "utf8") : "Z";
    assert.match(stat, /Z/);
  });

  test("one that was cancelled before is not started", async () => {
    const abort = new AbortController();
    abort.abort();
    await assert.rejects(shell("touch started", abort.signal), /cancelled/);
    assert.ok(!existsSync(join(directory, "started")));
  });
});

describe("the lock", () => {
  test("is held once and can be taken again after its release", () => {
    const path = join(directory, "lock");
    const release = lock(path);
    assert.ok(release);
    assert.equal(lock(path), undefined);
    release();
    assert.ok(lock(path));
  });

  test("of a dead process is taken over", async () => {
    const path = join(directory, "stale");
    let pid = "";
    await shell("echo $$", new AbortController().signal, (line) => {
      pid = line;
    });
    for (const text of [pid, "", "no number"]) {
      writeFileSync(path, text);
      assert.ok(lock(path), `a lock file with "${text}"`);
    }
  });
});
