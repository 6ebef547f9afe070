import type { SystemFacts } from "../alarms/system_facts.ts";
import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Intake } from "../intake/intake.ts";
import type { ComponentHealth } from "../live/components.ts";
import type { PollKind } from "../sources/polls/kinds/kind.ts";
import { POLL_KINDS } from "../sources/polls/kinds/mod.ts";
import type { Poll } from "../sources/polls/poll.ts";
import { pollKey } from "../sources/polls/poll_entries.ts";
import { createPolls, type Polls } from "../sources/polls/polls.ts";
import { createPollSensors, type PollSensors, UP } from "../sources/polls/sensors.ts";
import { type Check, CHECKS_KEPT, type Track } from "../sources/polls/track.ts";
import { createUptimes, type Uptime } from "../sources/polls/uptime.ts";
import type { Known } from "../sources/polls/watch.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

export interface PollParts {
  polls: Polls;
  pollSensors: PollSensors;
  /** The share of its checks at which it was up. */
  pollUptime(poll: Pick<Poll, "id" | "name" | "machine">): Promise<Uptime>;
  /** Why a kind is not possible on this host; null: it is. */
  missingKind(kind: PollKind): string | null;
}

export interface PollNeeds {
  machines: MachineParts;
  outgoing: Outgoing;
  sealer: Sealer;
  access: Pick<Access, "audit">;
  intake: Pick<Intake, "offerBatch">;
}

/** Puts the polls together and reads them; they are asked once the task runs. */
export async function createPollParts(
  foundation: Foundation,
  { machines: { registry, machines: service }, outgoing, sealer, access, intake }: PollNeeds,
): Promise<PollParts> {
  const { clock, log: root, storage, components, intakePause } = foundation;
  const log = root.child("probes");
  const sensors = createPollSensors({
    registry,
    service,
    audited: (change) => access.audit.statement({ actor: systemActor("Perch"), ...change }),
  });
  const missingKind = (kind: PollKind) => kind.missing?.(outgoing) ?? null;
  const polls = createPolls({
    db: storage.db,
    clock,
    log,
    kinds: POLL_KINDS,
    sealer,
    outgoing,
    random: Math.random,
    missing: missingKind,
    addressToAllow: (target, field) =>
      target === null
        ? Promise.resolve(null)
        : outgoing.toAllow(target.host, target.port).catch((error) => {
          throw refused(field, error);
        }),
    refusal: intakePause.refusal,
    held: () => intakePause.paused() === null ? null : "the intake is paused",
    async store(poll, values, tMs) {
      const drafts = await sensors.drafts(poll, values, tMs);
      if (drafts.length === 0) return;
      await intake.offerBatch({ source: "probes", topic: poll.name, drafts, rejects: [] });
    },
    onNews: (poll, news, track) => tell(foundation, poll, news, track),
    known: (poll) => knownOf(foundation, sensors, poll),
  });
  await polls.load();
  components.registerAll(() => {
    const all = polls.all().filter(({ enabled }) => enabled);
    return all.length === 0 ? [] : [{ name: "probes", ...howAre(all) }];
  });
  const uptimeOf = createUptimes({ readings: storage.readings, clock });
  return {
    polls,
    pollSensors: sensors,
    pollUptime: (poll) => uptimeOf(sensors.find(poll, UP)?.num ?? null),
    missingKind,
  };
}

/** The probes that are down, for the rules about Perch itself. */
export function probeFacts(
  { polls, pollSensors }: Pick<PollParts, "polls" | "pollSensors">,
): SystemFacts["probes"] {
  return polls.down()?.map(({ id, machine, ...down }) => {
    return { name: id, machine: pollSensors.path({ machine }), ...down };
  }) ?? null;
}

/** What is down stands outside of Perch: it is no fault of this part. */
function howAre(
  all: readonly ReturnType<Polls["find"]>[],
): { health: ComponentHealth; detail: string } {
  const of = (state: string) => all.filter((one) => one.state === state);
  const [down, broken] = [of("down"), of("fault")];
  const [held, unallowed] = [of("held"), of("unallowed")];
  if (held.length > 0) return { health: "degraded", detail: held[0].text };
  if (broken.length > 0) return { health: "degraded", detail: broken[0].text };
  const waits = unallowed.length === 0
    ? ""
    : `; ${unallowed.length} to be allowed by an admin: ${unallowed[0].name}`;
  const names = down.slice(0, 3).map(({ name }) => name).join(", ");
  const what = down.length === 0 ? "none is down" : `${down.length} down: ${names}`;
  return {
    health: "ok",
    detail: `${all.length} ${all.length === 1 ? "probe" : "probes"}, ${what}${waits}.`,
  };
}

async function tell(
  { events }: Foundation,
  { id, name, settings, machine }: Poll,
  news: "up" | "down",
  { last }: Track,
): Promise<void> {
  const detail = last?.detail ?? "";
  await events.append({
    type: `probe.${news}`,
    subject: pollKey(id),
    severity: news === "up" || settings.severity === "none" ? "info" : settings.severity,
    tMs: last!.tMs,
    text: `${name} is ${news}${detail === "" ? "" : `: ${detail}`}`,
    actor: null,
    body: { machine, detail, fault: last?.fault ?? null },
    route: false,
  });
}

/** Since when it was up or down, and the checks that it had, before Perch was started. */
async function knownOf(
  { clock, events, storage }: Foundation,
  sensors: PollSensors,
  poll: Poll,
): Promise<Known> {
  const types = ["probe"];
  const [news] = (await events.list({ subject: pollKey(poll.id), types, limit: 1 })).items;
  const sensor = sensors.find(poll, UP);
  const since = news === undefined
    ? null
    : { up: news.type === "probe.up", sinceMs: news.tMs, detail: detailOf(news.body) };
  return { since, earlier: sensor === null ? [] : await earlierChecks(sensor.num) };

  async function earlierChecks(num: number): Promise<Check[]> {
    const toMs = clock.now() + 1;
    const fromMs = toMs - (CHECKS_KEPT + 10) * poll.settings.every_s * 1_000;
    const { tMs, value } = await storage.readings.raw({ sensor: num, fromMs, toMs, limit: 2_000 });
    return Array.from(tMs, (t, i): Check => ({
      tMs: t,
      state: value[i] === 0 ? "down" : "up",
      responseMs: null,
      detail: "",
    })).slice(-CHECKS_KEPT);
  }
}

const detailOf = (body: unknown) => (body as { detail?: string } | null)?.detail ?? "";

function refused(path: string, error: unknown): unknown {
  if (!(error instanceof OutgoingError)) return error;
  const { fault, message } = error;
  if (fault !== "invalid" && fault !== "forbidden") return new PerchError("unavailable", message);
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
