/** What the API and the pages of imports share. */
import type { Audit } from "../../lib/access/audit.ts";
import type { SignIn } from "../../lib/access/sign_in.ts";
import type { Users } from "../../lib/access/users.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { confirmSite, type OwnSite, siteToType } from "../../lib/transfer/import/confirm_site.ts";
import { type ImportFiles, readableFile } from "../../lib/transfer/import/files.ts";
import type { ReadableFile } from "../../lib/transfer/import/files.ts";
import type { ImportOptions } from "../../lib/transfer/import/format.ts";
import {
  type ImportOrder,
  importOrderSchema,
  type ImportPreview,
  type ImportResult,
  type Imports,
} from "../../lib/transfer/import/imports.ts";
import { type Proof, WIRE_NAMES } from "../../lib/transfer/import/shapes.ts";
import { BYTE_ORDER_MARK, csvLine } from "../../lib/words/csv.ts";
import { byOf, caller, me } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";
import type { JobServices } from "../jobs/request.ts";
import type { UploadServices } from "../uploads/request.ts";

export interface ImportServices extends JobServices {
  imports: Imports;
  importFiles: ImportFiles;
  /** This site, as a file of another one is told from. */
  ownSite: OwnSite;
  access: { signIn: Pick<SignIn, "confirmWithCode"> };
  users: Users;
  audit: Pick<Audit, "record" | "statement">;
}

/** A large file takes its time. */
export const INSPECT_MS = 5 * 60_000;
export const UPLOADS_PATH = "/api/import/uploads";
export const FOLDER = {
  kind: "import",
  path: "/api/imports",
  tag: "Imports",
  policy: "admin",
} as const;

/** Uploads for imports, as uploads are handled. */
export const importUploads = ({ importFiles, audit }: ImportServices): UploadServices => ({
  uploads: importFiles.uploads,
  audit,
  audited: "import",
});

/** What a file is, and what has to be typed before it is imported. @throws PerchError `not_found`, `validation` */
export async function inspectFile(
  { imports, importFiles, ownSite }: ImportServices,
  ref: string,
  options: ImportOptions & { format?: string },
): Promise<{ file: ReadableFile; preview: ImportPreview; site: ReturnType<typeof siteToType> }> {
  const file = await importFiles.find(ref);
  const site = siteToType(await importFiles.siteOf(file), ownSite);
  return { file, site, preview: await imports.inspect(file, options) };
}

/** An order but for where its file lies. */
export type Wanted = Omit<ImportOrder, "file" | "name" | "continues">;

/** Orders an import, or a dry run, which changes nothing and so needs no proof. @throws PerchError */
export async function orderImport(
  services: ImportServices,
  context: RouteContext,
  ref: string,
  wanted: Wanted,
  proof: Proof,
): Promise<Job> {
  const file = await services.importFiles.find(ref);
  if (!wanted.dry_run) await prove(services, context, file, proof);
  const { options, questions } = await services.imports.inspect(file, {
    ...wanted.options,
    format: wanted.format,
  });
  if (questions.length > 0) throw openQuestions(questions);
  const order = { ...wanted, options, file: file.path, name: file.name };
  return await services.imports.order(order, byOf(services.audit, context));
}

/** What nobody can guess is not imported. */
function openQuestions(questions: ImportPreview["questions"]): PerchError {
  const errors = questions.map(({ field, message }) => ({
    path: `options.${WIRE_NAMES[field] ?? field}`,
    message,
  }));
  const sentence = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new PerchError("validation", sentence, { errors });
}

/** Imports what was counted, or goes on with what was cancelled or failed. @throws PerchError */
export async function orderAgain(
  services: ImportServices,
  context: RouteContext,
  id: string,
  proof: Proof,
): Promise<Job> {
  const job = await services.jobs.need("import", id);
  const { order, next } = nextOf(job);
  if (next === null) {
    throw new PerchError("conflict", `this import is ${job.state}: there is nothing to go on with`);
  }
  const file = { ...await readableFile(order.file), name: order.name };
  await prove(services, context, file, proof);
  const again = next === "import"
    ? { ...order, dry_run: false }
    : { ...order, continues: order.continues ?? job.id };
  return await services.imports.order(again, byOf(services.audit, context));
}

/** What was ordered, and what may follow: the import after its count, the rest of what ended early. */
export function nextOf(job: Job): { order: ImportOrder; next: "import" | "continue" | null } {
  const order = importOrderSchema.parse(job.options);
  const isOver = job.state === "cancelled" || job.state === "failed";
  if (order.dry_run) {
    return { order, next: job.state === "done" || job.state === "cancelled" ? "import" : null };
  }
  return { order, next: isOver ? "continue" : null };
}

/** The first rejected lines as CSV. @throws PerchError `not_found`, `conflict`: it has not ended */
export async function rejectedLines(
  { jobs }: ImportServices,
  id: string,
): Promise<Response> {
  const { result } = await jobs.need("import", id);
  if (result === null) {
    throw new PerchError("conflict", "what was rejected is known when the import is done");
  }
  const { rejected_lines } = result as unknown as ImportResult;
  const lines = rejected_lines.map(({ line, reason }) => csvLine([line, reason])).join("");
  return new Response(BYTE_ORDER_MARK + csvLine(["line", "reason"]) + lines, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="rejected-${id.replace(/\W/g, "")}.csv"`,
      "cache-control": "no-store",
    },
  });
}

/** The name before the code: a code counts once. */
async function prove(
  { importFiles, ownSite, access, users }: ImportServices,
  context: RouteContext,
  file: ReadableFile,
  { site, password, code }: Proof,
): Promise<void> {
  confirmSite(site, siteToType(await importFiles.siteOf(file), ownSite));
  await access.signIn.confirmWithCode(me(context, users), { password, code }, caller(context));
}
