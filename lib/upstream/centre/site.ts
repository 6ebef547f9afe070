import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { MINUTE_MS } from "../../words/times.ts";

/** What a site said of itself last, and what the centre makes of it. Kept as JSON. */
export interface SiteState {
  /** The plant that this site is; the first one that spoke. */
  node: string | null;
  /** The start of Perch there that speaks now, those before it, and those that are not to be heard any more. */
  instance: string | null;
  before: string[];
  silenced: string[];
  host: string;
  hardware: string;
  perch: string;
  epoch: string;
  contactMs: number | null;
  /** The site's clock minus that of the centre. */
  offsetMs: number;
  /** What the centre has of its registry and open alarms. */
  registry: string | null;
  alarms: string | null;
  waiting: number | null;
  oldestMs: number | null;
  lost: number;
  stored: number;
  /** Two programs that say they are this site; null: there is one. */
  clash: { atMs: number; hosts: [Speaker, Speaker] } | null;
  /** The node is to begin an epoch of its own. */
  fresh: boolean;
}
export interface Speaker {
  instance: string;
  host: string;
}

export const NEW_STATE: Readonly<SiteState> = Object.freeze({
  ...{ node: null, instance: null, before: [], silenced: [], host: "", hardware: "", perch: "" },
  ...{ epoch: "", contactMs: null, offsetMs: 0, registry: null, alarms: null, waiting: null },
  ...{ oldestMs: null, lost: 0, stored: 0, clash: null, fresh: false },
});

export interface Site {
  id: string;
  name: string;
  createdMs: number;
  keyId: string | null;
  state: SiteState;
}

export const SITE_STATES = ["new", "connected", "late", "silent", "clash", "revoked"] as const;
export type SiteStanding = typeof SITE_STATES[number];

/** Not heard for so long, a site is silent: it says something every few seconds. */
export const SILENT_MS = 2 * MINUTE_MS;
/** What was stored there so long ago and is not here makes it late. */
export const LATE_MS = 2 * MINUTE_MS;
/** A clock that is off by more is worth saying. */
export const OFFSET_MOST_MS = 10_000;

/** How a site stands. */
export function standingOf({ keyId, state }: Site, nowMs: number): SiteStanding {
  if (state.clash !== null) return "clash";
  if (keyId === null) return "revoked";
  if (state.contactMs === null) return "new";
  if (nowMs - state.contactMs > SILENT_MS) return "silent";
  return behindMs(state, nowMs) > LATE_MS ? "late" : "connected";
}

/** How far behind it is, by the site's own clock. */
export function behindMs(state: SiteState, nowMs: number): number {
  return state.oldestMs === null ? 0 : Math.max(0, nowMs + state.offsetMs - state.oldestMs);
}

export const siteShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(SITE_STATES),
  created_ms: msField,
  contact_ms: msField.nullable().describe("when it was heard of last"),
  host: z.string(),
  perch: z.string().describe("its version"),
  clock_offset_ms: z.number().describe("its clock minus that of this centre"),
  waiting: z.number().nullable().describe("readings there that are not here; null: not known"),
  behind_ms: z.number(),
  lost: z.number().describe("readings that it had to give up"),
  stored: z.number().describe("readings stored here"),
  trouble: z.string().nullable().describe("what is wrong, one sentence"),
}).meta({ id: "Site" });

export const newSiteShape = z.strictObject({
  id: z.string().trim().toLowerCase().regex(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    "1 to 40 small letters, digits and -, such as hall-2",
  ).describe("the first level of its machines' paths"),
  name: z.string().trim().max(80).default(""),
}).meta({ id: "NewSite" });

export const madeSiteShape = siteShape.extend({
  line: z.string().describe("UPSTREAM_URL of the site; not shown again"),
  broker_line: z.string().nullable().describe("the same through the broker; null: there is none"),
}).meta({ id: "MadeSite" });

/** What is wrong with a site, in a sentence; null: nothing. */
export function troubleOf({ id, state }: Site): string | null {
  if (state.clash === null) return null;
  const [a, b] = state.clash.hosts;
  return `Two programs say that they are the site ${id}, on ${a.host} and on ${b.host}: a card was copied, or an old ` +
    "host was switched on again. Nothing is taken from either until somebody chooses one.";
}

/** A site on the wire. */
export function siteOf(site: Site, nowMs: number): z.output<typeof siteShape> {
  const { id, name, createdMs, state } = site;
  return {
    ...{ id, name, state: standingOf(site, nowMs), created_ms: createdMs },
    contact_ms: state.contactMs,
    host: state.host,
    perch: state.perch,
    clock_offset_ms: state.offsetMs,
    waiting: state.waiting,
    behind_ms: behindMs(state, nowMs),
    lost: state.lost,
    stored: state.stored,
    trouble: troubleOf(site),
  };
}
