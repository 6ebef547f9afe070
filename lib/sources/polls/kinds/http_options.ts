/** What is set of a probe over HTTP, and how it is read. */
import { z } from "zod";
import { OutgoingError } from "../../../base/outgoing.ts";
import { httpAddress } from "../../../base/create_outgoing.ts";
import { optionFault } from "./define.ts";
import { parsePath } from "./json_path.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const STATUSES = /^\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?(\s*,\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?){0,19}\s*$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** They say how the message is cut, or where it goes. */
const NOT_SET = new Set(["host", "content-length", "transfer-encoding", "connection", "upgrade"]);
const HEADERS_MOST = 20;

export const httpOptions = z.strictObject({
  url: z.string().trim().min(1).max(2000).meta({
    title: "Address",
    description: "Such as https://shop.example.com/health",
  }),
  method: z.enum(METHODS).default("GET").meta({ title: "Method" }),
  status: z.string().regex(STATUSES, "give statuses like 200 or 200-299,401").default("200-299")
    .meta({
      title: "Expected status",
      description: "One or more, separated by commas: 200-299,401",
    }),
  keyword: z.string().max(500).default("").meta({
    title: "Keyword",
    description: "Must stand in the answer. Empty: the answer is not looked at.",
  }),
  keyword_absent: z.boolean().default(false).meta({
    title: "Keyword must not be there",
  }),
  json_path: z.string().max(200).refine((path) => path.trim() === "" || parsePath(path) !== null, {
    error: "give a path like $.pumps[0].state",
  }).default("").meta({
    title: "JSON path",
    description: "A value of the answer that is kept as a sensor: $.pumps[0].state",
  }),
  json_value: z.string().max(200).default("").meta({
    title: "JSON value",
    description: "What must stand there. Empty: anything.",
  }),
  headers: z.string().max(4_000).default("").meta({
    title: "Headers",
    description: "One a line: Authorization: Bearer …",
    secret: true,
    format: "lines",
  }),
  body: z.string().max(10_000).default("").meta({
    title: "Body",
    description: "Sent along; JSON unless a header says otherwise.",
    format: "lines",
  }),
  redirects: z.int().min(0).max(5).default(0).meta({
    title: "Redirects, at most",
    description: "0: a redirect is an answer like others. Each address is judged as the first.",
  }),
  certificate_days: z.int().min(0).max(365).default(0).meta({
    title: "Certificate: days left, at least",
    description: "With fewer it counts as down; 0: how many there are is only kept.",
  }),
});
export type HttpOptions = z.output<typeof httpOptions>;

/** @throws PerchError `validation` */
export function urlOf({ url, headers }: Pick<HttpOptions, "url" | "headers">): URL {
  headersOf(headers);
  try {
    return httpAddress(url);
  } catch (error) {
    if (error instanceof OutgoingError) throw optionFault("url", error.message);
    throw error;
  }
}

/** @throws PerchError `validation` naming the line, without what stands in it */
export function headersOf(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > HEADERS_MOST) {
    throw optionFault("headers", `give at most ${HEADERS_MOST} lines`);
  }
  return Object.fromEntries(lines.map((line, i) => {
    const match = HEADER.exec(line.trim());
    if (match === null) throw optionFault("headers", `line ${i + 1} must be like Name: value`);
    const name = match[1].toLowerCase();
    if (NOT_SET.has(name)) throw optionFault("headers", `line ${i + 1}: ${name} is set by Perch`);
    return [name, match[2]];
  }));
}

/** Whether `200-299,401` names a status. */
export function namesStatus(statuses: string, status: number): boolean {
  return statuses.split(",").some((one) => {
    const [from, to = from] = one.split("-").map(Number);
    return status >= from && status <= to;
  });
}
