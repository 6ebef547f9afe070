import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { freshFrame } from "../../lib/cameras/fresh_frame.ts";
import {
  createLivePieces,
  createLiveStream,
  LIVE_TYPE,
  type LivePieces,
} from "../../lib/cameras/live_stream.ts";
import type { Frame } from "../../lib/cameras/picture.ts";
import { flagField, idParams } from "../http/params.ts";
import { socketPeer } from "../http/peer.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type CameraServices, runnerOf } from "./request.ts";

const tags = ["Cameras"];
const id = idParams();
/** What the kernel may hold for a viewer: less than a picture, so that a slow one is noticed. */
const SOCKET_LIMITS = { sendBufferBytes: 64 * 1024, stallMs: 10_000 };
const UNSEEN = { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" };

/** Pictures of a camera as they come: one, or all. */
export function pictureRoutes(services: CameraServices): Route[] {
  const pieceOf = createLivePieces();
  return [
    route({
      method: "get",
      path: "/api/cameras/:id/snapshot",
      policy: "viewer",
      summary:
        "The newest picture; X-Picture-Ms says when it was taken, X-Picture-Age-Ms how old it is",
      tags,
      params: id,
      query: z.strictObject({ fresh: flagField("true: one that is taken from now on") }),
      responses: {
        200: { description: "The picture", contentType: "image/jpeg" },
        409: { description: "The camera is switched off" },
        503: { description: "There is none" },
      },
      handler: async ({ params, query }) => {
        const { capture } = runnerOf(services, params.id);
        const frame = query.fresh === true ? await freshFrame(capture) : capture.latest();
        if (frame !== null) {
          return new Response(frame.jpeg, {
            headers: { "content-type": "image/jpeg", ...ageOf(frame, services), ...UNSEEN },
          });
        }
        const { text } = services.cameras.find(params.id);
        throw new PerchError("unavailable", `there is no picture yet: ${text}`, {
          retryAfterS: 5,
        });
      },
    }),
    route({
      method: "get",
      path: "/api/cameras/:id/stream",
      policy: "viewer",
      summary: "Live pictures, for an <img>; ends after half an hour",
      tags,
      params: id,
      query: z.strictObject({
        fps: z.coerce.number().min(0.2).max(30).optional().describe("at most"),
      }),
      responses: {
        200: { description: "Pictures", contentType: "multipart/x-mixed-replace" },
        409: { description: "The camera is switched off" },
        429: { description: "Too many streams are open" },
        503: { description: "Too many look at it" },
      },
      handler: (context) =>
        openLive({ ...services, pieceOf }, context, context.params.id, context.query.fps),
    }),
  ];
}

/** A page shows how old a picture is, whatever its own clock says. */
function ageOf({ tMs, atMs }: Frame, { clock }: Pick<CameraServices, "clock">) {
  return {
    "x-picture-ms": String(Math.round(tMs)),
    "x-picture-age-ms": String(Math.max(0, Math.round(clock.monotonic() - atMs))),
  };
}

function openLive(
  { cameras, hub, clock, mostViewers, limitSocket, pieceOf }: CameraServices & {
    pieceOf: LivePieces;
  },
  { c, address, onEnded }: RouteContext,
  camera: string,
  fps: number | undefined,
): Response {
  const { capture } = runnerOf({ cameras }, camera);
  if (capture.viewers() >= mostViewers()) {
    const { name } = cameras.find(camera);
    throw new PerchError("busy", `${mostViewers()} look at ${name} already: no more may`, {
      retryAfterS: 30,
    });
  }
  const leave = hub.seat(address);
  const stream = createLiveStream({
    clock,
    viewer: capture.watch(fps),
    pieceOf,
    onOver() {
      leave();
      unwatch();
    },
  });
  const unwatch = onEnded(stream.end);
  const peer = socketPeer(c);
  if (peer) limitSocket(peer, SOCKET_LIMITS);
  // Of the first picture: the newest that there is, however old.
  const first = capture.latest();
  const headers = { "content-type": LIVE_TYPE, ...UNSEEN };
  return new Response(stream.body, {
    headers: first === null ? headers : { ...headers, ...ageOf(first, { clock }) },
  });
}
