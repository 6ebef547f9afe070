/** The sites that forward to this Perch: who they are, how they are doing, and what they are to do. */
import { PerchError } from "../../base/errors.ts";
import { createTurns, createTurnsByKey } from "../../base/turns.ts";
import type { AuditChange, Audited } from "../../events/audit_change.ts";
import type { Forward, Forwarded, SentAlarm, SiteCommand } from "../wire.ts";
import { NEW_STATE, type Site, type SiteState } from "./site.ts";
import type { SiteStore } from "./site_store.ts";
import { createTake, type TakeDeps, type Taken } from "./take.ts";

/** Who changes: makes and removes keys, and records it. */
export interface SiteBy {
  addKey(given: { name: string; machine: string }): Promise<{ key: string; id: string }>;
  removeKey(id: string): Promise<void>;
  audited: Audited;
}

/** An alarm that is open at a site. */
export interface SiteAlarm {
  site: Site;
  alarm: SentAlarm;
}

export interface Sites {
  list(): Site[];
  /** @throws `not_found` */
  find(id: string): Site;
  /** A site with a key, which is in this answer and nowhere else. @throws `conflict` */
  add(given: { id: string; name: string }, by: SiteBy): Promise<{ site: Site; key: string }>;
  /** Another key; the one before ends at once. */
  renew(id: string, by: SiteBy): Promise<{ site: Site; key: string }>;
  /** Its key ends at once; what it sent stays. */
  revoke(id: string, by: SiteBy): Promise<Site>;
  /** It is gone from the list; its machines and readings stay. */
  remove(id: string, by: SiteBy): Promise<void>;
  /** Of two that say they are the site, the one on this start goes on. @throws `conflict` when there are no two */
  choose(id: string, instance: string, by: SiteBy): Promise<Site>;
  /** The next Perch that speaks with its key is the site: a host was replaced. */
  adopt(id: string, by: SiteBy): Promise<Site>;
  /** A message of a site. @throws PerchError with a sentence for it */
  forward(id: string, said: Forward): Promise<Forwarded>;
  /** Alarms that are open at sites. */
  alarms(): SiteAlarm[];
  /** An alarm of a site was acknowledged here: the site is told. */
  acknowledge(site: string, alarm: string, by: string): Promise<void>;
}

export interface SitesDeps extends Omit<TakeDeps, "store"> {
  store: SiteStore;
  /** Ids of the sites there are, kept as they change. */
  ids: Set<string>;
  /** Alarms of a site, or whether one can be heard, are others than before. */
  onNews: () => void;
}

const SITES_MOST = 1_000;
const COMMANDS_AT_ONCE = 50;

