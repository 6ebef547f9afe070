import { type Answer, jsonBody, type Protocol, type ReceivedRequest } from "./http.ts";

export const THINGSPEAK = {
  channelId: "12397",
  writeKey: "WRITEKEY12345678",
  readKey: "READKEY123456789",
};

export interface ThingSpeakFake extends Protocol {
  /** What the channel holds, in the order in which it came. */
  readonly entries: Record<string, unknown>[];
  /** Times of the bulk updates, by the host's clock. */
  readonly updatesMs: number[];
}

/**
 * ThingSpeak's bulk update and feed, https://www.mathworks.com/help/thingspeak/bulkwritejsondata.html. `leastMs`
 * is the time between two updates: 15 s of a free account, by `nowMs`.
 */
export function thingspeakApi(
  { leastMs = 15_000, nowMs = () => Date.now() }: { leastMs?: number; nowMs?: () => number } = {},
): ThingSpeakFake {
  const entries: Record<string, unknown>[] = [];
  const updatesMs: number[] = [];
  const base = `/channels/${THINGSPEAK.channelId}`;

  function bulk(request: ReceivedRequest): Answer {
    const body = jsonBody(request);
    if (body === null) return error(400, "error_bad_request", "Bad Request");
    if (body.write_api_key !== THINGSPEAK.writeKey) {
      return error(401, "error_auth_required", "Authorization Required");
    }
    const updates = body.updates as Record<string, unknown>[];
    if (!Array.isArray(updates) || updates.length === 0 || updates.length > 960) {
      return error(413, "error_request_too_large", "Request Entity Too Large");
    }
    const last = updatesMs.at(-1);
    if (last !== undefined && Math.abs(nowMs() - last) < leastMs) {
      return error(429, "error_too_many_requests", "Too Many Requests");
    }
    const times = updates.map((update) => String(update.created_at));
    const bad = updates.some((update, i) =>
      Number.isNaN(Date.parse(times[i])) ||
      Object.keys(update).some((name) => !/^(created_at|field[1-8])$/.test(name))
    );
    if (bad || new Set(times).size !== times.length) {
      return error(400, "error_bad_request", "Bad Request");
    }
    updatesMs.push(nowMs());
    for (const update of updates) entries.push({ ...update, entry_id: entries.length + 1 });
    return { status: 202, body: { success: true } };
  }

  function feeds(query: URLSearchParams): Answer {
    if (query.get("api_key") !== THINGSPEAK.readKey) return { status: 400, body: "-1" };
    const results = Number(query.get("results") ?? 100);
    const feeds = entries.slice(-results);
    return { status: 200, body: { channel: { id: Number(THINGSPEAK.channelId) }, feeds } };
  }

  return {
    entries,
    updatesMs,
    answer(request) {
      const { pathname, searchParams } = new URL(request.path, "http://x");
      if (request.method === "POST" && pathname === `${base}/bulk_update.json`) {
        return bulk(request);
      }
      if (request.method === "GET" && pathname === `${base}/feeds.json`) return feeds(searchParams);
      return error(404, "error_not_found", "Not Found");
    },
    rateLimited: error(429, "error_too_many_requests", "Too Many Requests"),
    broken: error(500, "error_internal", "Internal Server Error"),
    lie: { status: 200, body: "0" },
  };
}

function error(status: number, error_code: string, message: string): Answer {
  const details = "See the documentation.";
  return { status, body: { status: String(status), error: { error_code, message, details } } };
}
