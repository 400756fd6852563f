/** Switching completion on and off, everywhere or in one language. */
import { type ExtensionContext, commands, window } from "vscode";

import { change, completionEnabled, disabledLanguages } from "./settings";

export function activate(context: ExtensionContext): void {
  context.subscriptions.push(
    commands.registerCommand("farthing.toggleCompletion", () => change("completion.enabled", !completionEnabled())),
    commands.registerCommand("farthing.toggleCompletionForLanguage", toggleLanguage),
  );
}

/** The language of the active editor. */
export function activeLanguage(): string | undefined {
  return window.activeTextEditor?.document.languageId;
}

async function toggleLanguage(): Promise<void> {
  const language = activeLanguage();
  if (language === undefined) {
    void window.showInformationMessage("Open a file of the language first.");
    return;
  }
  const disabled = disabledLanguages();
  await change(
    "completion.disabledLanguages",
    disabled.includes(language) ? disabled.filter((name) => name !== language) : [...disabled, language],
  );
}
