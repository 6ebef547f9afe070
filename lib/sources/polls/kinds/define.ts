import type { z } from "zod";
import { PerchError } from "../../../base/errors.ts";
import { fieldErrors, fieldWords, parseFields } from "../../../base/field_words.ts";
import { type PollDeps, PollError, type PollKind, type PollSession } from "./kind.ts";

/** A kind as its file writes it. */
export interface KindDefinition<S extends z.ZodObject>
  extends Omit<PollKind, "options" | "target" | "open"> {
  options: S;
  /** Default: it connects to nothing. */
  target?(options: z.output<S>): { host: string; port: number } | null;
  /** Default: it is never asked. */
  open?(options: z.output<S>, deps: PollDeps): PollSession;
}

/** Makes a kind whose options are checked before they are used. */
export function defineKind<S extends z.ZodObject>(definition: KindDefinition<S>): PollKind {
  const { options: schema, target, open, ...named } = definition;
  return {
    ...named,
    options: schema,
    target: (given) => target?.(parseFields(schema, given, "options") as z.output<S>) ?? null,
    open(given, deps) {
      const parsed = schema.safeParse(given, { error: fieldWords });
      if (parsed.success && open) return open(parsed.data, deps);
      const [first] = parsed.success ? [] : fieldErrors(parsed.error.issues, schema);
      const what = first ? ` (${first.path}: ${first.message})` : "";
      throw new PollError(
        "protocol",
        `Its settings are no longer valid${what}: correct and save them.`,
      );
    },
  };
}

/** Says what is wrong with an option. */
export function optionFault(name: string, message: string): PerchError {
  const path = `options.${name}`;
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
