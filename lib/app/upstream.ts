import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import type { AlarmTaskDeps } from "../alarms/alarm_task.ts";
import type { PastAlarm } from "../alarms/past_alarm.ts";
import type { SystemFacts } from "../alarms/system_facts.ts";
import { VERSION } from "../base/version.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Intake } from "../intake/intake.ts";
import { createEndedAtSites } from "../upstream/centre/ended_store.ts";
import { createRegistering } from "../upstream/centre/registering.ts";
import { type Site, standingOf, troubleOf } from "../upstream/centre/site.ts";
import { createSiteStore } from "../upstream/centre/site_store.ts";
import { createSites, type Sites } from "../upstream/centre/sites.ts";
import type { EndedAlarm } from "../upstream/wire.ts";
import { duration } from "../words/times.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

/** Ids of the sites, by which detection leaves out what is judged there. */
export class SiteIds extends Set<string> {
  /** Whether a machine's path is one of a site. */
  override has(path: string): boolean {
    return this.size > 0 && super.has(path.slice(0, (path + "/").indexOf("/")));
  }
}

export async function loadSiteIds({ storage }: Pick<Foundation, "storage">): Promise<SiteIds> {
  return new SiteIds((await createSiteStore(storage.db).all()).map(({ id }) => id));
}

interface SiteNeeds {
  machines: Pick<MachineParts, "registry" | "machines">;
  access: Pick<Access, "audit">;
  siteIds: Set<string>;
  intake: Pick<Intake, "offerStored">;
}

/** Key of the rule that shows the alarms of sites; what follows is `<site>/<alarm there>`. */
export const SITE_ALARM = "site-alarm";

const causeOf = (site: string, alarm: string) => `system:${SITE_ALARM}:${site}/${alarm}`;

/** The sites that forward to this Perch. */
export async function createSiteParts(
  { clock, log, storage, events, bus, late }: Foundation,
  { machines: { registry, machines }, access, siteIds, intake }: SiteNeeds,
): Promise<Sites> {
  const { db } = storage;
  const store = createSiteStore(db);
  const sites = await createSites({
    clock,
    version: VERSION,
    ids: siteIds,
    store,
    write: db.write,
    intake,
    registry,
    events,
    registering: createRegistering({
      ...{ registry, machines, store },
      write: db.write,
      log: log.child("sites"),
    }),
    audited: (site) => (change) =>
      access.audit.statement({ actor: systemActor(`site ${site.id}`), ...change }),
    onNews() {
      late.get("alarms").judgeSoon();
      acknowledgeHere();
    },
  });
  /** What was acknowledged at its site is acknowledged here. */
  function acknowledgeHere(): void {
    const alarms = late.get("alarms");
    const open = new Map(alarms.open().map((alarm) => [alarm.cause, alarm]));
    for (const { site, alarm } of sites.alarms()) {
      const here = open.get(causeOf(site.id, alarm.id));
      if (alarm.acknowledged_by === null || here?.state !== "active") continue;
      const actor = systemActor(`${alarm.acknowledged_by}${AT_SITE}${site.id}`);
      const audited: Audited = (change) => access.audit.statement({ actor, ...change });
      alarms.act(here.id, { kind: "acknowledge" }, { name: actor.name, audited }).catch(() => {
        // Somebody here was faster.
      });
    }
  }
  bus.subscribe("alarms", ({ transitions }) => {
    if (transitions.some(({ alarm }) => placeOf(alarm.cause) !== null)) acknowledgeHere();
  });
  bus.subscribe("alarms", ({ transitions }) => {
    for (const { type, alarm, actor } of transitions) {
      if (type !== "alarm.acknowledged" || actor === null) continue;
      const place = placeOf(alarm.cause);
      // What was acknowledged there needs no order.
      if (place === null || actor.endsWith(AT_SITE + place.site)) continue;
      sites.acknowledge(place.site, place.alarm, actor).catch((error) =>
        log.error("an acknowledgement could not be kept for its site", { error })
      );
    }
  });
  return sites;
}

const AT_SITE = " at ";

/** The site and the alarm there, of an alarm here; null: it is of this Perch. */
function placeOf(cause: string): { site: string; alarm: string } | null {
  const found = new RegExp(`^system:${SITE_ALARM}:([^/]+)/(.+)$`).exec(cause);
  return found === null ? null : { site: found[1], alarm: found[2] };
}

/** How the sites are doing, for the rules about Perch. */
export function siteFacts(sites: Sites, nowMs: number): SystemFacts["sites"] {
  return sites.list().map((site) => ({ name: site.id, ...wrongOf(site, nowMs) }));
}

function wrongOf(site: Site, nowMs: number): { silent: string | null; clash: string | null } {
  const standing = standingOf(site, nowMs);
  const { contactMs } = site.state;
  return {
    silent: standing === "silent"
      ? `nothing was heard of the site ${site.name} for ${duration(nowMs - contactMs!)}`
      : null,
    clash: troubleOf(site)?.replace(/\.$/, "") ?? null,
  };
}

/** Alarms that are open at sites, for the same rules. */
export function siteAlarmFacts(sites: Sites): SystemFacts["siteAlarms"] {
  return sites.alarms().map(({ site, alarm }) => ({
    name: `${site.id}/${alarm.id}`,
    severity: alarm.severity,
    text: alarm.title,
    machine: alarm.machine === null ? null : `${site.id}/${alarm.machine}`,
    value: alarm.value,
    limit: alarm.limit,
    sinceMs: alarm.raised_ms,
  }));
}

/** Alarms that are over at sites, as alarms here would have been: those that nobody heard of while they stood. */
export function pastSiteAlarms(db: Database): AlarmTaskDeps["pasts"] {
  const store = createEndedAtSites(db);
  return {
    after: async (id, limit) =>
      (await store.after(id, limit)).map(({ id, ended }) => ({
        id,
        past: ended === null ? null : pastOf(ended.site, ended.alarm),
      })),
  };
}

function pastOf(site: string, alarm: EndedAlarm): PastAlarm {
  const { severity, title, value, limit, count } = alarm;
  const person = (name: string | null) => name === null ? null : name + AT_SITE + site;
  return {
    ...{ cause: causeOf(site, alarm.id), severity, title, value, limit, count },
    machine: alarm.machine === null ? null : `${site}/${alarm.machine}`,
    ...{ raisedMs: alarm.raised_ms, resolvedMs: alarm.resolved_ms },
    ...{ acknowledgedBy: person(alarm.acknowledged_by), resolvedBy: person(alarm.resolved_by) },
  };
}
