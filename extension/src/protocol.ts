/**
 * What Farthing adds to the Language Server Protocol. This mirrors `server/farthing/protocol.py`, where everything is
 * explained; a test compares the two.
 */

export const STATUS_DID_CHANGE = "farthing/statusDidChange";
export const COMPLETION_DID_GROW = "farthing/completionDidGrow";
export const CURSOR_DID_MOVE = "farthing/cursorDidMove";
export const LIST_MODELS = "farthing/listModels";
export const PULL_MODEL = "farthing/pullModel";
export const RESTART_ENGINE = "farthing/restartEngine";
export const COMPLETION_STATISTICS = "farthing/completionStatistics";
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
