/**
 * What Farthing adds to the Language Server Protocol for models that cost. This mirrors
 * `server/farthing/cloud_protocol.py`, where everything is explained; a test compares the two.
 */

export const SET_KEYS = "farthing/setKeys";
export const LIST_PROVIDERS = "farthing/listProviders";
export const PREVIEW_REQUEST = "farthing/previewRequest";
export const LIST_SENT = "farthing/listSent";
export const OPEN_CLOUD_SETTINGS = "farthing/openCloudSettings";
/** What a turn's `fix` names where a key is missing. */
export const SET_KEY_COMMAND = "Farthing: Set API Key";

export interface CloudSettings {
  readonly path: string;
}

export interface SetKeysParams {
  readonly keys: Readonly<Record<string, string>>;
}

export interface ProviderInfo {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  readonly key: string;
  readonly models: Readonly<Record<string, string>>;
}

export interface RequestPreview {
  readonly tier: string;
  readonly provider: string;
  readonly address: string;
  readonly model: string;
  readonly reason: string;
  readonly text: string;
  readonly tokens: number;
  readonly maxOutput: number;
  readonly price: string;
  readonly redacted: readonly string[];
  readonly vetoed: string;
}

export interface SentRequest {
  readonly request: number;
  readonly whenMs: number;
  readonly task: string;
  readonly tier: string;
  readonly provider: string;
  readonly address: string;
  readonly model: string;
  readonly answered: string;
  readonly reason: string;
  readonly tokens: number;
  readonly money: string;
  readonly pieces: readonly string[];
  readonly redacted: readonly string[];
}
