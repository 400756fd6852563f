/**
 * The settings that the extension itself reads or writes. The server asks for the whole tree by itself
 * (`workspace/configuration`); their defaults stand in `package.json` and `server/farthing/settings.py`.
 */
import { ConfigurationTarget, workspace } from "vscode";

const SECTION = "farthing";

type Name = "completion.enabled" | "completion.model" | "completion.disabledLanguages";

export function serverPython(): string {
  return workspace.getConfiguration(SECTION).get("server.python", "").trim();
}

export function basePython(): string {
  return workspace.getConfiguration(SECTION).get("server.basePython", "").trim();
}

export function completionEnabled(): boolean {
  return workspace.getConfiguration(SECTION).get("completion.enabled", true);
}

export function disabledLanguages(): readonly string[] {
  return workspace.getConfiguration(SECTION).get("completion.disabledLanguages", []);
}

/** Changes a setting where it is set now: a value of the workspace would hide one that we put in the user's settings. */
export async function change(name: Name, value: boolean | string | readonly string[]): Promise<void> {
  const configuration = workspace.getConfiguration(SECTION);
  const inWorkspace = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(name, value, inWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global);
}

export async function setServerPython(path: string): Promise<void> {
  await workspace.getConfiguration(SECTION).update("server.python", path, ConfigurationTarget.Global);
}
