import { z } from "zod";
import { findingsShape } from "../../lib/backup/findings.ts";
import { manifestShape } from "../../lib/backup/manifest.ts";
import { type Route, route } from "../http/route.ts";
import {
  beginRestore,
  CHECK_MS,
  chosenShape,
  meantShape,
  restoreJobShape,
  type RestoreServices,
} from "./restore_request.ts";

const tags = ["Backups"];
const FILE = "perch-hall-3-20261128T193000Z-17.tar.gz";

/** `/api/restore`: for admins who signed in themselves, with their password again. */
export function restoreRoutes(services: RestoreServices): Route[] {
  const { restores } = services;
  return [
    route({
      method: "get",
      path: "/api/restore",
      policy: "admin",
      summary: "How far the restore is that was asked for last; it ends with a start of Perch",
      tags,
      responses: {
        200: {
          description: "The restore; null: none was asked for since the start",
          schema: z.object({ job: restoreJobShape.nullable() }),
        },
      },
      handler: () => Response.json({ job: restores.job() }),
    }),
    route({
      method: "post",
      path: "/api/restore/check",
      policy: "person:admin",
      summary:
        "Check a backup from end to end and say what restoring it would change; nothing is changed",
      tags,
      body: chosenShape,
      bodyTimeoutMs: CHECK_MS,
      example: { body: { file: FILE } },
      responses: {
        200: {
          description: "What it would change",
          schema: z.object({ manifest: manifestShape, findings: findingsShape }),
        },
        404: { description: "There is no such backup" },
      },
      handler: async ({ body }) =>
        Response.json(
          await restores.plan({ file: body.file, identity: body.identity || null, site: null }),
        ),
    }),
    route({
      method: "post",
      path: "/api/restore",
      policy: "person:admin",
      summary:
        "Restore a backup: it is checked, then Perch ends, puts it in place and starts again. What was there is kept",
      tags,
      body: meantShape,
      example: { body: { file: FILE, site: "hall 3", password: "long enough" } },
      responses: {
        202: { description: "It is being checked", schema: restoreJobShape },
        403: { description: "The password or the code is wrong" },
        404: { description: "There is no such backup" },
        409: { description: "One is under way already" },
        503: { description: "This Perch cannot start itself again: run perch restore" },
      },
      handler: async (context) =>
        Response.json(await beginRestore(services, context, context.body), { status: 202 }),
    }),
  ];
}
