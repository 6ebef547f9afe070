import { systemActor } from "../access/audit_row.ts";
import type { Parts } from "../app/parts.ts";
import type { AuditChange } from "../events/audit_change.ts";
import { jobJson } from "../jobs/shape.ts";
import { siteToType } from "../transfer/import/confirm_site.ts";
import { readableFile } from "../transfer/import/files.ts";
import type { ImportControl } from "./control.ts";

export type ImportControlParts = Pick<
  Parts,
  "access" | "backup" | "importFiles" | "imports" | "jobs"
>;

const LOOKED_AT = 200;

/** Imports as the command line orders them: of any file that this process may read. */
export function createImportControl(
  { access, backup, importFiles, imports, jobs }: ImportControlParts,
): ImportControl {
  const actor = systemActor("command line");
  const audited = (change: AuditChange) => access.audit.statement({ actor, ...change });
  return {
    importFormats: () => imports.formats(),
    async inspectImport({ path, options }) {
      const file = await readableFile(path);
      const own = { id: backup.siteUid, name: backup.site };
      const site = siteToType(await importFiles.siteOf(file), own);
      return { preview: await imports.inspect(file, options), site, name: file.name };
    },
    beginImport: async ({ order }) =>
      jobJson(await imports.order(order, { name: actor.name, audited })),
    importJob: async ({ id }) => jobJson(await jobs.need("import", id)),
    cancelImport: async ({ id }) => jobJson(await jobs.cancel("import", id, audited)),
    async lastImport({ path }) {
      const { items } = await jobs.list("import", { limit: LOOKED_AT });
      const found = items.find(({ options }) => options.file === path && options.dry_run === false);
      return found === undefined ? null : jobJson(await jobs.need("import", found.id));
    },
  };
}
