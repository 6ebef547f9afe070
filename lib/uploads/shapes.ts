/** Uploads on the wire. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { expiresMs, type FoundUpload } from "./folder.ts";

/** What is said of each upload, whatever it holds. */
export const uploadFields = {
  id: z.string().describe("what is named as `file` where it is used"),
  name: z.string(),
  state: z.enum(["coming", "whole"]),
  bytes: z.number().nullable().describe("of all of it; null: not known yet"),
  received: z.number().describe("bytes that are there"),
  expires_ms: msField.describe("removed by itself then"),
  by: z.string(),
};
const uploadShape = z.object(uploadFields);
export type UploadJson = z.output<typeof uploadShape>;

export function uploadOf(found: FoundUpload<unknown>): UploadJson {
  const { id, record: { name, bytes, whole, by }, received } = found;
  return {
    ...{ id, name, state: whole === null ? "coming" : "whole", bytes, received },
    ...{ expires_ms: expiresMs(found), by },
  };
}
