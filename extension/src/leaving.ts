/** What would leave this machine, and what has left it, as documents to read. */
import { type Disposable, type LogOutputChannel, ProgressLocation, window } from "vscode";

import type { SendChatParams } from "./chatProtocol";
import { requestText, sentText } from "./leavingText";
import { Page } from "./page";
import type { Server } from "./server";
import { withClient } from "./withClient";

export class Leaving implements Disposable {
  private readonly request = new Page("farthing-request", "What Would Be Sent");
  private readonly sent = new Page("farthing-sent", "What Was Sent");

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {}

  /** Word for word; nothing is sent by it. */
  async showRequest(params: SendChatParams): Promise<void> {
    await withClient(this.server, this.log, async (client) => {
      // What finds secrets takes seconds to get ready, the first time.
      const options = { location: ProgressLocation.Notification, title: "Farthing works out what would be sent" };
      const request = await window.withProgress(options, () => client.cloud.previewRequest(params));
      await this.request.show(requestText(request));
    });
  }

  async showSent(): Promise<void> {
    await withClient(this.server, this.log, async (client) => {
      await this.sent.show(sentText(await client.cloud.listSent(), { now: Date.now() }));
    });
  }

  dispose(): void {
    this.request.dispose();
    this.sent.dispose();
  }
}
