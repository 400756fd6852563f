import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  basePythons,
  childEnvironment,
  dataDirectory,
  findExecutable,
  ownEnvironment,
  resolveServer,
} from "../src/environment";
import { fakeFiles, machine } from "./fakes";

const OWN = ownEnvironment("/storage", "0.1.0");
const OWN_PYTHON = "/storage/env-0.1.0/bin/python";
const MARKER = "/storage/env-0.1.0/farthing-installed";
const RECORD = "/h/.local/share/farthing/server-python";

describe("the Python of the server", () => {
  const programs = ["/named", "/variable", OWN_PYTHON, "/recorded"];
  const texts = { [MARKER]: "", [RECORD]: "/recorded\n" };
  const files = fakeFiles(programs, texts);

  function python(...args: Parameters<typeof resolveServer>): string {
    const found = resolveServer(...args);
    return found.kind === "found" ? found.python : found.kind;
  }

  test("each source gives way to the one before it", () => {
    const both = machine({ FARTHING_PYTHON: "/variable" });
    assert.equal(python("/named", OWN, both, files), "/named");
    assert.equal(python("", OWN, both, files), "/variable");
    assert.equal(python("", OWN, machine(), files), OWN_PYTHON);
    assert.equal(python("", OWN, machine(), fakeFiles(programs, { [RECORD]: "/recorded\n" })), "/recorded");
    assert.equal(python("", OWN, machine(), fakeFiles(programs)), "missing");
  });

  test("a named Python that is not there is an error and not replaced by another", () => {
    const found = resolveServer("/gone", OWN, machine(), files);
    assert.equal(found.kind, "unusable");
    assert.match(found.problem, /farthing\.server\.python names \/gone/);
    const variable = resolveServer("", OWN, machine({ FARTHING_PYTHON: "/gone" }), files);
    assert.equal(variable.kind, "unusable");
    assert.match(variable.problem, /FARTHING_PYTHON/);
  });

  test("an environment whose installation was interrupted is not used", () => {
    assert.equal(python("", OWN, machine(), fakeFiles([OWN_PYTHON])), "missing");
  });

  test("an environment whose interpreter is gone is not used", () => {
    assert.equal(python("", OWN, machine(), fakeFiles([], { [MARKER]: "" })), "missing");
  });

  test("an environment of another version is not used", () => {
    const other = fakeFiles(["/storage/env-0.0.9/bin/python"], { "/storage/env-0.0.9/farthing-installed": "" });
    assert.equal(python("", OWN, machine(), other), "missing");
  });

  for (const [what, text] of [
    ["empty", "\n"],
    ["relative", "recorded"],
    ["of a program that is gone", "/gone"],
  ] as const) {
    test(`a record that is ${what} is passed over`, () => {
      assert.equal(python("", OWN, machine(), fakeFiles(["recorded"], { [RECORD]: text })), "missing");
    });
  }

  test("FARTHING_HOME moves the record", () => {
    const moved = fakeFiles(["/recorded"], { "/elsewhere/server-python": "/recorded" });
    assert.equal(python("", OWN, machine({ FARTHING_HOME: "/elsewhere" }), moved), "/recorded");
  });
});

describe("the data directory", () => {
  test("is the platform's own", () => {
    assert.equal(dataDirectory(machine()), "/h/.local/share/farthing");
    assert.equal(dataDirectory(machine({}, "darwin")), "/h/Library/Application Support/farthing");
  });

  test("XDG_DATA_HOME moves it, unless it is relative", () => {
    assert.equal(dataDirectory(machine({ XDG_DATA_HOME: "/data" })), "/data/farthing");
    assert.equal(dataDirectory(machine({ XDG_DATA_HOME: "~/data" })), "/h/data/farthing");
    assert.equal(dataDirectory(machine({ XDG_DATA_HOME: "data" })), "/h/.local/share/farthing");
  });

  test("FARTHING_HOME comes first", () => {
    assert.equal(dataDirectory(machine({ FARTHING_HOME: "~/f", XDG_DATA_HOME: "/data" }, "darwin")), "/h/f");
  });
});

describe("finding programs", () => {
  const path = { PATH: "/a:/b::." };

  test("a bare name is looked up on PATH, in order", () => {
    assert.equal(findExecutable("python3", machine(path), fakeFiles(["/a/python3", "/b/python3"])), "/a/python3");
    assert.equal(findExecutable("python3", machine(path), fakeFiles(["/b/python3"])), "/b/python3");
  });

  test("nothing is found in the current directory", () => {
    assert.equal(findExecutable("python3", machine(path), fakeFiles(["python3", "./python3"])), undefined);
    assert.equal(findExecutable("./bin/python", machine(path), fakeFiles(["./bin/python"])), undefined);
  });

  test("~ is the home directory", () => {
    assert.equal(findExecutable("~/bin/python", machine(), fakeFiles(["/h/bin/python"])), "/h/bin/python");
  });

  test("newer Pythons are tried after python3, each once", () => {
    const files = fakeFiles(["/a/python3", "/b/python3.13", "/a/python3.11"]);
    assert.deepEqual(basePythons("", machine(path), files), ["/a/python3", "/b/python3.13", "/a/python3.11"]);
  });

  test("a base Python that the user named is the only candidate", () => {
    const files = fakeFiles(["/a/python3", "/x/python"]);
    assert.deepEqual(basePythons("/x/python", machine(path), files), ["/x/python"]);
    assert.deepEqual(basePythons("/gone", machine(path), files), []);
  });
});

describe("the variables of the server", () => {
  const inherited = {
    PATH: "/bin",
    PYTHONPATH: "/evil",
    PYTHONHOME: "/x",
    PIP_USER: "1",
    KEPT: "yes",
    GONE: undefined,
  };

  test("nothing that redirects imports is handed on", () => {
    assert.deepEqual(childEnvironment(inherited), {
      PATH: "/bin",
      KEPT: "yes",
      PYTHONSAFEPATH: "1",
      PYTHONUTF8: "1",
    });
  });

  test("the programs of the environment come first while it is filled", () => {
    const env = childEnvironment(inherited, "/env");
    assert.equal(env["PATH"], "/env/bin:/bin");
    assert.equal(env["VIRTUAL_ENV"], "/env");
  });
});
