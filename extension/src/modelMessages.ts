/** A chat of the editor's as one question. Nothing here knows VS Code. */

export interface Said {
  readonly who: "user" | "assistant";
  readonly text: string;
}

/** Characters of what was said before that go along: the local model reads some hundred tokens in a second. */
const MAX_BEFORE = 6_000;
const MAX_QUESTION = 24_000;

/** The last message is the question; as much of what was said before goes along as is of use to a small model. */
export function questionOf(said: readonly Said[]): string {
  const question = said.at(-1)?.text.slice(-MAX_QUESTION) ?? "";
  let size = 0;
  const before = said
    .slice(0, -1)
    .toReversed()
    .filter(({ text }) => text.trim() !== "" && (size += text.length) <= MAX_BEFORE)
    .toReversed()
    .map(({ who, text }) => `${who === "user" ? "User" : "Assistant"}: ${text.trim()}`);
  return before.length === 0 ? question : `Said before:\n\n${before.join("\n\n")}\n\nNow the user says:\n\n${question}`;
}

/** An estimate: three characters a token are few for code and many for Chinese. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 3);
}
