/** What the status bar, its tooltip and the report say about the cloud session. Nothing here knows VS Code. */
import type { LedgerStatus, UsageLine, UsageReport } from "./protocol";

export type Attention = "none" | "warning" | "error";

export interface LedgerView {
  readonly text: string;
  /** Read aloud. */
  readonly accessible: string;
  /** Markdown. What others wrote in it is escaped. */
  readonly tooltip: string;
  readonly attention: Attention;
}

/** Where times are told. */
export interface Clock {
  readonly now: number;
  /** The machine's own where it is left out. */
  readonly timeZone?: string;
}

/** Longer names say no more and break the table. */
const MAX_NAME = 60;

const LINE_BREAK = "  \n";

const LOCAL_WORK = "Local work goes on.";

/** Undefined while there is nothing to say: no folder, or neither a cloud to spend in nor anything spent. */
export function ledgerText(status: LedgerStatus, clock: Clock): LedgerView | undefined {
  if (!status.shown || status.workspace === "") {
    return undefined;
  }
  if (status.problem !== "") {
    const [heading, lines] = ["Farthing: Cloud Off", ledgerLines(status, clock)];
    return {
      text: "$(error) cloud off",
      accessible: [heading, ...lines].join(". "),
      tooltip: [`**${heading}**`, ...lines.map(escape)].join("\n\n"),
      attention: "error",
    };
  }
  const reserved = status.reserved > 0 ? `(+${compact(status.reserved)})` : "";
  const parts = [
    status.localShare === null ? "" : `local ${status.localShare}%`,
    `${compact(status.spent)}${reserved}/${compact(status.cap).replace(".0", "")}`,
    status.money,
    status.paused ? "paused" : "",
  ];
  return {
    text: icon(status) + parts.filter((part) => part !== "").join(" · "),
    accessible: ["Farthing: Cloud Session", ...ledgerLines(status, clock)].join(". "),
    tooltip: tooltip(status, clock),
    attention: attention(status),
  };
}

/** Colour alone would be lost on some. */
function icon({ level, paused }: LedgerStatus): string {
  if (level === "blocked") {
    return "$(error) ";
  }
  return paused ? "$(debug-pause) " : level === "ok" ? "" : "$(warning) ";
}

function attention({ level }: LedgerStatus): Attention {
  return level === "blocked" ? "error" : level === "ok" ? "none" : "warning";
}

function tooltip(status: LedgerStatus, clock: Clock): string {
  const total = status.byModel.length > 1 ? [{ ...status.cloud, name: "all" }] : [];
  const tables: readonly Table[] = [
    { title: "Model", rows: [...status.byModel, ...total] },
    { title: "Task", rows: status.byTask },
  ];
  return [
    `**Farthing: Cloud Session of ${escape(status.workspace)}**`,
    ledgerLines(status, clock).map(escape).join(LINE_BREAK),
    // A tooltip leaves no room between columns.
    ...markdownTable(tables, "&nbsp;&nbsp;&nbsp;"),
  ].join("\n\n");
}

/** What there is to say, in plain words, the most urgent first. */
export function ledgerLines(status: LedgerStatus, clock: Clock): readonly string[] {
  if (status.problem !== "") {
    return [status.problem, LOCAL_WORK];
  }
  const { blockedReason, spent, reserved, remaining, cap, money, unsettled, overshoot } = status;
  const cost = money === "" ? "" : `, ${money}`;
  return [
    blockedReason === "" ? "" : `Blocked: ${blockedReason}. ${LOCAL_WORK}`,
    status.paused ? "Paused: nothing is sent to the cloud" : "",
    `${full(spent)} of ${full(cap)} tokens spent${cost}`,
    reserved > 0
      ? `${full(reserved)} reserved for requests under way, ${full(remaining)} left`
      : `${full(remaining)} left`,
    unsettled > 0 ? `${full(unsettled)} charged in full, as the provider never said how much it was` : "",
    overshoot > 0 ? `${full(overshoot)} charged by a provider beyond the limit that it was sent` : "",
    cache(status),
    burnRate(status),
    status.lastCloudMs === null ? "" : `Last cloud call: ${time(status.lastCloudMs, clock)}`,
    answers(status),
    status.completions > 0 ? `Completions: ${full(status.completions)}, all local` : "",
    ...status.notes,
  ].filter((sentence) => sentence !== "");
}

function cache({ cachedShare, saved }: LedgerStatus): string {
  if (cachedShare === null || (cachedShare === 0 && saved === "")) {
    return "";
  }
  const money = saved.startsWith("-") ? `, which cost ${saved.slice(1)} more` : `, which saved ${saved}`;
  return `Cache: ${cachedShare}% of the input was read from it${saved === "" ? "" : money}`;
}

function burnRate({ burnRate: rate, minutesLeft }: LedgerStatus): string {
  if (rate === 0) {
    return "";
  }
  const left = minutesLeft === null ? "" : `, enough for ${full(minutesLeft)} more`;
  return `Burn rate over ten minutes: ${full(rate)} tokens a minute${left}`;
}

