/** What the menu of the status bar offers. Nothing here knows VS Code. */
import type { EngineState } from "./protocol";

export interface Situation {
  readonly trusted: boolean;
  readonly serverRuns: boolean;
  readonly state: EngineState;
  readonly enabled: boolean;
  /** Of the active editor. */
  readonly language: string | undefined;
  readonly languageEnabled: boolean;
}

export interface MenuItem {
  readonly label: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

interface Entry extends MenuItem {
  readonly when: boolean;
}

/** Only what can be done now, the most likely first. */
export function menuItems(situation: Situation): readonly MenuItem[] {
  const { trusted, serverRuns, state, enabled, language, languageEnabled } = situation;
  const entries: readonly Entry[] = [
    { when: !trusted, label: "$(shield) Manage Workspace Trust", command: "workbench.trust.manage" },
    {
      when: serverRuns && state === "missing",
      label: "$(cloud-download) Download the Model",
      command: "farthing.pullModel",
    },
    {
      when: trusted && !serverRuns,
      label: "$(desktop-download) Install Server",
      command: "farthing.installServer",
    },
    {
      when: true,
      label: enabled ? "$(circle-slash) Turn Completion Off" : "$(sparkle) Turn Completion On",
      command: "farthing.toggleCompletion",
    },
    {
      when: enabled && language !== undefined,
      label: languageEnabled
        ? `$(circle-slash) Turn Completion Off for ${language ?? ""}`
        : `$(sparkle) Turn Completion On for ${language ?? ""}`,
      command: "farthing.toggleCompletionForLanguage",
    },
    { when: serverRuns, label: "$(list-selection) Pick Model…", command: "farthing.pickModel" },
    { when: true, label: "$(output) Show Log", command: "farthing.showLog" },
    { when: serverRuns, label: "$(refresh) Restart Engine", command: "farthing.restartEngine" },
    { when: trusted, label: "$(server-process) Restart Server", command: "farthing.restartServer" },
    { when: true, label: "$(gear) Settings", command: "workbench.action.openSettings", args: ["farthing."] },
    { when: true, label: "$(book) Getting Started", command: "farthing.openWalkthrough" },
  ];
  return entries.filter(({ when }) => when);
}
