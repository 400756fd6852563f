/** What the status bar says about a status. Nothing here knows VS Code. */
import type { CompletionStatistics, EngineState, Status } from "./protocol";

interface View {
  readonly icon: string;
  readonly label: string;
}

const VIEWS: Record<EngineState, View> = {
  off: { icon: "circle-slash", label: "Off" },
  missing: { icon: "cloud-download", label: "Model Missing" },
  loading: { icon: "loading~spin", label: "Loading" },
  ready: { icon: "sparkle", label: "Ready" },
  generating: { icon: "pulse", label: "Generating" },
  error: { icon: "error", label: "Error" },
};

export interface StatusText {
  /** With its icon. The word stays the same, so that the bar does not jump while somebody types. */
  readonly text: string;
  /** Read aloud. */
  readonly accessible: string;
  readonly heading: string;
  /** Plain lines of the tooltip. */
  readonly lines: readonly string[];
  readonly isError: boolean;
}

export function statusText({ state, model, detail, fix }: Status): StatusText {
  const { icon, label } = VIEWS[state];
  const lines = [model && `Model: ${model}`, detail, fix].filter((line) => line !== "");
  return {
    text: `$(${icon}) Farthing`,
    accessible: [`Farthing: ${label}`, ...lines].join(". "),
    heading: `Farthing: ${label}`,
    lines,
    isError: state === "error",
  };
}

/** What completion did today, in a line; none while there is nothing to say. */
export function statisticsText(today: CompletionStatistics | undefined): readonly string[] {
  if (!today || (today.shown === 0 && today.firstTokenMs === null)) {
    return [];
  }
  const { shown, accepted, firstTokenMs } = today;
  const parts = [`Today: ${shown} shown`];
  if (shown > 0) {
    parts.push(`${accepted} accepted (${Math.round((100 * accepted) / shown)} %)`);
  }
  if (firstTokenMs !== null) {
    parts.push(`first token ${Math.round(firstTokenMs)} ms`);
  }
  return [parts.join(", ")];
}
