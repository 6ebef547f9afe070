import { z } from "zod";
import {
  backupOf,
  backupShape,
  jobOf,
  jobShape,
  keyPairShape,
  stateShape,
} from "../../lib/backup/shapes.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  type BackupServices,
  beginBackup,
  downloadBackup,
  newKey,
  removeBackup,
  stateJson,
  switchOff,
  switchOn,
} from "./request.ts";

const tags = ["Backups"];
const NAME_MOST = 200;

/** `/api/backups`: for admins, since a backup holds everything. */
export function backupRoutes(services: BackupServices): Route[] {
  return [...encryptionRoutes(services), ...archiveRoutes(services)];
}

function archiveRoutes(services: BackupServices): Route[] {
  const { backups } = services.backup;
  return [
    route({
      method: "get",
      path: "/api/backups",
      policy: "admin",
      summary: "Backups that were checked by restoring them, newest first",
      tags,
      responses: { 200: { description: "Backups", schema: listOf(backupShape) } },
      handler: async () =>
        Response.json({ items: (await backups.list()).map(backupOf), next: null }),
    }),
    route({
      method: "get",
      path: "/api/backups/state",
      policy: "admin",
      summary: "How the backups are doing: what is under way, the last, the next",
      tags,
      responses: { 200: { description: "State", schema: stateShape } },
      handler: () => Response.json(stateJson(services)),
    }),
    route({
      method: "post",
      path: "/api/backups",
      policy: "admin",
      summary: "Make a backup now; `/api/backups/state` says how far it is",
      tags,
      responses: {
        202: { description: "What is under way", schema: jobShape },
        409: { description: "One is being made already, or the database is on a libSQL server" },
        507: { description: "There is too little room on the disk" },
      },
      handler: async (context) =>
        Response.json(jobOf(await beginBackup(services, context)), { status: 202 }),
    }),
    route({
      method: "get",
      path: "/api/backups/:id/file",
      policy: "admin",
      summary: "Download a backup, or with `Range` what is missing of it",
      tags,
      params: idParams(NAME_MOST),
      responses: {
        200: { description: "The archive", contentType: "application/octet-stream" },
        206: {
          description: "The range that was asked for",
          contentType: "application/octet-stream",
        },
        416: { description: "There is nothing in that range" },
      },
      handler: (context) => downloadBackup(services, context, context.params.id),
    }),
    route({
      method: "delete",
      path: "/api/backups/:id",
      policy: "admin",
      summary: "Delete a backup; the newest stays",
      tags,
      params: idParams(NAME_MOST),
      responses: {
        204: { description: "Deleted" },
        409: { description: "It is the newest good one" },
      },
      handler: async (context) => {
        await removeBackup(services, context, context.params.id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

function encryptionRoutes(services: BackupServices): Route[] {
  return [
    route({
      method: "post",
      path: "/api/backups/encryption",
      policy: "admin",
      summary: "A fresh key pair with its recovery sheet; it is kept nowhere and changes nothing",
      tags,
      responses: { 200: { description: "The key pair", schema: keyPairShape } },
      handler: async () =>
        Response.json(await newKey(services), { headers: { "cache-control": "no-store" } }),
    }),
    route({
      method: "post",
      path: "/api/backups/encryption/confirm",
      policy: "admin",
      summary: "Encrypt backups from now on, for whoever has this private key; it is not kept",
      tags,
      body: z.strictObject({
        identity: z.string().max(500).describe("private key, as the recovery sheet says it"),
      }),
      example: { body: { identity: "AGE-SECRET-KEY-1…" } },
      responses: {
        200: {
          description: "The public key, which is kept",
          schema: z.object({ recipient: z.string() }),
        },
      },
      handler: async (context) =>
        Response.json({ recipient: await switchOn(services, context, context.body.identity) }),
    }),
    route({
      method: "delete",
      path: "/api/backups/encryption",
      policy: "admin",
      summary: "Encrypt backups no longer; those that are encrypted stay so",
      tags,
      responses: { 204: { description: "Switched off" } },
      handler: async (context) => {
        await switchOff(services, context);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
