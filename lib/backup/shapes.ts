/** Backups as the API and the command line show them. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import type { Job } from "./backups.ts";
import { REASONS } from "./manifest.ts";
import type { Receipt } from "./types.ts";
import { uploadFields, uploadOf as fieldsOf } from "../uploads/shapes.ts";
import type { FoundUpload } from "./uploads.ts";

export const backupShape = z.object({
  id: z.string().describe("name of its file"),
  created_ms: msField,
  bytes: z.number(),
  reason: z.enum(REASONS),
  encrypted: z.boolean(),
  verified_ms: msField.describe("when it was restored into a scratch folder and held up, epoch ms"),
  perch: z.string().describe("version that wrote it"),
  schema: z.string().describe("last migration of the database in it"),
  sequence: z.number().describe("counts up, whatever the clock does"),
  sha256: z.string().describe("of the file"),
}).meta({ id: "Backup" });
export type BackupJson = z.output<typeof backupShape>;

export function backupOf(
  { file, bytes, encrypted, verifiedMs, sha256, manifest }: Receipt,
): BackupJson {
  const { created_ms, reason, perch, schema, sequence } = manifest;
  const made = { created_ms, bytes, reason, encrypted, verified_ms: verifiedMs };
  return { id: file, ...made, perch, schema, sequence, sha256 };
}

export const jobShape = z.object({
  id: z.number(),
  reason: z.enum(REASONS),
  by: z.string(),
  state: z.enum(["running", "done", "failed"]),
  stage: z.enum(["copying", "packing", "checking", "unpacking", "replacing"]),
  share: z.number().describe("of the whole, 0…1"),
  started_ms: msField,
  backup: z.string().nullable().describe("id of the backup, once it is done"),
  error: z.string().nullable().describe("why it failed"),
}).meta({ id: "BackupJob" });
export type JobJson = z.output<typeof jobShape>;

export function jobOf({ startedMs, file, ...job }: Job): JobJson {
  return { ...job, started_ms: startedMs, backup: file };
}

export const stateShape = z.object({
  job: jobShape.nullable().describe("under way, or ended last since the start"),
  newest_ms: msField.nullable().describe("when the last verified backup was made; null: none"),
  next_ms: msField.nullable().describe("when the next is made by itself; null: never"),
  trouble: z.string().nullable().describe("what is wrong; null: nothing"),
  unavailable: z.string().nullable().describe("why no backups are made here; null: they are"),
  encrypted_for: z.string().nullable().describe("public key; null: backups are not encrypted"),
}).meta({ id: "BackupState" });
export type StateJson = z.output<typeof stateShape>;

export const keyPairShape = z.object({
  recipient: z.string().describe("public key"),
  identity: z.string().describe("private key; not shown again, kept nowhere"),
  sheet: z.string().describe("the recovery sheet, to be printed"),
}).meta({ id: "BackupKey" });

export const uploadShape = z.object({
  ...uploadFields,
  encrypted: z.boolean().nullable().describe("null: not known yet"),
  site: z.string().nullable().describe("name of the plant in it; null: encrypted, or still coming"),
  made_ms: msField.nullable(),
}).meta({ id: "Upload" });

export function uploadOf(found: FoundUpload): z.output<typeof uploadShape> {
  const { whole } = found.record;
  return {
    ...fieldsOf(found),
    encrypted: whole?.encrypted ?? null,
    site: whole?.plant?.name ?? null,
    made_ms: whole?.plant?.createdMs ?? null,
  };
}
