import type { Access } from "../../lib/access/access.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Site } from "../../lib/upstream/centre/site.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import type { Forwarder } from "../../lib/upstream/edge/forwarder.ts";
import type { SiteBy, Sites } from "../../lib/upstream/centre/sites.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { auditedBy, caller } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface SiteParts extends PageParts {
  sites: Sites;
  access: Pick<Access, "keys" | "audit">;
  /** `PERCH_PUBLIC_URL`; null: not set. */
  publicUrl: string | null;
  /** The broker through which sites can forward; null: they cannot. */
  siteBroker: string | null;
}

export interface ForwardingParts extends PageParts {
  forwarder: Pick<Forwarder, "state" | "wake">;
  settings: Pick<Settings, "get" | "setAll">;
}

/** Who changes something of the sites. */
export function siteBy({ access }: Pick<SiteParts, "access">, context: RouteContext): SiteBy {
  const actor = caller(context);
  return {
    async addKey(given) {
      const { key, entry } = await access.keys.add(given, actor);
      return { key, id: entry.id };
    },
    removeKey: (id) => access.keys.remove(id, actor),
    audited: auditedBy(access.audit, context),
  };
}

/** The same through the broker; null: there is none. */
export function brokerLineOf(
  { siteBroker }: Pick<SiteParts, "siteBroker">,
  site: Site,
  key: string,
): string | null {
  return siteBroker?.replace("://", `://${site.id}:${key}@`) ?? null;
}

/** The one line that a site needs: where its centre is, which site it is, and its key. */
export function lineOf(
  { publicUrl }: Pick<SiteParts, "publicUrl">,
  { c }: Pick<RouteContext, "c">,
  site: Site,
  key: string,
): string {
  const url = new URL(publicUrl ?? new URL(c.req.url).origin);
  url.username = site.id;
  url.password = key;
  return url.href.replace(/\/$/, "");
}

/** A site's key speaks for that site alone. */
export function ownSite({ who }: RouteContext, site: Site): void {
  if (who?.kind === "device" && who.id === site.keyId && who.machine === site.id) return;
  throw new PerchError(
    "forbidden",
    `this is not the key of the site ${site.id}: each site has one of its own, which its centre shows when it is ` +
      "added",
  );
}
