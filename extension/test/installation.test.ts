import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { diagnose, findBundle, installationSteps, isRecentEnough, parseVersion } from "../src/installation";

const NAMES = ["farthing-0.1.0-py3-none-any.whl", "requirements.lock", "requirements-build.lock"];

describe("the bundle", () => {
  test("is the wheel and both locks", () => {
    assert.deepEqual(findBundle("/x/bundled", NAMES), {
      wheel: "/x/bundled/farthing-0.1.0-py3-none-any.whl",
      buildLock: "/x/bundled/requirements-build.lock",
      lock: "/x/bundled/requirements.lock",
    });
  });

  for (const missing of NAMES) {
    test(`is none without ${missing}`, () => {
      assert.equal(
        findBundle(
          "/x",
          NAMES.filter((name) => name !== missing),
        ),
        undefined,
      );
    });
  }

  test("is none with two wheels: which is right can't be known", () => {
    assert.equal(findBundle("/x", [...NAMES, "farthing-0.0.9-py3-none-any.whl"]), undefined);
  });
});

describe("the steps", () => {
  const bundle = findBundle("/x", NAMES);
  assert.ok(bundle);
  const steps = installationSteps("/usr/bin/python3", "/s/env", bundle);

  test("the environment is made by the base Python, everything else by its own", () => {
    assert.deepEqual(
      steps.map((step) => step.command),
      ["/usr/bin/python3", "/s/env/bin/python", "/s/env/bin/python", "/s/env/bin/python"],
    );
    assert.deepEqual(steps[0]?.args, ["-m", "venv", "/s/env"]);
  });

  test("the build tools come before what is built with them, without isolation", () => {
    assert.equal(steps[1]?.args.at(-1), bundle.buildLock);
    assert.equal(steps[2]?.args.at(-1), bundle.lock);
    assert.ok(steps[2].args.includes("--no-build-isolation"));
  });

  test("whatever comes from an index is checked by hash", () => {
    for (const step of steps.slice(1)) {
      assert.ok(step.args.includes("--no-index") || step.args.includes("--require-hashes"), step.title);
    }
  });

  test("the server comes from its file alone: its name is given to no index", () => {
    const last = steps.at(-1);
    assert.ok(last?.args.includes("--no-index") && last.args.includes("--no-deps"));
    for (const argument of steps.flatMap((step) => step.args)) {
      assert.doesNotMatch(argument, /^farthing/);
    }
  });

  test("their shares make a whole", () => {
    assert.equal(
      steps.reduce((sum, step) => sum + step.share, 0),
      100,
    );
  });
});

describe("the version of a Python", () => {
  for (const [text, version, recent] of [
    ["3.11\n", [3, 11], true],
    ["3.14", [3, 14], true],
    ["4.0", [4, 0], true],
    ["3.9", [3, 9], false],
    ["2.7", [2, 7], false],
  ] as const) {
    test(`${text.trim()} is ${recent ? "recent enough" : "too old"}`, () => {
      assert.deepEqual(parseVersion(text), version);
      assert.equal(isRecentEnough(version), recent);
    });
  }

  test("other words are no version", () => {
    assert.equal(parseVersion("xcrun: error: no developer tools"), undefined);
  });
});

describe("the cause of a failure", () => {
  for (const [output, cause] of [
    ["OSError: [Errno 28] No space left on device", /disk is full/],
    ["The virtual environment was not created successfully because ensurepip is not available.", /python3-venv/],
    ["/usr/bin/python3: No module named venv", /python3-venv/],
    ["CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", /no C\/C\+\+ compiler/],
    ["  No CMAKE_C_COMPILER could be found.\nERROR: Failed building wheel for x", /no C\/C\+\+ compiler/],
    ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", /not the one/],
    [
      "WARNING: Retrying: Failed to establish a new connection\nERROR: No matching distribution found for cmake",
      /can't be reached/,
    ],
    ["ERROR: No matching distribution found for cmake==4.3.0", /lacks a package/],
    ["llama.cpp: error: expected ';'\nERROR: Failed building wheel for llama-cpp-python", /could not be built/],
    ["something else", /log has the details/],
  ] as const) {
    test(`is said in one line: ${output.slice(0, 48).replaceAll("\n", " ")}`, () => {
      assert.match(diagnose(output), cause);
      assert.doesNotMatch(diagnose(output), /\n/);
    });
  }
});
