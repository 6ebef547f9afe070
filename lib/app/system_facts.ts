import type { SystemFacts } from "../alarms/system_facts.ts";
import type { SteadyClock } from "../base/steady_clock.ts";
import { createBacklog } from "../history/backlog.ts";
import type { History } from "../history/history.ts";
import type { Runner } from "../detect/runner/runner.ts";
import type { PoisonWatch } from "../intake/poison.ts";
import type { Registry } from "../machines/registry.ts";
import type { Intake } from "../intake/intake.ts";
import type { Source } from "../sources/source.ts";
import type { StorageTroubles } from "./storage_troubles.ts";

/** A source that reconnects or a detection that catches up is left alone for this long. */
const GRACE_MS = 60_000;
/** Share of refused messages is judged over this long. */
const SPAN_MS = 5 * 60_000;

export interface SystemFactParts {
  clock: SteadyClock;
  sources: readonly Source[];
  intake: Pick<Intake, "stats">;
  registry: Pick<Registry, "refusedNew">;
  poison: Pick<PoisonWatch, "quarantine">;
  runner: Pick<Runner, "stats">;
  /** Share in use, 0…1. */
  diskUsed: () => Promise<number | null>;
  storage: Pick<StorageTroubles, "worst">;
  backup: () => SystemFacts["backup"];
  /** What could not be read at the start; null: all was. */
  cut: () => string | null;
  /** What waits to leave Perch, was given up, and how the tries of the last hour went. */
  outbox: () => Promise<{ waiting: number; failed: number; tries: number; good: number }>;
  programs: () => SystemFacts["programs"];
  cameras: () => SystemFacts["cameras"];
  probes: () => SystemFacts["probes"];
  host: () => Promise<SystemFacts["host"]>;
  history: Pick<History, "state" | "waiting">;
  sites: () => Pick<SystemFacts, "sites" | "siteAlarms">;
}

/** How Perch is doing, for the rules about Perch itself. What does not exist yet is null. */
export function createSystemFacts(parts: SystemFactParts): () => Promise<SystemFacts> {
  const { clock } = parts;
  /** When each thing that is not well began to be so. */
  const since = new Map<string, number>();
  const historyBacklog = createBacklog(clock, parts.history);
  const looks: { atMs: number; rejected: number; taken: number }[] = [];

  function lasting(what: string, wrong: boolean): boolean {
    if (!wrong) since.delete(what);
    else if (!since.has(what)) since.set(what, clock.monotonic());
    return wrong && clock.monotonic() - since.get(what)! >= GRACE_MS;
  }

  function flow(): SystemFacts["intake"] {
    const { rejected, messages: taken } = parts.intake.stats();
    const atMs = clock.monotonic();
    looks.push({ atMs, rejected, taken });
    while (looks.length > 1 && atMs - looks[1].atMs >= SPAN_MS) looks.shift();
    return { rejected: rejected - looks[0].rejected, taken: taken - looks[0].taken };
  }

  function historyTrouble(): string | null {
    const { health, detail } = parts.history.state();
    return lasting("history server", health === "degraded") ? detail : null;
  }

  return async () => {
    const { doubt, hostMs, nowMs, waitingMs } = clock.state();
    const { behind, queuedReadings } = parts.runner.stats();
    const outbox = await parts.outbox();
    const trouble = parts.storage.worst();
    const failing = trouble?.health === "error" ? trouble.detail : null;
    return {
      outboxQueued: outbox.waiting,
      deliveriesFailed: outbox.failed,
      deliveryTries: { tries: outbox.tries, successes: outbox.good },
      sources: parts.sources.map((source) => {
        const { name, state, detail } = source.state();
        const good = state === "connected" || state === "listening";
        return { name, ok: !lasting(`source ${name}`, !good), detail };
      }),
      diskUsed: await parts.diskUsed(),
      clock: { doubt, hostMs, nowMs, waitingMs },
      backup: parts.backup(),
      storageFailing: failing ?? parts.intake.stats().failing,
      storageAtRisk: trouble?.health === "degraded" ? trouble.detail : null,
      cut: parts.cut(),
      refusedNew: parts.registry.refusedNew(),
      quarantine: parts.poison.quarantine(),
      intake: flow(),
      detection: { behind: lasting("detection", behind), queued: queuedReadings },
      programs: parts.programs(),
      cameras: parts.cameras(),
      probes: parts.probes(),
      ...parts.sites(),
      host: await parts.host(),
      history: historyTrouble(),
      historyBacklog: await historyBacklog(),
    };
  };
}
