/** What the API and the pages of the scripts share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { createDescriptions, type Description } from "../../lib/scripts/described.ts";
import { componentOf, SCRIPT_KINDS, type ScriptRef } from "../../lib/scripts/script.ts";
import type { KnownScript } from "../../lib/scripts/present.ts";
import type { Scripts } from "../../lib/scripts/scripts.ts";
import {
  NO_FIGURES,
  type ScriptFigures,
  type ScriptJson,
  scriptOf,
} from "../../lib/scripts/shapes.ts";
import { type Given, givenOf, sampleId, type Tried, tryScript } from "../../lib/scripts/trying.ts";
import { caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface ScriptServices {
  scripts: Scripts;
  /** How those who run it say that it is doing; null: nobody runs it. */
  scriptFigures: (ref: ScriptRef) => ScriptFigures | null;
  audit: Pick<Audit, "statement">;
  clock: Pick<Clock, "now">;
}

/** Path parameters that name a script. */
export const refParams = z.object({
  kind: z.string().max(40).describe(SCRIPT_KINDS.map((kind) => `\`${kind}\``).join(", ")),
  name: z.string().max(100),
});

/** @throws PerchError `not_found` */
export function refOf({ kind, name }: z.output<typeof refParams>): ScriptRef {
  const known = SCRIPT_KINDS.find((one) => one === kind);
  if (known !== undefined) return { kind: known, name };
  throw new PerchError("not_found", `there is no ${kind} "${name}"`);
}

/** What is to be tried: a text, or what is on disk; an input that is typed, or a sample. */
export interface Trial {
  source?: string;
  topic?: string;
  payload?: string;
  sample?: string;
}

/** What is done with scripts, for whoever asked for it. */
export interface ScriptWork {
  list(): Promise<ScriptJson[]>;
  /** @throws PerchError `not_found` */
  one(ref: ScriptRef): Promise<ScriptJson>;
  save(
    context: RouteContext,
    ref: ScriptRef,
    change: { source: string; expectedHash: string | null; reason: string },
  ): Promise<void>;
  switch(
    context: RouteContext,
    ref: ScriptRef,
    change: { state: "on" | "off"; expectedHash: string },
  ): Promise<void>;
  remove(context: RouteContext, ref: ScriptRef, expectedHash: string | null): Promise<void>;
  /** Writes what a version has. @throws PerchError `not_found`, `conflict` */
  restore(
    context: RouteContext,
    ref: ScriptRef,
    version: number,
    expectedHash: string | null,
  ): Promise<void>;
  try(ref: ScriptRef, trial: Trial): Promise<Tried>;
}

export function scriptWork({ scripts, scriptFigures, audit, clock }: ScriptServices): ScriptWork {
  const describe = createDescriptions(scripts.sandbox);

  /** What nobody has approved is not even loaded. */
  async function describeKnown(known: KnownScript): Promise<Description> {
    const nothing = { matches: [], fault: null };
    if (known.hash === null || known.state === "awaiting") return nothing;
    const read = await scripts.read(known).catch(() => null);
    return read === null
      ? nothing
      : await describe({ kind: known.kind, name: known.name, ...read });
  }
  const shown = async (known: KnownScript) =>
    scriptOf(known, await describeKnown(known), scriptFigures(known) ?? NO_FIGURES);

  const recorded = (
    context: RouteContext,
    ref: ScriptRef,
    action: string,
    [before, after]: [unknown, unknown],
  ) => [
    audit.statement({
      actor: caller(context),
      action: `script.${action}`,
      resource: `script:${componentOf(ref)}`,
      before,
      after,
    }),
  ];

  const work: ScriptWork = {
    list: () => Promise.all(scripts.list().map(shown)),
    async one(ref) {
      const known = scripts.find(ref);
      if (known === null) throw noScript(ref);
      return await shown(known);
    },
    async save(context, ref, { source, expectedHash, reason }) {
      const text = source.replaceAll("\r\n", "\n");
      await scripts.write(ref, text, {
        ...{ actor: caller(context).name, reason, expectedHash },
        also: (hash) => recorded(context, ref, "write", [{ hash: expectedHash }, { hash, reason }]),
      });
    },
    async switch(context, ref, { state, expectedHash }) {
      const before = scripts.find(ref)?.state;
      const approves = before === "awaiting" && state === "on";
      await scripts.setState(ref, state, {
        ...{ actor: caller(context).name, expectedHash },
        also: recorded(context, ref, approves ? "approve" : "switch", [
          { state: before },
          { state, hash: expectedHash },
        ]),
      });
    },
    remove: (context, ref, expectedHash) =>
      scripts.remove(ref, {
        ...{ actor: caller(context).name, expectedHash },
        also: recorded(context, ref, "delete", [{ hash: expectedHash }, undefined]),
      }),
    async restore(context, ref, version, expectedHash) {
      const { source } = await scripts.version(ref, version);
      const reason = `restored version ${version}`;
      await work.save(context, ref, { source, expectedHash, reason });
    },
    async try(ref, trial) {
      const source = trial.source?.replaceAll("\r\n", "\n") ?? (await scripts.read(ref)).source;
      return await tryScript(scripts.sandbox, { ...ref, source }, await inputOf(ref, trial));
    },
  };
  return work;

  async function inputOf(ref: ScriptRef, trial: Trial): Promise<Given> {
    const { sample, topic = "", payload = "" } = trial;
    if (!sample) return givenOf(ref.kind, { topic, payload }, clock.now());
    const found = (await scripts.samples(ref)).find((one) => sampleId(one) === sample);
    if (found !== undefined) return found;
    const message = "is not kept any more";
    throw new PerchError("validation", `sample: ${message}`, {
      errors: [{ path: "sample", message }],
    });
  }
}

export function noScript({ kind, name }: ScriptRef): PerchError {
  return new PerchError("not_found", `there is no ${kind} "${name.slice(0, 100)}"`);
}
