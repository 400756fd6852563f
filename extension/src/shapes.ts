/** Checks of data that others made: what a web view posts, what was stored by another version. */

export type Shape<T> = (value: unknown) => value is T;

/** A string of at most so many UTF-16 code units. */
export function text(most: number): Shape<string> {
  return (value): value is string => typeof value === "string" && value.length <= most;
}

/** A whole number from 0 on. */
export const count: Shape<number> = (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const truth: Shape<boolean> = (value): value is boolean => typeof value === "boolean";

export function oneOf<const T extends string>(...all: readonly T[]): Shape<T> {
  return (value): value is T => all.some((known) => known === value);
}

/** A list of at most so many. */
export function list<T>(item: Shape<T>, most: number): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= most && value.every(item);
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value);
}

/** A value that may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

/** An object that has these; it may have more. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const entries = Object.entries<Shape<unknown>>(fields as Record<string, Shape<unknown>>);
  return (value): value is T =>
    typeof value === "object" &&
    value !== null &&
    entries.every(([name, shape]) => shape((value as Record<string, unknown>)[name]));
}

/** One of several kinds of message, told apart by its `type`. */
export function tagged<T extends { readonly type: string }>(kinds: {
  readonly [K in T["type"]]: Shape<Omit<Extract<T, { type: K }>, "type">>;
}): Shape<T> {
  const known = new Map<unknown, Shape<unknown>>(Object.entries(kinds));
  return (value): value is T =>
    typeof value === "object" && value !== null && known.get((value as { type?: unknown }).type)?.(value) === true;
}
