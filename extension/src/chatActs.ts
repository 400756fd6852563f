/** What the user does with things that the chat view shows. */
import { commands, env } from "vscode";

import type { FromView } from "./chatMessages";
import * as places from "./chatPlaces";
import { type Turns, isInReview } from "./chatTurns";

type Act = Extract<FromView, { type: "open" | "link" | "copy" | "decide" | "goTo" | "setKey" }>;

export class ChatActs {
  /** `say`: tells the user why something was not done. */
  constructor(
    private readonly turns: Turns,
    private readonly say: (why: string) => void,
  ) {}

  async take(message: Act): Promise<void> {
    switch (message.type) {
      case "open":
        await this.open(message.path, message.startLine, message.endLine);
        break;
      case "link":
        await places.openLink(message.href);
        break;
      case "copy":
        await env.clipboard.writeText(message.text);
        break;
      case "setKey":
        await commands.executeCommand("farthing.setKey");
        break;
      case "decide": {
        const turn = this.turns.find(message.turn);
        const id = (turn?.live === true && turn.hunks[message.hunk]?.review) || "";
        await commands.executeCommand(`farthing.${message.action}Hunk`, { hunkIds: id === "" ? [] : [id] });
        break;
      }
      case "goTo":
        await this.goTo(message.turn, message.hunk);
        break;
    }
  }

  private async goTo(key: string, index: number): Promise<void> {
    const turn = this.turns.find(key);
    const hunk = turn?.hunks[index];
    if (hunk && turn.live && isInReview(turn.outcomes[index]?.outcome ?? "")) {
      await commands.executeCommand("farthing.openHunk", { hunkIds: [hunk.review] });
    } else if (hunk) {
      await this.open(hunk.path, hunk.startLine, hunk.startLine);
    }
  }

  private async open(path: string, startLine: number, endLine: number): Promise<void> {
    if (!(await places.openPlace(path, startLine, endLine))) {
      this.say(`There is no file ${path} in this workspace.`);
    }
  }
}
