/** What the API and the pages of jobs share. */
import type { Audit } from "../../lib/access/audit.ts";
import { atLeast, type Policy } from "../../lib/access/policy.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Job, JobKind } from "../../lib/jobs/job.ts";
import type { Jobs } from "../../lib/jobs/jobs.ts";
import { fileRange, nothingOf, rangeOf } from "../http/byte_range.ts";
import { auditedBy, caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface JobServices {
  jobs: Jobs;
  audit: Pick<Audit, "statement">;
}

/** Jobs of one kind, as routes and pages know them. */
export interface JobFolder {
  kind: JobKind;
  /** Of the API: `/api/reports`. */
  path: string;
  tag: string;
  /** Who sees them, and changes their own; those of others: engineers. */
  policy: Policy;
}

/** Ends a job. @throws PerchError `not_found`, `forbidden`, `conflict` */
export async function cancelJob(
  { jobs, audit }: JobServices,
  { kind }: JobFolder,
  context: RouteContext,
  id: string,
): Promise<Job> {
  mayChange(await jobs.need(kind, id), context);
  return await jobs.cancel(kind, id, auditedBy(audit, context));
}

/** Removes a job that has ended, with its file. @throws PerchError `not_found`, `forbidden`, `conflict` */
export async function removeJob(
  { jobs, audit }: JobServices,
  { kind }: JobFolder,
  context: RouteContext,
  id: string,
): Promise<void> {
  mayChange(await jobs.need(kind, id), context);
  await jobs.remove(kind, id, auditedBy(audit, context));
}

function mayChange({ by, kind }: Job, context: RouteContext): void {
  const { who } = context;
  if (who !== null && (atLeast(who.role, "engineer") || caller(context).name === by)) return;
  throw new PerchError("forbidden", `this ${kind} is of ${by}; engineers change those of others`);
}

/** The file of a job, or the range of it that is asked for. @throws PerchError `not_found` */
export async function downloadJob(
  { jobs }: JobServices,
  { kind }: JobFolder,
  { c }: RouteContext,
  id: string,
): Promise<Response> {
  const { path, name, type, bytes } = await jobs.open(kind, id);
  const etag = `"${id}"`;
  const range = rangeOf(c.req.raw.headers, { bytes, etag });
  const headers = new Headers({
    "content-type": type,
    // Letters, digits, `_`, `-` and `.` alone (`safeName`).
    "content-disposition": `attachment; filename="${name}"`,
    "x-content-type-options": "nosniff",
    // A large file goes out as it is: packing it on the way would take tens of megabytes.
    "cache-control": "no-store, no-transform",
    "accept-ranges": "bytes",
    etag,
  });
  if (range === "none") return nothingOf(bytes, headers);
  const { from, to } = range ?? { from: 0, to: bytes - 1 };
  headers.set("content-length", String(to - from + 1));
  if (range !== null) headers.set("content-range", `bytes ${from}-${to}/${bytes}`);
  const body = bytes === 0 ? null : await fileRange(path, from, to);
  return new Response(body, { status: range === null ? 200 : 206, headers });
}
