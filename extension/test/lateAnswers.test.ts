import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { LateAnswers, type Patience, type Place } from "../src/lateAnswers";

const PLACE: Place = { uri: "file:///a.py", version: 3, line: 1, character: 4 };

/** An editor's cancellation token. */
class Token implements Patience {
  isCancellationRequested = false;
  private readonly listeners: (() => void)[] = [];

  onCancellationRequested(listener: () => void): void {
    this.listeners.push(listener);
  }

  cancel(): void {
    this.isCancellationRequested = true;
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}

/** A server that answers when the test says so. */
class Server {
  readonly requests: { signal: AbortSignal; answer: (text: string | undefined) => void; fail: (e: Error) => void }[] =
    [];

  readonly ask = (signal: AbortSignal): Promise<string | undefined> =>
    new Promise((answer, fail) => {
      this.requests.push({ signal, answer, fail });
    });

  last(): (typeof this.requests)[number] {
    const request = this.requests.at(-1);
    assert.ok(request, "no request was sent");
    return request;
  }
}

/** Lets every promise that can go on go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("late answers", () => {
  let cursor: Place | undefined;
  let triggers: number;
  let server: Server;
  let late: LateAnswers<string>;

  beforeEach(() => {
    cursor = PLACE;
    triggers = 0;
    server = new Server();
    late = new LateAnswers<string>({
      cursor: () => cursor,
      trigger: () => {
        triggers += 1;
      },
    });
  });

  async function answerLate(place: Place, text: string | undefined): Promise<void> {
    const token = new Token();
    const shown = late.provide(place, token, server.ask);
    token.cancel();
    server.last().answer(text);
    await shown;
    await settled();
  }

  test("an answer in time is passed on and nothing is triggered", async () => {
    const shown = late.provide(PLACE, new Token(), server.ask);
    server.last().answer("return x");
    assert.equal(await shown, "return x");
    assert.equal(triggers, 0);
  });

  test("the editor's cancellation ends its wait at once but not the request", async () => {
    const token = new Token();
    const shown = late.provide(PLACE, token, server.ask);
    token.cancel();
    assert.equal(await shown, undefined);
    assert.equal(server.last().signal.aborted, false);
  });

  test("a late answer is shown when nothing moved", async () => {
    await answerLate(PLACE, "return x");
    assert.equal(triggers, 1);
    assert.equal(await late.provide({ ...PLACE }, new Token(), server.ask), "return x");
    assert.equal(server.requests.length, 1, "the answer was kept, so the server is not asked again");
  });

  test("a kept answer is used once", async () => {
    await answerLate(PLACE, "return x");
    await late.provide(PLACE, new Token(), server.ask);
    void late.provide(PLACE, new Token(), server.ask);
    assert.equal(server.requests.length, 2);
  });

  test("the same place is triggered once, however often its answer is late", async () => {
    await answerLate(PLACE, "return x");
    await late.provide(PLACE, new Token(), server.ask);
    await answerLate(PLACE, "return x");
    await answerLate(PLACE, "return x");
    assert.equal(triggers, 1);
  });

  test("a kept answer is not used elsewhere, and is gone then", async () => {
    await answerLate(PLACE, "return x");
    void late.provide({ ...PLACE, character: 5 }, new Token(), server.ask);
    void late.provide(PLACE, new Token(), server.ask);
    assert.equal(server.requests.length, 3);
  });

  test("a late answer with nothing in it triggers nothing", async () => {
    await answerLate(PLACE, undefined);
    assert.equal(triggers, 0);
  });

  for (const [what, moved] of [
    ["the cursor moved", { ...PLACE, character: 5 }],
    ["the cursor went to another line", { ...PLACE, line: 2 }],
    ["the text changed", { ...PLACE, version: 4 }],
    ["another document is active", { ...PLACE, uri: "file:///b.py" }],
    ["there is no single cursor any more", undefined],
  ] as const) {
    test(`a late answer is dropped when ${what}`, async () => {
      const token = new Token();
      void late.provide(PLACE, token, server.ask);
      token.cancel();
      cursor = moved;
      server.last().answer("return x");
      await settled();
      assert.equal(triggers, 0);
      void late.provide(PLACE, new Token(), server.ask);
      assert.equal(server.requests.length, 2, "it was not kept either");
    });

    test(`a late request is cancelled as soon as ${what}`, () => {
      const token = new Token();
      void late.provide(PLACE, token, server.ask);
      token.cancel();
      late.recheck();
      assert.equal(server.last().signal.aborted, false);
      cursor = moved;
      late.recheck();
      assert.equal(server.last().signal.aborted, true);
    });

    test(`the editor's cancellation cancels the request when ${what}`, () => {
      const token = new Token();
      void late.provide(PLACE, token, server.ask);
      cursor = moved;
      token.cancel();
      assert.equal(server.last().signal.aborted, true);
    });
  }

  test("a request that the editor waits for is not cancelled by movement alone", () => {
    void late.provide(PLACE, new Token(), server.ask);
    cursor = { ...PLACE, version: 4 };
    late.recheck();
    assert.equal(server.last().signal.aborted, false);
  });

  test("a newer request of the document cancels the older one", async () => {
    const token = new Token();
    const first = late.provide(PLACE, token, server.ask);
    token.cancel();
    const newer = { ...PLACE, version: 4, character: 5 };
    const second = late.provide(newer, new Token(), server.ask);
    const [older, current] = server.requests;
    assert.equal(older?.signal.aborted, true);
    assert.equal(current?.signal.aborted, false);
    older.answer("old");
    current.answer("new");
    assert.equal(await first, undefined);
    assert.equal(await second, "new");
    assert.equal(triggers, 0);
  });

  test("an answer that comes in spite of its cancellation is not shown", async () => {
    const token = new Token();
    void late.provide(PLACE, token, server.ask);
    token.cancel();
    void late.provide(PLACE, new Token(), server.ask);
    server.requests[0]?.answer("old");
    await settled();
    assert.equal(triggers, 0);
  });

  test("requests of two documents do not disturb each other", () => {
    void late.provide(PLACE, new Token(), server.ask);
    void late.provide({ ...PLACE, uri: "file:///b.py" }, new Token(), server.ask);
    assert.deepEqual(
      server.requests.map((request) => request.signal.aborted),
      [false, false],
    );
  });

  test("the end of an older request leaves the newer one cancellable", async () => {
    void late.provide(PLACE, new Token(), server.ask);
    void late.provide({ ...PLACE, version: 4 }, new Token(), server.ask);
    server.requests[0]?.answer(undefined);
    await settled();
    void late.provide({ ...PLACE, version: 5 }, new Token(), server.ask);
    assert.equal(server.requests[1]?.signal.aborted, true);
  });

  test("a failure shows nothing, in time or late, and rejects nothing", async () => {
    const inTime = late.provide(PLACE, new Token(), server.ask);
    server.last().fail(new Error("the engine is gone"));
    assert.equal(await inTime, undefined);

    const token = new Token();
    const tooLate = late.provide({ ...PLACE, version: 4 }, token, server.ask);
    token.cancel();
    server.last().fail(new Error("the engine is gone"));
    // The runner fails the test on an unhandled rejection.
    await settled();
    assert.equal(await tooLate, undefined);
    assert.equal(triggers, 0);
  });

  test("a request that throws at once shows nothing", async () => {
    const ask = (): Promise<string | undefined> => {
      throw new Error("not connected");
    };
    assert.equal(await late.provide(PLACE, new Token(), ask), undefined);
  });

  test("a request that the editor gave up before it was made is not sent", async () => {
    const token = new Token();
    token.cancel();
    assert.equal(await late.provide(PLACE, token, server.ask), undefined);
    assert.equal(server.requests.length, 0);
  });

  test("dispose cancels what is under way", () => {
    void late.provide(PLACE, new Token(), server.ask);
    late.dispose();
    assert.equal(server.last().signal.aborted, true);
  });
});