export async function createSites(deps: SitesDeps): Promise<Sites> {
  const { store, write, clock } = deps;
  const sites = new Map<string, Site>();
  /** Messages included: what a site is told follows from where it stands. */
  const turns = createTurnsByKey();
  const open = new Map<string, readonly SentAlarm[]>();
  const commands = new Map<string, SiteCommand[]>();
  const change = createTurns();
  const take = createTake(deps);

  for (const site of await store.all()) sites.set(site.id, site);
  if (sites.size > 0) {
    for (const { site, alarm } of await store.alarms()) {
      open.set(site, [...open.get(site) ?? [], alarm]);
    }
    for (const { site, command } of await store.commands()) {
      commands.set(site, [...commands.get(site) ?? [], command]);
    }
  }

  function find(id: string): Site {
    const site = sites.get(id);
    if (site) return site;
    throw new PerchError("not_found", `there is no site "${id.slice(0, 60)}"`, {
      about: [`site:${id}`],
    });
  }

  const row = (id: string, verb: string, more: Partial<AuditChange> = {}): AuditChange => ({
    action: `site.${verb}`,
    resource: `site:${id}`,
    ...more,
  });

  async function changeState(id: string, verb: string, to: Partial<SiteState>, by: SiteBy) {
    const site = find(id);
    const next = { ...site, state: { ...site.state, ...to } };
    await write([store.saveState(next), by.audited(row(id, verb))]);
    site.state = next.state;
    deps.onNews();
    return site;
  }

  async function withKey(
    id: string,
    by: SiteBy,
    run: (keyId: string) => Promise<Site>,
  ): Promise<{ site: Site; key: string }> {
    const made = await by.addKey({ name: `site ${id}`, machine: id });
    try {
      return { site: await run(made.id), key: made.key };
    } catch (error) {
      await by.removeKey(made.id).catch(() => {});
      throw error;
    }
  }

  async function endKey({ keyId }: Site, by: SiteBy): Promise<void> {
    if (keyId === null) return;
    await by.removeKey(keyId).catch((error) => {
      // Somebody removed it among the keys.
      if (!(error instanceof PerchError) || error.code !== "not_found") throw error;
    });
  }

  return {
    list: () => [...sites.values()].sort((a, b) => a.id < b.id ? -1 : 1),
    find,
    add: ({ id, name }, by) =>
      change(async () => {
        if (sites.has(id)) {
          throw new PerchError("conflict", `there is a site "${id}" already`, {
            errors: [{ path: "id", message: "is taken" }],
            about: [`site:${id}`],
          });
        }
        if (sites.size >= SITES_MOST) {
          throw new PerchError("conflict", `more than ${SITES_MOST} sites are not possible`);
        }
        return await withKey(id, by, async (keyId) => {
          const site: Site = {
            ...{ id, name: name === "" ? id : name, createdMs: clock.now(), keyId },
            state: { ...NEW_STATE },
          };
          const { state: _, ...plain } = site;
          await write([
            store.insert(plain),
            by.audited(row(id, "add", { after: { name: site.name } })),
          ]);
          sites.set(id, site);
          deps.ids.add(id);
          return site;
        });
      }),
    renew: (id, by) =>
      turns.take(id, async () => {
        await endKey(find(id), by);
        return await withKey(id, by, async (keyId) => {
          const site = find(id);
          await write([store.setKey(id, keyId), by.audited(row(id, "renew"))]);
          site.keyId = keyId;
          return site;
        });
      }),
    revoke: (id, by) =>
      turns.take(id, async () => {
        const site = find(id);
        await endKey(site, by);
        await write([store.setKey(id, null), by.audited(row(id, "revoke"))]);
        site.keyId = null;
        return site;
      }),
    remove: (id, by) =>
      turns.take(id, async () => {
        const site = find(id);
        await endKey(site, by);
        await write([...store.remove(id), by.audited(row(id, "remove"))]);
        for (const one of [sites, open, commands, deps.ids]) one.delete(id);
        deps.onNews();
      }),
    choose: (id, instance, by) =>
      turns.take(id, async () => {
        const { clash, before, silenced } = find(id).state;
        const other = clash?.hosts.find((one) => one.instance !== instance);
        if (clash === null || other === undefined || clash.hosts.every((one) => one === other)) {
          throw new PerchError("conflict", `only one Perch says that it is the site ${id}`);
        }
        return await changeState(id, "choose", {
          instance,
          before: before.filter((one) => one !== instance),
          silenced: [...silenced.filter((one) => one !== instance), other.instance].slice(-50),
          clash: null,
          fresh: true,
        }, by);
      }),
    adopt: (id, by) =>
      turns.take(id, () =>
        changeState(id, "adopt", {
          ...{ node: null, instance: null, before: [], clash: null, fresh: false },
          ...{ registry: null, alarms: null },
        }, by)),
    forward: (id, said) =>
      turns.take(id, async () => {
        const site = find(id);
        const before = site.state;
        let taken: Taken;
        try {
          taken = await take(site, said);
        } catch (error) {
          if (site.state.clash !== before.clash) deps.onNews();
          throw error;
        }
        if (said.done.length > 0) {
          const left = (commands.get(id) ?? []).filter((one) => !said.done.includes(one.id));
          commands.set(id, left);
        }
        const hasEnded = said.events?.items.some(({ ended }) => ended !== undefined) ?? false;
        const isOther = said.alarms !== undefined && taken.state.alarms !== before.alarms;
        if (isOther) open.set(id, said.alarms!.items);
        if (isOther || hasEnded) deps.onNews();
        return { ...taken.answer, commands: (commands.get(id) ?? []).slice(0, COMMANDS_AT_ONCE) };
      }),
    alarms: () =>
      [...open].flatMap(([id, alarms]) => {
        const site = sites.get(id);
        return site === undefined ? [] : alarms.map((alarm) => ({ site, alarm }));
      }),
    acknowledge: (id, alarm, by) =>
      turns.take(id, async () => {
        if (!sites.has(id)) return;
        const waiting = commands.get(id) ?? [];
        if (waiting.some((one) => one.alarm === alarm)) return;
        const command = { kind: "acknowledge" as const, alarm, by };
        commands.set(id, [...waiting, await store.addCommand(id, command, clock.now())]);
      }),
  };
}
