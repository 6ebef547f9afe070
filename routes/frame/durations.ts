import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { durationOfText, notDuration } from "../../lib/words/durations.ts";

/** What a form's field holds that is a length of time (`DurationField`): milliseconds; empty: undefined. */
export const durationField = z.string().max(60).optional().transform((text, issue) => {
  if (text === undefined || text.trim() === "") return undefined;
  const ms = durationOfText(text);
  if (ms !== null) return ms;
  issue.addIssue({ code: "custom", message: notDuration(text) });
  return z.NEVER;
});

/** The same of one text. @throws PerchError `validation` naming `field` */
export function durationOf(text: string, field: string): number {
  const ms = durationOfText(text);
  if (ms !== null) return ms;
  const message = notDuration(text);
  throw new PerchError("validation", `${field}: ${message}`, {
    errors: [{ path: field, message }],
  });
}
