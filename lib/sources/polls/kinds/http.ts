import {
  type OutgoingAnswer,
  OutgoingError,
  type PeerCertificate,
} from "../../../base/outgoing.ts";
import { daysLeft } from "./certificates.ts";
import { defineKind } from "./define.ts";
import { headersOf, type HttpOptions, httpOptions, namesStatus, urlOf } from "./http_options.ts";
import { parsePath, valueAt } from "./json_path.ts";
import { type PollDeps, type PolledValue, PollError } from "./kind.ts";
import { wayOf } from "./way.ts";

const BODY_BYTES_MOST = 256 * 1024;
const TEXT_CHARS_MOST = 100;
const REDIRECT = new Set([301, 302, 303, 307, 308]);
/** They stay where they were meant for. */
const OF_ORIGIN = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Whether a page or an interface answers, and what. */
export const http = defineKind({
  kind: "http",
  title: "HTTP",
  about:
    "Asks a web address, and looks at its status, a keyword, a JSON value and its certificate.",
  options: httpOptions,
  target(options) {
    const url = urlOf(options);
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
  },
  open: (options, deps) => ({
    async ask(signal) {
      const begunMs = deps.clock.monotonic();
      const { answer, certificate, asked } = await follow(options, deps, signal);
      const tookMs = Math.max(0, Math.round((deps.clock.monotonic() - begunMs) * 10) / 10);
      const values = certificateValues(certificate, deps);
      if (!namesStatus(options.status, answer.status)) {
        throw new PollError("answer", unexpected(answer, options, asked), values);
      }
      const read = readBody(answer, options);
      values.push(...read.values);
      if (read.fault !== null) throw new PollError("answer", read.fault, values);
      const [left] = certificate === null ? [] : [daysLeft(certificate, deps.clock.now())];
      if (left !== undefined && left < options.certificate_days) {
        throw new PollError(
          "tls",
          `Its certificate is good for ${left} more days only: renew it`,
          values,
        );
      }
      return {
        values,
        detail: `Answered ${answer.status} in ${Math.round(tookMs)} ms`,
        responseMs: tookMs,
      };
    },
    close: () => Promise.resolve(),
  }),
});

interface Followed {
  answer: OutgoingAnswer;
  /** Of the last address; null: it is no https. */
  certificate: PeerCertificate | null;
  asked: URL;
}

/** Asks, and follows redirects as far as that is wanted; every address goes through the guard. */
async function follow(
  options: HttpOptions,
  deps: PollDeps,
  signal: AbortSignal,
): Promise<Followed> {
  let url = urlOf(options);
  let method: string = options.method;
  let headers = headersOf(options.headers);
  let body = options.body === "" || ["GET", "HEAD"].includes(method) ? undefined : options.body;
  for (let left = options.redirects;; left--) {
    let certificate: PeerCertificate | null = null;
    const type = body === undefined || "content-type" in headers ? {} : JSON_TYPE;
    const answer = await deps.outgoing.fetch(url.href, {
      ...wayOf(deps, signal),
      method,
      headers: { ...type, ...headers },
      body,
      lenient: true,
      maxBytes: BODY_BYTES_MOST,
      onCertificate: (found) => void (certificate = found),
    }).catch((error) => {
      throw left === options.redirects ? error : notThere(url, error);
    });
    const { location } = answer.headers;
    if (left <= 0 || !REDIRECT.has(answer.status) || location === undefined) {
      return { answer, certificate, asked: url };
    }
    const next = URL.canParse(location, url) ? new URL(location, url) : null;
    if (next === null || !/^https?:$/.test(next.protocol)) {
      throw new PollError("answer", `It redirects to ${shown(location)}, which is no web address`);
    }
    if (next.origin !== url.origin) {
      headers = Object.fromEntries(
        Object.entries(headers).filter(([name]) => !OF_ORIGIN.has(name)),
      );
    }
    if (answer.status < 307 && method !== "HEAD") [method, body] = ["GET", undefined];
    url = next;
  }
}

/** What is allowed is the address that was given; one that it redirects to is an answer of it. */
function notThere(url: URL, error: unknown): unknown {
  if (!(error instanceof OutgoingError) || error.toAllow === null) return error;
  const why = "in the local network, where only its own address can be allowed";
  return new PollError("forbidden", `It redirects to ${shown(url.origin)}, ${why}`);
}

const JSON_TYPE = { "content-type": "application/json" };

function certificateValues(
  certificate: PeerCertificate | null,
  { clock }: PollDeps,
): PolledValue[] {
  if (certificate === null) return [];
  return [{
    sensor: "certificate days left",
    value: daysLeft(certificate, clock.now()),
    unit: "d",
  }];
}

function unexpected({ status, headers }: OutgoingAnswer, options: HttpOptions, asked: URL): string {
  const to = REDIRECT.has(status) && headers.location !== undefined
    ? ` to ${shown(headers.location)}`
    : "";
  const at = asked.href === urlOf(options).href ? "" : ` at ${asked.host}`;
  return `Answered ${status}${to}${at}, expected ${options.status}`;
}

interface Read {
  values: PolledValue[];
  fault: string | null;
}

function readBody({ text, truncated }: OutgoingAnswer, options: HttpOptions): Read {
  const { keyword, keyword_absent, json_path } = options;
  const within = truncated ? ` within the first ${BODY_BYTES_MOST / 1024} KB` : "";
  if (keyword !== "" && text.includes(keyword) === keyword_absent) {
    const is = keyword_absent ? "is in the answer" : `is not in the answer${within}`;
    return { values: [], fault: `The keyword ${shown(keyword)} ${is}` };
  }
  if (json_path.trim() === "") return { values: [], fault: null };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const why = truncated ? ` of ${BODY_BYTES_MOST / 1024} KB at most` : "";
    return { values: [], fault: `The answer is no JSON${why}: it begins with ${shown(text)}` };
  }
  return readJson(valueAt(json, parsePath(json_path)!), options);
}

function readJson(found: unknown, { json_path, json_value }: HttpOptions): Read {
  if (found === undefined) {
    return { values: [], fault: `There is no ${json_path.trim()} in the answer` };
  }
  const isPlain = ["number", "boolean", "string"].includes(typeof found);
  const values = isPlain
    ? [{ sensor: "value", value: cut(found as string | number | boolean) }]
    : [];
  const text = isPlain ? String(found) : JSON.stringify(found);
  if (json_value === "" || text === json_value) return { values, fault: null };
  return { values, fault: `${json_path.trim()} is ${shown(text)}, expected ${shown(json_value)}` };
}

const cut = (value: string | number | boolean) =>
  typeof value === "string" ? value.slice(0, TEXT_CHARS_MOST).toWellFormed() : value;

/** One line that is not too long. */
function shown(text: string): string {
  const line = text.slice(0, TEXT_CHARS_MOST).toWellFormed().replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return `"${line}"`;
}
