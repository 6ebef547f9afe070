/** Jobs on the wire. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { type Job, JOB_KINDS, JOB_STATES } from "./job.ts";

export const jobShape = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  title: z.string(),
  options: z.record(z.string(), z.unknown()).describe(
    "what was ordered; in lists without its `mapping`",
  ),
  state: z.enum(JOB_STATES),
  progress: z.object({
    share: z.number().nullable().describe("of the whole, 0…1; null: not known"),
    words: z.string().describe("what is being done"),
    counts: z.record(z.string(), z.number()),
  }).nullable(),
  result: z.record(z.string(), z.unknown()).nullable().describe(
    "what came of it; in lists without what is long",
  ),
  file: z.object({ name: z.string(), type: z.string(), bytes: z.number() }).nullable()
    .describe("null: there is none, or none any more"),
  error: z.string().nullable().describe("why it failed, and what to do"),
  by: z.string().describe("who ordered it"),
  created_ms: msField,
  started_ms: msField.nullable(),
  finished_ms: msField.nullable(),
}).meta({ id: "Job" });
export type JobJson = z.output<typeof jobShape>;

export function jobJson({ createdMs, startedMs, finishedMs, ...job }: Job): JobJson {
  return { ...job, created_ms: createdMs, started_ms: startedMs, finished_ms: finishedMs };
}

/** As the live stream sends it to everybody who may see that something is done. */
export type JobNews = Omit<JobJson, "options" | "result">;

export function jobNews(job: Job): JobNews {
  const { options: _, result: __, ...news } = jobJson(job);
  return news;
}
