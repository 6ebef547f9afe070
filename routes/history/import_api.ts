import { z } from "zod";
import { jobJson, jobShape } from "../../lib/jobs/shape.ts";
import {
  folderFileOf,
  folderFileShape,
  importUploadOf,
  importUploadShape,
  inspectShape,
  newImportShape,
  optionsOf,
  previewJson,
  previewShape,
  proofShape,
} from "../../lib/transfer/import/shapes.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { jobRoutes } from "../jobs/api.ts";
import { uploadRoutes } from "../uploads/api.ts";
import {
  FOLDER,
  type ImportServices,
  importUploads,
  INSPECT_MS,
  inspectFile,
  orderAgain,
  orderImport,
  rejectedLines,
  UPLOADS_PATH,
} from "./import_request.ts";

const PATH = FOLDER.path;
const tags = [FOLDER.tag];
const PROOF = { site: "hall 3", password: "long enough" };
const refused = {
  403: { description: "The password or the code is wrong" },
  404: { description: "There is no such file" },
  507: { description: "There is too little room on the disk" },
};
const UPLOADS = {
  path: UPLOADS_PATH,
  tags,
  called: "file",
  one: "a file",
  purpose: "for an import",
  shape: importUploadShape,
  show: importUploadOf,
  example: "states.csv",
};

/** `/api/imports`: history from elsewhere. For admins; what stores readings needs their password again. */
export function importRoutes(services: ImportServices): Route[] {
  return [
    ...uploadRoutes(UPLOADS, importUploads(services)),
    ...lookRoutes(services),
    ...orderRoutes(services),
    ...jobRoutes(services, FOLDER),
  ];
}

function lookRoutes(services: ImportServices): Route[] {
  return [
    route({
      method: "get",
      path: `${PATH}/files`,
      policy: "admin",
      summary: "Files in the folder `import` of the data directory",
      tags,
      responses: { 200: { description: "Files", schema: listOf(folderFileShape) } },
      handler: async () => {
        const items = (await services.importFiles.inFolder()).map(folderFileOf);
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "get",
      path: `${PATH}/formats`,
      policy: "admin",
      summary: "Formats that can be imported",
      tags,
      responses: {
        200: {
          description: "Formats",
          schema: listOf(z.object({ id: z.string(), title: z.string() })),
        },
      },
      handler: async () => Response.json({ items: await services.imports.formats(), next: null }),
    }),
    route({
      method: "post",
      path: `${PATH}/inspect`,
      policy: "admin",
      summary: "What a file is: format, first rows, what would become of its series",
      tags,
      body: inspectShape,
      bodyTimeoutMs: INSPECT_MS,
      example: { body: { file: "import/states.csv" } },
      responses: {
        200: { description: "What was found", schema: previewShape },
        404: refused[404],
      },
      handler: async ({ body: { file, format, options = {} } }) => {
        const given = { ...optionsOf(options), format };
        const found = await inspectFile(services, file, given);
        return Response.json(previewJson(found.preview, found.site));
      },
    }),
  ];
}

function orderRoutes(services: ImportServices): Route[] {
  return [
    route({
      method: "post",
      path: PATH,
      policy: "person:admin",
      summary: "Import a file, or with `dry_run` count what that would store",
      tags,
      body: newImportShape,
      example: { body: { file: "import/states.csv", format: "ha-history-csv", dry_run: true } },
      responses: { 202: { description: "The job", schema: jobShape }, ...refused },
      handler: async (context) => {
        const { file, site = "", password = "", code, ...given } = context.body;
        const wanted = {
          format: given.format,
          options: optionsOf(given.options ?? {}),
          mapping: given.mapping ?? [],
          others: given.others ?? "suggested",
          dry_run: given.dry_run ?? false,
        };
        const job = await orderImport(services, context, file, wanted, { site, password, code });
        return Response.json(jobJson(job), { status: 202 });
      },
    }),
    route({
      method: "post",
      path: `${PATH}/:id/continue`,
      policy: "person:admin",
      summary: "Import what was counted, or go on with what was cancelled or failed",
      tags,
      params: idParams(),
      body: proofShape,
      example: { body: PROOF },
      responses: {
        202: { description: "The job", schema: jobShape },
        409: { description: "It is under way, or done" },
        ...refused,
      },
      handler: async (context) => {
        const { params: { id }, body } = context;
        const job = await orderAgain(services, context, id, body);
        return Response.json(jobJson(job), { status: 202 });
      },
    }),
    route({
      method: "get",
      path: `${PATH}/:id/rejected`,
      policy: "admin",
      summary: "Lines that an import rejected, the first 1 000, as CSV",
      tags,
      params: idParams(),
      responses: { 200: { description: "Lines", contentType: "text/csv" } },
      handler: ({ params: { id } }) => rejectedLines(services, id),
    }),
  ];
}
