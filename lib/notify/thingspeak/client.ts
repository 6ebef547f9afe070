import type { Outgoing, OutgoingAnswer } from "../../base/outgoing.ts";
import { outcomeOf, wordsOf } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { jsonOf, postJson } from "../channels/fields.ts";
import type { Update } from "./plan.ts";

/** A channel of ThingSpeak, https://www.mathworks.com/help/thingspeak/rest-api.html */
export interface ThingSpeakChannel {
  /** Of the environment, so it is not judged. Without a trailing slash. */
  baseUrl: string;
  channelId: string;
  writeKey: string;
  /** Null: the channel is public. */
  readKey: string | null;
}

/** One entry of the channel as ThingSpeak gives it back. */
export interface FeedEntry {
  tMs: number;
  entryId: number;
  /** `field1` … `field8`; only those that have a value. */
  fields: Record<string, string>;
}

const ANSWER_BYTES_MOST = 4 * 1024 * 1024;

/** Sends messages in one request, which ThingSpeak takes whole or not at all. */
export async function bulkUpdate(
  outgoing: Outgoing,
  { baseUrl, channelId, writeKey }: ThingSpeakChannel,
  updates: readonly Update[],
  signal: AbortSignal,
  nowMs: number,
): Promise<Outcome> {
  const answer = await postJson(
    { outgoing, signal },
    `${baseUrl}/channels/${channelId}/bulk_update.json`,
    { write_api_key: writeKey, updates },
    {},
    { trusted: true },
  );
  const outcome = outcomeOf(answer, nowMs);
  if (outcome.state === "delivered") {
    return jsonOf(answer)?.success === true
      ? outcome
      : { state: "retry", answer: `not an answer of ThingSpeak: ${wordsOf(answer)}` };
  }
  return { ...outcome, answer: errorOf(answer) };
}

/** The latest entries of the channel, oldest first. @throws OutgoingError, Error with ThingSpeak's words */
export async function readFeeds(
  outgoing: Outgoing,
  { baseUrl, channelId, readKey }: ThingSpeakChannel,
  results: number,
): Promise<FeedEntry[]> {
  const query = new URLSearchParams({ results: String(results) });
  if (readKey !== null) query.set("api_key", readKey);
  const answer = await outgoing.fetch(`${baseUrl}/channels/${channelId}/feeds.json?${query}`, {
    trusted: true,
    maxBytes: ANSWER_BYTES_MOST,
  });
  const feeds = jsonOf(answer)?.feeds;
  if (answer.status !== 200 || !Array.isArray(feeds)) throw new Error(errorOf(answer));
  return feeds.map((feed: Record<string, unknown>) => ({
    tMs: Date.parse(String(feed.created_at)),
    entryId: Number(feed.entry_id),
    fields: Object.fromEntries(
      Object.entries(feed).filter(([name, value]) => /^field[1-8]$/.test(name) && value !== null)
        .map(([name, value]) => [name, String(value)]),
    ),
  })).filter(({ tMs }) => !Number.isNaN(tMs));
}

/** `{"status":"401","error":{"error_code":…,"message":…,"details":…}}` as a sentence. */
function errorOf(answer: OutgoingAnswer): string {
  const error = jsonOf(answer)?.error;
  if (typeof error !== "object" || error === null) return wordsOf(answer);
  const { message, details, error_code } = error as Record<string, unknown>;
  return `${answer.status} ${[message, details, error_code].filter(Boolean).join(", ")}`;
}
