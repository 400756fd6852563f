/** What would leave this machine, and what has left it, in Markdown. Nothing here knows VS Code. */
import type { RequestPreview, SentRequest } from "./cloudProtocol";
import { type Clock, escape, full, time } from "./ledgerText";
import { codeBlock, counted } from "./reviewText";

/** A document about a request that was not sent. */
export function requestText(request: RequestPreview): string {
  const { provider, redacted, text, vetoed } = request;
  const head =
    vetoed !== ""
      ? `**This may not leave this machine: ${escape(vetoed)}**`
      : provider === ""
        ? "This would stay on this machine: nothing would be sent."
        : "Nothing has been sent. This is what would leave this machine, word for word.";
  const title = provider === "" ? "What the model here would read" : "The text";
  return [
    "# What would be sent",
    head,
    list(facts(request)),
    ...(redacted.length === 0 ? [] : ["## Taken out", list(redacted)]),
    ...(text === "" ? [] : [`## ${title}`, codeBlock(text, "text")]),
    "",
  ].join("\n\n");
}

/** Where it may not leave, little is known of it. */
function facts({
  tier,
  provider,
  address,
  model,
  reason,
  tokens,
  maxOutput,
  price,
  redacted,
  vetoed,
}: RequestPreview): readonly string[] {
  const [leaves, known] = [provider !== "", vetoed === ""];
  const here = known ? "To: this machine" : "";
  const secrets = redacted.length === 0 ? "no secrets were found in it" : counted(redacted.length, "secret");
  return [
    leaves ? `To: ${provider}, ${address}` : here,
    model === "" ? "" : `Model: ${[model, tier].filter((word) => word !== "").join(", ")}`,
    reason === "" ? "" : `Why: ${reason}`,
    known ? `Size: ${full(tokens)} tokens at most, and ${full(maxOutput)} of answer at most` : "",
    leaves && known ? `Price: ${priceText(price)}` : "",
    leaves && known ? `Taken out: ${secrets}` : "",
  ].filter((line) => line !== "");
}

function priceText(price: string): string {
  if (price === "") {
    return "nothing";
  }
  return price.includes("?") ? "nobody knows the price of this model" : `${price} at most`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${escape(line)}`).join("\n");
}

/** A document about everything that was sent, the newest first. */
export function sentText(sent: readonly SentRequest[], clock: Clock): string {
  if (sent.length === 0) {
    return "# What was sent\n\nNothing has left this machine in this session.\n";
  }
  const alarms = sent.filter(isAlarm);
  return [
    "# What was sent",
    `${counted(sent.length, "request")} of this session, the newest first.`,
    ...(alarms.length === 0 ? [] : [`**⚠ ${alarmText(alarms.length)}**`]),
    table(sent, clock),
    ...sent.flatMap((request) => detailsOf(request, clock)),
    "",
  ].join("\n\n");
}

/** Whether a model answered that was not asked. A date or `latest` behind the name that was asked is no other model. */
export function isAlarm({ model, answered }: Pick<SentRequest, "model" | "answered">): boolean {
  const [asked, said] = [model, answered].map((name) => (name.split("/").at(-1) ?? "").toLowerCase());
  const rest = said?.startsWith(asked ?? "") === true ? said.slice((asked ?? "").length) : undefined;
  return answered !== "" && !(rest !== undefined && /^(?:[-@](?:latest|\d{4}-?\d{2}-?\d{2}))?$/.test(rest));
}

function alarmText(count: number): string {
  return count === 1
    ? "One request was answered by another model than the one that was asked."
    : `${count} requests were answered by other models than those that were asked.`;
}

function table(sent: readonly SentRequest[], clock: Clock): string {
  const rows = sent.map((request) => [
    time(request.whenMs, clock),
    request.task,
    request.provider,
    isAlarm(request) ? `⚠ ${request.model}, answered by ${request.answered}` : request.model,
    full(request.tokens),
    request.money,
    full(request.pieces.length),
    full(request.redacted.length),
  ]);
  const head = ["Time", "Task", "Provider", "Model", "Tokens", "Cost", "Pieces", "Taken out"];
  const lines = [head, [":--", ":--", ":--", ":--", "--:", "--:", "--:", "--:"], ...rows.map((row) => row.map(escape))];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function detailsOf(
  { request, whenMs, task, tier, provider, address, ...more }: SentRequest,
  clock: Clock,
): readonly string[] {
  const pieces = more.pieces.length === 0 ? ["nothing of the repository"] : more.pieces;
  return [
    `## ${escape(`${time(whenMs, clock)}: ${task}, request ${request}`)}`,
    escape(`To ${provider} (${address}), ${more.model}, ${tier}${more.reason === "" ? "" : `: ${more.reason}`}`),
    list([...pieces, ...more.redacted.map((secret) => `taken out: ${secret}`)]),
  ];
}
