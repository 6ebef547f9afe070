import { z } from "zod";
import { cameraStatus, cameraStatusShape } from "../../lib/cameras/camera_view.ts";
import { type CameraTest } from "../../lib/cameras/test_camera.ts";
import { cameraTestShape } from "../../lib/cameras/health/shape.ts";
import { byOf } from "../http/caller.ts";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import type { CameraServices } from "./request.ts";

const tags = ["Cameras"];
const tested = { 200: { description: "What came of it", schema: cameraTestShape } };
const MEANT = {
  404: { description: "There is no camera" },
  409: { description: "There are several: the setting cameras.default says which one is meant" },
};

type Asked = RouteContext<unknown, unknown, unknown>;

/** What is asked of a camera: how it is, whether pictures come, to start it anew. */
export function askedRoutes(services: CameraServices): Route[] {
  const { cameras, audit } = services;
  const test = async (id: string) => Response.json(testJson(await cameras.test(id)));
  const recover = async (context: Asked, id: string) =>
    Response.json(testJson(await cameras.recover(id, byOf(audit, context))));
  return [
    route({
      method: "get",
      path: "/api/cameras/:id/status",
      policy: "viewer",
      summary: "How a camera is",
      tags,
      params: idParams(),
      responses: { 200: { description: "Its state", schema: cameraStatusShape } },
      handler: ({ params }) => Response.json(cameraStatus(cameras.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/cameras/:id/test",
      policy: "engineer",
      summary: "Whether pictures come; looks for 20 s at most, also at one that is off",
      tags,
      params: idParams(),
      responses: tested,
      handler: ({ params }) => test(params.id),
    }),
    route({
      method: "post",
      path: "/api/cameras/:id/recover",
      policy: "engineer",
      summary: "Start a camera anew now, then test it",
      tags,
      params: idParams(),
      responses: { ...tested, 409: { description: "It is switched off" } },
      handler: (context) => recover(context, context.params.id),
    }),
    route({
      method: "get",
      path: "/api/camera/status",
      policy: "viewer",
      summary: "How the only camera is, or that of the setting cameras.default",
      tags,
      responses: { 200: { description: "Its state", schema: cameraStatusShape }, ...MEANT },
      handler: () => Response.json(cameraStatus(cameras.meant())),
    }),
    route({
      method: "post",
      path: "/api/camera/test",
      policy: "engineer",
      summary: "Test that camera",
      tags,
      responses: { ...tested, ...MEANT },
      handler: () => test(cameras.meant().id),
    }),
    route({
      method: "post",
      path: "/api/camera/recover",
      policy: "engineer",
      summary: "Start that camera anew, then test it",
      tags,
      responses: { ...tested, ...MEANT },
      handler: (context) => recover(context, cameras.meant().id),
    }),
  ];
}

/** A test on the wire: without its picture. */
function testJson({ frame: _, ...test }: CameraTest): z.output<typeof cameraTestShape> {
  return test;
}
