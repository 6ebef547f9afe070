import { z } from "zod";
import type { Identity } from "../../lib/access/identity.ts";
import { decide } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { LimitSocket, SocketLimits } from "../../lib/live/socket_limits.ts";
import type { StreamFilter, StreamHub } from "../../lib/live/stream.ts";
import { STREAM_POLICIES, STREAM_TYPES, type StreamType } from "../../lib/live/stream_types.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { findMachines, findSensor, list } from "../http/params.ts";
import { socketPeer } from "../http/peer.ts";
import { type Route, route } from "../http/route.ts";

export interface StreamServices {
  hub: Pick<StreamHub, "open">;
  sensors: SensorDirectory;
  limitSocket: LimitSocket;
  /** What the kernel may hold for a stream, and how long a reader may read nothing. */
  socketLimits?: SocketLimits;
}

const SOCKET_LIMITS: SocketLimits = { sendBufferBytes: 64 * 1024, stallMs: 10_000 };

const Query = z.object({
  types: list(z.enum(STREAM_TYPES)).optional().describe("event types, separated by commas"),
  sensor: list(z.string().min(1)).optional().describe("sensors by id, name or machine/sensor"),
  machine: list(z.string().min(1)).optional().describe("machines or areas by path"),
  person: z.string().max(100).optional()
    .describe("id of the person whose page it is for; when somebody else asks the answer is 401"),
  last_event_id: z.string().max(100).optional()
    .describe("as the header Last-Event-ID, for a browser that opens a new stream"),
});

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Proxies must neither buffer nor compress a stream.
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** `GET /api/stream`: Server-Sent Events, resumable with `Last-Event-ID`. */
export function streamRoutes(services: StreamServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/stream",
      policy: "viewer",
      summary: `Live events (Server-Sent Events): hello, reset, ${
        Object.entries(STREAM_POLICIES)
          .map(([type, least]) => least === "viewer" ? type : `${type} (for ${least}s)`).join(", ")
      }`,
      tags: ["Live"],
      query: Query,
      responses: {
        200: { description: "An event stream", contentType: "text/event-stream" },
        403: { description: "A type was asked for that the asker may not read" },
        429: { description: "Too many streams are open; see Retry-After" },
      },
      handler: ({ c, who, query, address, onEnded }) => {
        if (query.person !== undefined && query.person !== who?.id) {
          throw new PerchError("unauthenticated", "somebody else is signed in here now");
        }
        const types = readableTypes(query.types ?? null, who);
        const body = services.hub.open({
          filter: streamFilter({ ...query, types }, services.sensors),
          address,
          onEnded,
          lastEventId: c.req.header("last-event-id") ?? query.last_event_id ?? null,
        });
        const peer = socketPeer(c);
        if (peer) services.limitSocket(peer, services.socketLimits ?? SOCKET_LIMITS);
        return new Response(body, { headers: HEADERS });
      },
    }),
  ];
}

/**
 * What of the asked types (null: all there are) `who` may read; undefined for every type there is.
 * @throws PerchError `forbidden` naming a type that was asked for and is not theirs
 */
function readableTypes(
  asked: readonly StreamType[] | null,
  who: Identity | null,
): StreamType[] | undefined {
  const may = (type: StreamType) => decide(STREAM_POLICIES[type], "get", who, false);
  for (const type of asked ?? []) {
    const decision = may(type);
    if (decision.allow) continue;
    const why = decision.reason === "forbidden" ? decision.message : "sign in first";
    throw new PerchError("forbidden", `events of type ${type}: ${why}`);
  }
  if (asked !== null) return [...asked];
  const readable = STREAM_TYPES.filter((type) => may(type).allow);
  return readable.length === STREAM_TYPES.length ? undefined : readable;
}

/**
 * Turns the query into a filter; `sensor` and `machine` add up.
 * @throws PerchError `not_found` naming the sensor or machine that is not there.
 */
export function streamFilter(
  query: z.output<typeof Query>,
  sensors: SensorDirectory,
): StreamFilter {
  const types = query.types ? [...new Set(query.types)].sort() : null;
  const nums = new Set((query.sensor ?? []).map((name) => findSensor(sensors, name).num));
  const machines = [
    ...new Set((query.machine ?? []).flatMap((name) => [...findMachines(sensors, name)])),
  ].sort();
  const prefixes = machines.map((path) => `${path}/`);
  const chosen = nums.size > 0 || machines.length > 0;
  return {
    key: JSON.stringify([types, [...nums].sort((a, b) => a - b), machines]),
    types: types && new Set(types),
    match: chosen
      ? (num, name) => nums.has(num) || prefixes.some((prefix) => name.startsWith(prefix))
      : null,
  };
}
