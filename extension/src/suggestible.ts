/** Whether a suggestion has a place. Nothing here knows VS Code. */

/** Where an editor's cursors are, and what they select. */
export type Selections = readonly { readonly isEmpty: boolean }[];

/**
 * A suggestion at one of several cursors is never what was meant, and one beside selected text only where it was asked
 * for outright.
 */
export function isSuggestible(selections: Selections, invoked: boolean): boolean {
  const [only, ...others] = selections;
  return only !== undefined && others.length === 0 && (only.isEmpty || invoked);
}
