import type { z } from "zod";
import { PerchError } from "../../base/errors.ts";
import { type CameraKind, type Feed, type FeedDeps, FeedError } from "./kind.ts";

/** A kind as its file writes it. */
export interface KindDefinition<S extends z.ZodObject> {
  kind: string;
  title: string;
  about: string;
  options: S;
  prepare?: CameraKind["prepare"];
  /** Default: it connects to nothing. */
  target?(options: z.output<S>): { host: string; port: number };
  open(options: z.output<S>, deps: FeedDeps): Promise<Feed>;
}

/** Makes a kind whose options are checked before they are used. */
export function defineKind<S extends z.ZodObject>(definition: KindDefinition<S>): CameraKind {
  const { options: schema, target, open, ...named } = definition;
  const check = (options: unknown): z.output<S> => {
    const parsed = schema.safeParse(options);
    if (parsed.success) return parsed.data;
    const errors = parsed.error.issues.map((issue) => ({
      path: `options.${issue.path.join(".")}`,
      message: issue.message,
    }));
    throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
  };
  return {
    ...named,
    options: schema,
    target(options) {
      if (target === undefined) return null;
      const { host, port } = target(check(options));
      return { host, port };
    },
    async open(options, deps) {
      const parsed = schema.safeParse(options);
      if (parsed.success) return await open(parsed.data, deps);
      const [issue] = parsed.error.issues;
      throw new FeedError(
        "no_picture",
        `The camera's settings are no longer valid (${issue.path.join(".")}: ${issue.message}): ` +
          "correct and save them.",
      );
    },
  };
}

/** A feed that opens nothing of its own. */
export function plainFeed(feed: Pick<Feed, "input" | "jpeg" | "twice">): Feed {
  return { ...feed, fault: () => null, close: () => Promise.resolve() };
}
