import type { Parts } from "../app/parts.ts";
import type { Config } from "../base/config.ts";

type Components = Parts["components"];
type Overall = ReturnType<Components["overall"]>;
type Health = ReturnType<Components["all"]>[number]["health"];

/** A part of Perch, or a program that reports to it, that is not well. */
export interface Ailing {
  name: string;
  health: Extract<Health, "degraded" | "error">;
  /** A sentence for people. */
  detail: string;
  /** True: another program, which said so itself. */
  reported: boolean;
}

/** How a running Perch is, for `perch health` and `perch check`. */
export interface Condition {
  overall: Overall;
  /** Those that are well or switched off are only counted. */
  well: number;
  ailing: Ailing[];
  /** Why it does less, and what waits; null: it does everything. */
  emergency: string | null;
  /** Where the broker inside Perch listens; null: another broker is used. */
  broker: { host: string; port: number } | null;
}

/** What emergency mode is called among the parts. */
const EMERGENCY = "emergency";

/** Asks the parts. */
export function conditionOf(
  { components, emergency, broker }: Pick<Parts, "components" | "emergency" | "broker">,
  config: { broker: Pick<Config["broker"], "host"> },
): Condition {
  const all = components.all();
  // Emergency mode is said by itself.
  const ailing = all.flatMap(({ name, health, detail, reported }): Ailing[] =>
    name === EMERGENCY || health === "ok" || health === "off"
      ? []
      : [{ name, health, detail, reported: reported !== undefined }]
  );
  return {
    overall: components.overall(),
    well: all.length - ailing.length,
    ailing,
    emergency: emergency?.sentence() ?? null,
    broker: broker === null ? null : { host: config.broker.host, port: broker.port() },
  };
}

/** The same for people. */
export function conditionLines({ overall, ailing, emergency }: Condition): string[] {
  const words = { degraded: "is degraded", error: "does not work" };
  return [
    `Overall: ${overall}.`,
    ...(emergency === null ? [] : [`Emergency mode: ${emergency}`]),
    ...ailing.map(({ name, health, detail, reported }) =>
      `${reported ? "Program" : "Part"} ${name} ${words[health]}: ${detail}`
    ),
  ];
}
