/** What the API and the page of the backups share. */
import type { Audit } from "../../lib/access/audit.ts";
import type { Backups, Job } from "../../lib/backup/backups.ts";
import { createKeyPair, provenRecipient, recoverySheet } from "../../lib/backup/encryption.ts";
import { type BackupState, troubleOf } from "../../lib/backup/health.ts";
import { jobOf, type StateJson } from "../../lib/backup/shapes.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import { fileRange, nothingOf, rangeOf } from "../http/byte_range.ts";
import { caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface BackupServices {
  backup: {
    backups: Backups;
    /** Name of the plant. */
    site: string;
    state(): BackupState;
    nextMs(): number | null;
    recipient(): string | null;
    setRecipient(recipient: string | null, also: readonly SqlStatement[]): Promise<void>;
  };
  audit: Pick<Audit, "statement" | "record">;
  clock: Pick<Clock, "now">;
}

/** Begins a backup; gives what is under way. @throws PerchError `conflict`, `storage_full` */
export async function beginBackup(
  { backup, audit }: BackupServices,
  context: RouteContext,
): Promise<Job> {
  const actor = caller(context);
  const { job, ended } = await backup.backups.begin("asked", actor.name);
  // The job says how it ended.
  ended.catch(() => {});
  await audit.record({
    actor,
    action: "backup.begin",
    resource: "backup",
    touches: [],
    after: { number: job.id },
  });
  return job;
}

/** Removes a backup. @throws PerchError `not_found`, `conflict` for the newest */
export async function removeBackup(
  { backup, audit }: BackupServices,
  context: RouteContext,
  id: string,
): Promise<void> {
  await backup.backups.remove(id, ({ bytes }) =>
    audit.record({
      actor: caller(context),
      action: "backup.delete",
      resource: `backup:${id}`,
      touches: [],
      before: { bytes },
    }));
}

/** The archive itself, or the range of it that is asked for. @throws PerchError `not_found` */
export async function downloadBackup(
  { backup, audit }: BackupServices,
  context: RouteContext,
  id: string,
): Promise<Response> {
  const { receipt, path } = await backup.backups.find(id);
  const { bytes, sha256, encrypted, file } = receipt;
  const etag = `"${sha256}"`;
  const range = rangeOf(context.c.req.raw.headers, { bytes, etag });
  const headers = new Headers({
    "content-type": encrypted ? "application/octet-stream" : "application/gzip",
    // Letters, digits, `-` and `.` alone.
    "content-disposition": `attachment; filename="${file}"`,
    "cache-control": "no-store",
    "accept-ranges": "bytes",
    etag,
  });
  if (range === "none") return nothingOf(bytes, headers);
  const { from, to } = range ?? { from: 0, to: bytes - 1 };
  const body = await fileRange(path, from, to);
  // A download that is resumed is one.
  if (from === 0) {
    await audit.record({
      actor: caller(context),
      action: "backup.download",
      resource: `backup:${id}`,
      touches: [],
    });
  }
  headers.set("content-length", String(to - from + 1));
  if (range !== null) headers.set("content-range", `bytes ${from}-${to}/${bytes}`);
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

/** A fresh key pair with its recovery sheet; nothing of it is kept. */
export async function newKey({ backup, clock }: BackupServices) {
  const pair = await createKeyPair();
  return {
    ...pair,
    sheet: recoverySheet({ ...pair, site: backup.site, madeMs: clock.now() }),
  };
}

/** Switches encryption on for whoever has this private key. @throws PerchError `validation` */
export async function switchOn(
  services: BackupServices,
  context: RouteContext,
  identity: string,
): Promise<string> {
  const recipient = await provenRecipient(identity);
  await changeRecipient(services, context, recipient);
  return recipient;
}

/** Backups are not encrypted any more. */
export function switchOff(services: BackupServices, context: RouteContext): Promise<void> {
  return changeRecipient(services, context, null);
}

async function changeRecipient(
  { backup, audit }: BackupServices,
  context: RouteContext,
  recipient: string | null,
): Promise<void> {
  await backup.setRecipient(recipient, [
    audit.statement({
      actor: caller(context),
      action: "backup.encryption",
      resource: "backup-encryption",
      before: { recipient: backup.recipient() },
      after: { recipient },
    }),
  ]);
}

/** How the backups are doing. */
export function stateJson({ backup }: BackupServices): StateJson {
  const state = backup.state();
  const { job, newest, unavailable } = state;
  return {
    job: job === null ? null : jobOf(job),
    newest_ms: newest?.manifest.created_ms ?? null,
    next_ms: backup.nextMs(),
    trouble: troubleOf(state)?.text ?? null,
    unavailable,
    encrypted_for: backup.recipient(),
  };
}
