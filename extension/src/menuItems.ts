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
  /** Of the workspace's session; `none` where there is nothing that could be spent. */
  readonly cloud: "none" | "running" | "paused";
  /** The item of the session was clicked: what belongs to it comes first. */
  readonly aboutCloud: boolean;
  /** Names of all cloud providers; of those that could be asked if only their key were known. */
  readonly providers: readonly string[];
  readonly keyless: readonly string[];
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
  const { trusted, serverRuns, state, enabled, language, languageEnabled, aboutCloud } = situation;
  const session = sessionEntries(situation);
  const entries: readonly Entry[] = [
    ...(aboutCloud ? session : []),
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
    ...(aboutCloud ? [] : session),
    { when: true, label: "$(output) Show Log", command: "farthing.showLog" },
    { when: serverRuns, label: "$(refresh) Restart Engine", command: "farthing.restartEngine" },
    { when: trusted, label: "$(server-process) Restart Server", command: "farthing.restartServer" },
    { when: true, label: "$(gear) Settings", command: "workbench.action.openSettings", args: ["farthing."] },
    { when: true, label: "$(book) Getting Started", command: "farthing.openWalkthrough" },
  ];
  return entries.filter(({ when }) => when);
}

function sessionEntries(situation: Situation): readonly Entry[] {
  const { serverRuns, cloud } = situation;
  const known = cloud !== "none";
  return [
    ...missingKeys(situation),
    { when: known, label: "$(arrow-up) Raise Cap…", command: "farthing.raiseCap" },
    { when: known, label: "$(debug-restart) New Session", command: "farthing.newSession" },
    {
      when: known,
      label: cloud === "paused" ? "$(debug-start) Resume Cloud" : "$(debug-pause) Pause Cloud",
      command: "farthing.toggleCloud",
    },
    { when: serverRuns, label: "$(graph) Usage Report", command: "farthing.openUsageReport" },
    { when: known, label: "$(cloud-upload) Show What Was Sent", command: "farthing.showSent" },
    ...cloudEntries(situation),
  ];
}

/** Each of them could be asked, if only its key were known. */
function missingKeys({ serverRuns, keyless }: Situation): readonly Entry[] {
  return keyless.map((name) => ({
    when: serverRuns,
    label: `$(warning) Set API Key of ${name}…`,
    command: "farthing.setKey",
    args: [name],
  }));
}

function cloudEntries({ serverRuns, providers, keyless }: Situation): readonly Entry[] {
  return [
    {
      when: serverRuns && providers.length > keyless.length,
      label: "$(key) Set API Key…",
      command: "farthing.setKey",
    },
    { when: serverRuns, label: "$(settings) Cloud Settings", command: "farthing.openCloudSettings" },
  ];
}
