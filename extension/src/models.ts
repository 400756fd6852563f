/** Choosing and downloading models. */
import {
  CancellationTokenSource,
  type ExtensionContext,
  type LogOutputChannel,
  ProgressLocation,
  QuickPickItemKind,
  commands,
  window,
} from "vscode";

import type { FarthingClient } from "./client";
import { Increments, completionModels, downloadQuestion, modelText } from "./modelText";
import type { ModelInfo } from "./protocol";
import type { Server } from "./server";
import { change } from "./settings";
import { withClient } from "./withClient";

export function activate(context: ExtensionContext, server: Server, log: LogOutputChannel): void {
  const models = new Models(server, log);
  context.subscriptions.push(
    commands.registerCommand("farthing.pickModel", () => models.pick()),
    commands.registerCommand("farthing.pullModel", () => models.pullMissing()),
    server.onDidChangeStatus((status) => {
      if (status.state === "missing") {
        void models.offer(status.model);
      }
    }),
  );
}

class Models {
  private offered = false;
  private readonly pulling = new Set<string>();

  constructor(
    private readonly server: Server,
    private readonly log: LogOutputChannel,
  ) {}

  async pick(): Promise<void> {
    await withClient(this.server, this.log, async (client) => {
      const known = completionModels(await client.listModels());
      const browse = { label: "$(folder-opened) Choose a GGUF file…", model: undefined };
      const chosen = await window.showQuickPick(
        [
          ...known.map((model) => ({ ...modelText(model), model })),
          { label: "", kind: QuickPickItemKind.Separator, model: undefined },
          browse,
        ],
        { title: "Farthing: Model for Completion", matchOnDetail: true },
      );
      if (chosen === browse) {
        await this.browse();
      } else if (chosen?.model) {
        const { id } = chosen.model;
        if (chosen.model.installed || (await this.askAndPull(client, chosen.model))) {
          await change("completion.model", id);
        }
      }
    });
  }

  /** Downloads the model in use when it is missing, else lets the user choose. */
  async pullMissing(): Promise<void> {
    const { state, model } = this.server.status;
    if (state !== "missing") {
      await this.pick();
      return;
    }
    // The command is the consent.
    await withClient(this.server, this.log, (client) => this.pull(client, model));
  }

  /** Offers the download once in each window. */
  async offer(id: string): Promise<void> {
    if (this.offered) {
      return;
    }
    this.offered = true;
    await withClient(this.server, this.log, async (client) => {
      const model = (await client.listModels()).find((candidate) => candidate.id === id);
      if (model) {
        await this.askAndPull(client, model, "Choose Another…");
      }
    });
  }

  private async browse(): Promise<void> {
    const [file] =
      (await window.showOpenDialog({
        title: "A GGUF model for completion",
        filters: { "GGUF models": ["gguf"] },
      })) ?? [];
    if (file) {
      await change("completion.model", file.fsPath);
    }
  }

  private async askAndPull(client: FarthingClient, model: ModelInfo, other?: string): Promise<boolean> {
    const choices = ["Download", ...(other === undefined ? [] : [other]), "Not Now"];
    const choice = await window.showInformationMessage(downloadQuestion(model), ...choices);
    if (choice === "Download") {
      return this.pull(client, model.id);
    }
    if (choice !== undefined && choice === other) {
      await this.pick();
    }
    return false;
  }

  /** @returns whether the model is there now; a second call for a model that is being fetched does nothing. */
  private async pull(client: FarthingClient, id: string): Promise<boolean> {
    if (this.pulling.has(id)) {
      return false;
    }
    this.pulling.add(id);
    try {
      return await window.withProgress(
        { location: ProgressLocation.Notification, title: `Downloading ${id}`, cancellable: true },
        async (progress, token) => {
          const source = new CancellationTokenSource();
          token.onCancellationRequested(() => {
            source.cancel();
          });
          const increments = new Increments();
          const report = (percent: number | undefined, message: string | undefined): void => {
            progress.report({ increment: increments.next(percent), ...(message === undefined ? {} : { message }) });
          };
          try {
            const { path } = await client.pullModel(id, report, source.token);
            this.log.info(`${id} is at ${path}`);
            return true;
          } catch (error) {
            if (source.token.isCancellationRequested) {
              this.log.info(`The download of ${id} was cancelled; it goes on from there the next time`);
              return false;
            }
            throw error;
          }
        },
      );
    } finally {
      this.pulling.delete(id);
    }
  }
}
