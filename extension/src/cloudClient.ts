/** Farthing's requests about models that cost. Nothing here knows VS Code. */
import type { SendChatParams } from "./chatProtocol";
import {
  type CloudSettings,
  LIST_PROVIDERS,
  LIST_SENT,
  OPEN_CLOUD_SETTINGS,
  PREVIEW_REQUEST,
  type ProviderInfo,
  type RequestPreview,
  SET_KEYS,
  type SentRequest,
  type SetKeysParams,
} from "./cloudProtocol";

/** What sends requests. */
interface Connection {
  sendRequest<R>(method: string, params: unknown): Promise<R>;
}

const NO_PARAMETERS = {};

export class CloudClient {
  constructor(private readonly connection: Connection) {}

  /** In place of those that the server had. */
  async setKeys(keys: SetKeysParams["keys"]): Promise<void> {
    const params: SetKeysParams = { keys };
    await this.connection.sendRequest(SET_KEYS, params);
  }

  listProviders(): Promise<readonly ProviderInfo[]> {
    return this.connection.sendRequest<readonly ProviderInfo[]>(LIST_PROVIDERS, NO_PARAMETERS);
  }

  /** Word for word what would leave this machine; nothing does. */
  previewRequest(params: SendChatParams): Promise<RequestPreview> {
    return this.connection.sendRequest<RequestPreview>(PREVIEW_REQUEST, params);
  }

  /** What has left in this session, newest first. */
  listSent(): Promise<readonly SentRequest[]> {
    return this.connection.sendRequest<readonly SentRequest[]>(LIST_SENT, NO_PARAMETERS);
  }

  /** Where the settings are; the server makes them where there are none. */
  openSettings(): Promise<CloudSettings> {
    return this.connection.sendRequest<CloudSettings>(OPEN_CLOUD_SETTINGS, NO_PARAMETERS);
  }
}
