/**
 * What Farthing adds to the Language Server Protocol. This mirrors `server/farthing/protocol.py`, where everything is
 * explained; a test compares the two.
 */

export const STATUS_DID_CHANGE = "farthing/statusDidChange";
export const LEDGER_DID_CHANGE = "farthing/ledgerDidChange";
export const COMPLETION_DID_GROW = "farthing/completionDidGrow";
export const CURSOR_DID_MOVE = "farthing/cursorDidMove";
export const LIST_MODELS = "farthing/listModels";
export const PULL_MODEL = "farthing/pullModel";
export const RESTART_ENGINE = "farthing/restartEngine";
export const COMPLETION_STATISTICS = "farthing/completionStatistics";
export const RAISE_CAP = "farthing/raiseCap";
export const NEW_SESSION = "farthing/newSession";
export const PAUSE_CLOUD = "farthing/pauseCloud";
export const USAGE_REPORT = "farthing/usageReport";
/** Registered by the server, so it is no command of the extension. */
export const ACCEPT_COMPLETION = "farthing.acceptCompletion";

export type EngineState = "off" | "missing" | "loading" | "ready" | "generating" | "error";

export interface Status {
  readonly state: EngineState;
  /** Catalogue id or file name of the model in use. */
  readonly model: string;
  /** One line for the tooltip. */
  readonly detail: string;
  /** What the user can do about an error, one line. */
  readonly fix: string;
}

export interface CompletionGrowth {
  readonly uri: string;
}

export interface CompletionStatistics {
  readonly shown: number;
  readonly accepted: number;
  readonly firstTokenMs: number | null;
}

export interface ModelInfo {
  readonly id: string;
  readonly params: string;
  readonly quant: string;
  readonly bytes: number;
  readonly license: string;
  /** `completion`, `edit`. */
  readonly use: readonly string[];
  readonly installed: boolean;
  readonly active: boolean;
}

export interface PullModelParams {
  readonly id: string;
  readonly workDoneToken?: string | number;
}

export interface PullModelResult {
  readonly path: string;
}

export type LedgerLevel = "ok" | "warning75" | "warning90" | "blocked";

export interface UsageLine {
  /** Written by others: shown as plain text. */
  readonly name: string;
  readonly local: boolean;
  readonly requests: number;
  /** `cached` included. */
  readonly input: number;
  readonly cached: number;
  /** `reasoning` included. */
  readonly output: number;
  readonly reasoning: number;
  /** Ready to show; empty for what costs nothing. */
  readonly money: string;
}

export interface LedgerStatus {
  /** Why nothing is known, and the way out, in one line. */
  readonly problem: string;
  /** Name of the folder; empty where none is open. */
  readonly workspace: string;
  readonly session: number | null;
  readonly shown: boolean;
  readonly level: LedgerLevel;
  readonly paused: boolean;
  readonly capReached: boolean;
  readonly blockedReason: string;
  /** Percent. */
  readonly localShare: number | null;
  readonly localAnswers: number;
  readonly cloudAnswers: number;
  readonly completions: number;
  readonly spent: number;
  readonly reserved: number;
  readonly unsettled: number;
  readonly overshoot: number;
  readonly cap: number;
  readonly remaining: number;
  readonly suggestedCap: number;
  /** Ready to show; empty while nothing has cost anything. */
  readonly money: string;
  /** Percent of the cloud's input that was read from providers' caches; null before the first request. */
  readonly cachedShare: number | null;
  /** Ready to show, with a minus where caches have cost more than they saved; empty for nothing. */
  readonly saved: string;
  readonly cloud: UsageLine;
  readonly byModel: readonly UsageLine[];
  readonly byTask: readonly UsageLine[];
  /** Tokens in a minute. */
  readonly burnRate: number;
  readonly minutesLeft: number | null;
  readonly lastCloudMs: number | null;
  readonly notes: readonly string[];
}

export interface RaiseCapParams {
  readonly tokens: number;
}

export interface PauseCloudParams {
  readonly paused: boolean;
}

export interface UsageSection {
  readonly title: string;
  readonly rows: readonly UsageLine[];
}

export interface UsageReport {
  readonly since: string;
  readonly sections: readonly UsageSection[];
}
