/** Keys of cloud providers: kept in VS Code's secret storage, and told to the server alone, after each of its starts. */
import { type ExtensionContext, type LogOutputChannel, Uri, commands, window } from "vscode";

import { type Keys, keyProblem, providerItems, readKeys, withKey } from "./keysText";
import type { Server } from "./server";
import { withClient } from "./withClient";

/** One secret for all keys: what is kept for a provider that is named no more can still be found and deleted. */
const SECRET = "farthing.keys";

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): void {
  const keeper = new Keeper(context, server, log);
  context.subscriptions.push(
    server.onDidRun(() => keeper.tell(false)),
    // Also when another window has changed them.
    context.secrets.onDidChange(async ({ key }) => {
      if (key === SECRET) {
        await keeper.tell(true);
      }
    }),
    commands.registerCommand("farthing.setKey", (name?: unknown) =>
      keeper.set(typeof name === "string" ? name : undefined),
    ),
    commands.registerCommand("farthing.deleteKey", () => keeper.remove()),
    commands.registerCommand("farthing.openCloudSettings", () =>
      withClient(server, log, async (client) => {
        const { path } = await client.cloud.openSettings();
        await window.showTextDocument(Uri.file(path));
      }),
    ),
  );
}

class Keeper {
  constructor(
    private readonly context: ExtensionContext,
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {}

  /** `changed`: also where there are none, as the server may have had some. */
  async tell(changed: boolean): Promise<void> {
    const keys = await this.stored();
    const { client } = this.server;
    if (client === undefined || (!changed && Object.keys(keys).length === 0)) {
      return;
    }
    try {
      await client.cloud.setKeys(keys);
    } catch {
      // What the server says of it may repeat what it was sent.
      this.log.error("The server did not take the keys of cloud providers");
    }
  }

  /** `name`: of the provider; undefined to let the user choose. */
  async set(name: string | undefined): Promise<void> {
    const provider = name ?? (await this.pick());
    if (provider === undefined) {
      return;
    }
    const key = await window.showInputBox({
      title: `Farthing: API Key of ${provider}`,
      prompt: "Kept in VS Code's secret storage and told to Farthing's server only. Empty deletes it",
      password: true,
      ignoreFocusOut: true,
      validateInput: keyProblem,
    });
    if (key !== undefined) {
      await this.store(withKey(await this.stored(), provider, key.trim()));
      void window.showInformationMessage(
        key.trim() === "" ? `The key of ${provider} is deleted.` : `The key of ${provider} is kept.`,
      );
    }
  }

  async remove(): Promise<void> {
    const keys = await this.stored();
    const names = Object.keys(keys);
    if (names.length === 0) {
      void window.showInformationMessage("No API key is kept here.");
      return;
    }
    const title = "Farthing: Delete API Key";
    const name = await window.showQuickPick(names, { title, placeHolder: "The key of which provider?" });
    if (name !== undefined) {
      await this.store(withKey(await this.stored(), name, ""));
      void window.showInformationMessage(`The key of ${name} is deleted.`);
    }
  }

  private async pick(): Promise<string | undefined> {
    let chosen: string | undefined;
    await withClient(this.server, this.log, async (client) => {
      const providers = await client.cloud.listProviders();
      if (providers.length === 0) {
        const open = "Open Cloud Settings";
        const message = "No cloud provider is named in config.toml yet: name one first.";
        if ((await window.showInformationMessage(message, open)) === open) {
          await commands.executeCommand("farthing.openCloudSettings");
        }
        return;
      }
      const title = "Farthing: Set API Key";
      const placeHolder = "The key of which provider?";
      chosen = (await window.showQuickPick(providerItems(providers), { title, placeHolder }))?.label;
    });
    return chosen;
  }

  private async stored(): Promise<Keys> {
    return readKeys(await this.context.secrets.get(SECRET));
  }

  private async store(keys: Keys): Promise<void> {
    if (Object.keys(keys).length === 0) {
      await this.context.secrets.delete(SECRET);
    } else {
      await this.context.secrets.store(SECRET, JSON.stringify(keys));
    }
  }
}
