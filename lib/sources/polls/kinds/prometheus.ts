import { Buffer } from "node:buffer";
import { z } from "zod";
import { defineKind, optionFault } from "./define.ts";
import { type PollAnswer, type PollDeps, PollError } from "./kind.ts";
import { readChoices } from "./prometheus/choice.ts";
import { wayOf } from "./way.ts";
import { scrape } from "./prometheus/scrape.ts";

const ANSWER_BYTES_MOST = 8 * 1024 * 1024;
const ACCEPT =
  "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.9,*/*;q=0.1";

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2_000).meta({
    title: "Address",
    description: "Such as http://192.168.1.40:9100/metrics",
  }),
  choose: z.string().trim().min(1).max(20_000).default("*").meta({
    title: "What is kept",
    format: "lines",
    description:
      'A line each: node_load1, node_disk_*, or node_hwmon_temp_celsius{chip="cpu*"} as ' +
      "CPU {sensor}. An asterisk stands for anything",
  }),
  user: z.string().max(200).optional().meta({
    title: "User",
    description: "Where it asks for one",
  }),
  password: z.string().max(1_000).optional()
    .meta({ title: "Password", description: "Where it asks for one", secret: true }),
  token: z.string().max(4_000).optional()
    .meta({ title: "Bearer token", description: "Instead of user and password", secret: true }),
}).superRefine(({ choose }, context) => {
  const read = readChoices(choose);
  if (typeof read === "string") {
    context.addIssue({ code: "custom", path: ["choose"], message: read });
  }
});

type Options = z.output<typeof options>;

/** Values of a `/metrics` address. */
export const prometheus = defineKind({
  kind: "prometheus",
  title: "Prometheus metrics",
  about: "Reads a /metrics address of another program, as Prometheus does.",
  everyS: 30,
  options,
  target({ url }) {
    const { hostname, port, protocol } = new URL(url);
    return { host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) };
  },
  open: (given, deps) => ({
    ask: (signal) => ask(given, deps, signal),
    close: () => Promise.resolve(),
  }),
});

async function ask(
  { url, choose, user, password, token }: Options,
  deps: PollDeps,
  signal: AbortSignal,
): Promise<PollAnswer> {
  const choices = readChoices(choose);
  if (typeof choices === "string") throw optionFault("choose", choices);
  const authorization = token !== undefined
    ? `Bearer ${token}`
    : user !== undefined || password !== undefined
    ? `Basic ${Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64")}`
    : null;
  const answer = await deps.outgoing.fetch(url, {
    headers: { accept: ACCEPT, ...authorization === null ? {} : { authorization } },
    maxBytes: ANSWER_BYTES_MOST,
    ...wayOf(deps, signal),
  });
  const { status, headers, text, truncated } = answer;
  if (status === 401 || status === 403) {
    throw new PollError(
      "answer",
      `It answers ${status}: user, password or token is missing or wrong`,
    );
  }
  if (status >= 300 && status < 400) {
    throw new PollError("answer", `It answers ${status} and leads elsewhere: give that address`);
  }
  if (status !== 200) throw new PollError("answer", `It answers ${status} instead of 200`);
  const openMetrics = (headers["content-type"] ?? "").startsWith("application/openmetrics-text");
  const turn = () => deps.clock.sleep(0, signal);
  const { values, faults, lines } = await scrape(text, choices, { openMetrics, turn });
  if (lines === 0 || (values.length === 0 && /^\s*</.test(text))) {
    throw new PollError(
      "protocol",
      "The answer is no metrics; is the path right? It is often /metrics",
    );
  }
  if (truncated) faults.push("the answer is longer than 8 MB: the rest was not read");
  if (values.length === 0) faults.push(`nothing of its ${lines} values is chosen`);
  return { values, faults, detail: `${values.length} of ${lines} values kept` };
}
