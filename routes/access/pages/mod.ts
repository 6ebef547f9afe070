import type { Route } from "../../http/route.ts";
import { auditPages } from "./audit.tsx";
import { keyPages } from "./keys.tsx";
import type { AccountPageParts } from "./parts.ts";
import { peoplePages } from "./people.tsx";
import { profilePages } from "./profile.tsx";

/** The pages about oneself, people, keys and the audit log. */
export function accountPages(parts: AccountPageParts): Route[] {
  return [
    ...profilePages(parts),
    ...peoplePages(parts),
    ...keyPages(parts),
    ...auditPages(parts),
  ];
}