function answers({ localShare, localAnswers, cloudAnswers }: LedgerStatus): string {
  return localShare === null
    ? ""
    : `Asks and edits: ${full(localAnswers)} answered locally, ${full(cloudAnswers)} by the cloud`;
}

interface Table {
  readonly title: string;
  readonly rows: readonly UsageLine[];
}

const COLUMNS = ["Requests", "Input", "Cached", "Output", "Reasoning", "Cost"];

/** Several below each other with the same columns; none where there are no rows. */
function markdownTable(tables: readonly Table[], space = ""): readonly string[] {
  const [first, ...others] = tables.filter(({ rows }) => rows.length > 0);
  if (first === undefined) {
    return [];
  }
  const nothing = COLUMNS.map(() => "");
  const lines = [
    [first.title, ...COLUMNS.map((column) => space + column)],
    [":--", ...COLUMNS.map(() => "--:")],
    ...first.rows.map((row) => cells(row, space)),
    ...others.flatMap(({ title, rows }) => [[`**${title}**`, ...nothing], ...rows.map((row) => cells(row, space))]),
  ];
  return [lines.map((line) => `| ${line.join(" | ")} |`).join("\n")];
}

function cells(line: UsageLine, space: string): readonly string[] {
  const { name, local, requests, input, cached, output, reasoning, money } = line;
  const label = local ? `${clip(name)} (local)` : clip(name);
  const numbers = [...[requests, input, cached, output, reasoning].map(full), escape(money === "" ? "–" : money)];
  return [escape(label), ...numbers.map((number) => space + number)];
}

/** A document in Markdown. */
export function reportText({ since, sections }: UsageReport): string {
  const filled = sections.filter(({ rows }) => rows.length > 0);
  const tables = filled.flatMap(({ title, rows }) => [
    `## By ${escape(title.toLowerCase())}`,
    ...markdownTable([{ title, rows }]),
  ]);
  return [
    "# Farthing: Usage",
    `Tokens since ${escape(since)}, in all workspaces. Input includes what was cached, output what was reasoned; a question mark stands for a price that nobody knows. Counted and kept on this machine only.`,
    ...(tables.length > 0 ? tables : ["Nothing has been used yet."]),
    "",
  ].join("\n\n");
}

/** Cut off, not rounded: what is not reached is not shown as reached. */
export function compact(tokens: number): string {
  if (tokens < 1000) {
    return String(tokens);
  }
  const [unit, letter] = tokens < 1_000_000 ? [1000, "k"] : [1_000_000, "M"];
  return `${(Math.floor((10 * tokens) / unit) / 10).toFixed(1)}${letter}`;
}

const NUMBERS = new Intl.NumberFormat("en");

export function full(tokens: number): string {
  return NUMBERS.format(tokens);
}

/** With the day where it is another one. */
export function time(ms: number, { now, timeZone }: Clock): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...zone });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...zone }).format(ms);
  return day.format(ms) === day.format(now) ? clock : `${clock} on ${day.format(ms)}`;
}

/** Text that Markdown shows as it is: no marks, links, cells or HTML, whoever wrote it. */
export function escape(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").replaceAll(/[!-/:-@[-`{-~]/g, "\\$&");
}

function clip(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** Whole tokens as people write them: `75000`, `75,000`, `75k`, `1.5M`. Undefined for anything else. */
export function parseTokens(text: string): number | undefined {
  const match = /^(\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?)\s*([km]?)$/i.exec(text.trim());
  const [, digits = "", letter = ""] = match ?? [];
  const unit = { "": 1, k: 1000, m: 1_000_000 }[letter.toLowerCase()] ?? Number.NaN;
  const tokens = Math.round(Number(digits.replaceAll(/[, ]/g, "")) * unit * 1000) / 1000;
  return digits !== "" && Number.isSafeInteger(tokens) ? tokens : undefined;
}

/** What is wrong with a cap to raise to; undefined where nothing is. */
export function capProblem(text: string, cap: number): string | undefined {
  const tokens = parseTokens(text);
  if (tokens === undefined) {
    return "A number of tokens, for example 75000 or 75k";
  }
  return tokens > cap ? undefined : `The cap is ${full(cap)} now: give more`;
}

/** What is asked when the cap is reached. */
export function capQuestion({ workspace, blockedReason }: LedgerStatus): string {
  return `Nothing more goes to the cloud from ${workspace}: ${blockedReason}. Local work goes on. Finish the session to begin a new one, or raise its cap.`;
}

/** Whether to ask: when the cap is reached while this window looks on, once for each session and height of its cap. */
export class CapWatch {
  private before: LedgerStatus | undefined;
  private readonly asked = new Set<string>();

  reached(status: LedgerStatus): boolean {
    const key = `${status.session ?? ""}:${status.cap}`;
    const sawMore = this.before?.capReached === false && this.before.problem === "" && status.spent > 0;
    const ask = status.shown && status.capReached && sawMore && !this.asked.has(key);
    if (status.problem === "" && status.workspace !== "") {
      this.before = status;
    }
    if (ask) {
      this.asked.add(key);
    }
    return ask;
  }
}
