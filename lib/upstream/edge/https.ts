import { messageOf } from "../../base/errors.ts";
import { type Outgoing, type OutgoingAnswer, OutgoingError } from "../../base/outgoing.ts";
import { type Forward, forwardedShape } from "../wire.ts";
import type { Sent } from "./forwarder.ts";
import type { Upstream, WebUpstream } from "./line.ts";

/** Weeks of a plant's events and alarms come in small parts; this is one of them. */
const ANSWER_BYTES = 256 * 1024;
const TIMEOUT_MS = 30_000;

/** Sends messages over HTTP(S), through the one way out. */
export function createHttpsLink(
  { outgoing, trusted, askedMs }: {
    outgoing: Pick<Outgoing, "fetch">;
    /** The line stands in the environment: whoever sets that owns the host. */
    trusted: () => boolean;
    askedMs: (answer: OutgoingAnswer) => number | undefined;
  },
): (to: WebUpstream, message: Forward, signal: AbortSignal) => Promise<Sent> {
  return async (to, message, signal) => {
    let answer: OutgoingAnswer;
    try {
      answer = await outgoing.fetch(to.url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${to.key}`,
          "content-type": "application/json",
          "content-encoding": "gzip",
        },
        body: await gzip(JSON.stringify(message)),
        ...{ signal, timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_BYTES, trusted: trusted() },
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OutgoingError)) throw error;
      const why = `The centre ${to.centre} cannot be reached: ${plain(messageOf(error))}.`;
      return error.fault === "invalid" ? { kind: "refused", why } : { kind: "later", why };
    }
    return readAnswer(to, answer, askedMs(answer));
  };
}

/** What an answer of the centre means. */
export function readAnswer(
  { centre }: Pick<Upstream, "centre">,
  { status, text }: Pick<OutgoingAnswer, "status" | "text">,
  askedMs?: number,
): Sent {
  if (status === 200) {
    const parsed = forwardedShape.safeParse(jsonOf(text));
    if (parsed.success) return { kind: "taken", answer: parsed.data };
    return { kind: "refused", why: `What answers at ${centre} is no Perch that takes sites.` };
  }
  const said = detailOf(text);
  switch (status) {
    case 400:
    case 409:
    case 413:
      return { kind: "refused", why: said ?? `The centre ${centre} answers ${status}.` };
    case 401:
      return {
        kind: "refused",
        why:
          `The centre ${centre} does not know this key: it was revoked, or has another one now. Enter the line ` +
          "that it shows.",
      };
    case 403:
      return { kind: "refused", why: said ?? `The centre ${centre} does not let this key in.` };
    case 404:
    case 405:
      return {
        kind: "refused",
        why: said?.includes("site") === true
          ? `At the centre ${centre} ${said}.`
          : `What answers at ${centre} knows of no sites: if it is an earlier Perch, update it first.`,
      };
    default:
      return {
        kind: "later",
        why: `The centre ${centre} takes nothing at the moment${
          said === null ? ` (${status})` : `: ${plain(said)}`
        }.`,
        ...(askedMs === undefined ? {} : { askedMs }),
      };
  }
}

const plain = (text: string) => text.replace(/[.\s]+$/, "");

function detailOf(text: string): string | null {
  const body = jsonOf(text) as { detail?: unknown } | null;
  return typeof body?.detail === "string" ? body.detail.slice(0, 500) : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function gzip(text: string): Promise<Uint8Array> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
