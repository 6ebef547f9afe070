import type { Route } from "../../http/route.ts";
import { auditPages } from "./audit.tsx";
import { keyPages } from "./keys.tsx";
import type { AccountPageParts } from "./parts.ts";
import { peoplePages } from "./people.tsx";
import { profilePages } from "./profile.tsx";
import { settingsPages } from "../../site/settings.tsx";

export type { AccountPageParts } from "./parts.ts";

/** The pages about oneself, people, keys, settings and the audit log. */
export function accountPages(parts: AccountPageParts): Route[] {
  return [
    ...profilePages(parts),
    ...peoplePages(parts),
    ...keyPages(parts),
    ...settingsPages(parts),
    ...auditPages(parts),
  ];
}
