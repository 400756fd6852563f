/** Keys as they are kept, and what is said of them. Nothing here knows VS Code. */
import type { ProviderInfo, SetKeysParams } from "./cloudProtocol";

export type Keys = SetKeysParams["keys"];

/** What was kept, by whatever version: what is no key is left out. */
export function readKeys(stored: string | undefined): Keys {
  let found: unknown;
  try {
    found = JSON.parse(stored ?? "{}");
  } catch {
    return {}; // not of our making
  }
  const entries = Object.entries((found ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** With the key of a provider changed; without it where the key is empty. */
export function withKey(keys: Keys, name: string, key: string): Keys {
  const others = Object.entries(keys).filter(([other]) => other !== name);
  return Object.fromEntries(key === "" ? others : [...others, [name, key]]);
}

/** What can't be a key, as it could not be sent in a header; undefined where it can. The key is not repeated. */
export function keyProblem(text: string): string | undefined {
  return /^[!-~]*$/.test(text.trim()) ? undefined : "A key has no blanks and only letters, digits and marks of ASCII";
}

/** Names of the providers that could be asked if only their key were known. */
export function keyless(providers: readonly ProviderInfo[]): readonly string[] {
  return providers.filter(({ key }) => key === "").map(({ name }) => name);
}

const SOURCES: Readonly<Record<string, string>> = {
  "": "$(warning) no key",
  editor: "$(key) key kept here",
  environment: "$(key) key from an environment variable",
  keyring: "$(key) key from the keyring",
  none: "wants no key",
};

/** Those without a key first. */
export function providerItems(
  providers: readonly ProviderInfo[],
): readonly { readonly label: string; readonly description: string; readonly detail: string }[] {
  const missing = new Set(keyless(providers));
  return providers
    .toSorted((one, other) => Number(missing.has(other.name)) - Number(missing.has(one.name)))
    .map(({ name, kind, address, key, models }) => ({
      label: name,
      description: SOURCES[key] ?? key,
      detail: [kind, address, Object.values(models).join(", ")].filter((word) => word !== "").join(" · "),
    }));
}
