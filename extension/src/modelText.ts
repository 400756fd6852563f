/** How models are described to the user. Nothing here knows VS Code. */
import type { ModelInfo } from "./protocol";

export interface ModelText {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Sizes as file managers and model hubs give them: decimal. */
export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}

export function modelText(model: ModelInfo): ModelText {
  const facts = [model.params, model.quant, formatBytes(model.bytes), model.license].filter((fact) => fact !== "");
  const state = model.active ? "in use" : model.installed ? "installed" : "not installed";
  return {
    label: `$(${model.active ? "check" : model.installed ? "circle-outline" : "cloud-download"}) ${model.id}`,
    description: state,
    detail: [...facts, ...(model.use.length > 0 ? [`for ${model.use.join(" and ")}`] : [])].join(" · "),
  };
}

/** Models that can complete code, the installed ones first, otherwise in the catalogue's order. */
export function completionModels(models: readonly ModelInfo[]): readonly ModelInfo[] {
  const fitting = models.filter((model) => model.use.length === 0 || model.use.includes("completion"));
  return [...fitting.filter((model) => model.installed), ...fitting.filter((model) => !model.installed)];
}

export function downloadQuestion(model: ModelInfo): string {
  const license = model.license ? `, ${model.license}` : "";
  return `Download the model ${model.id} (${formatBytes(model.bytes)}${license})? It runs on this machine.`;
}

/** Turns percentages so far into the increments that a progress bar takes; a percentage never goes back. */
export class Increments {
  private done = 0;

  next(percent: number | undefined): number {
    const increment = Math.max(0, Math.min(100, percent ?? 0) - this.done);
    this.done += increment;
    return increment;
  }
}
