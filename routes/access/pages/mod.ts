import type { Route } from "../../http/route.ts";
import { type AuditPageParts, auditPages } from "./audit.tsx";
import { keyPages } from "./keys.tsx";
import { peoplePages } from "./people.tsx";
import { profilePages } from "./profile.tsx";

/** The pages about oneself, people, keys and the audit log. */
export function accountPages(parts: AuditPageParts): Route[] {
  return [
    ...profilePages(parts),
    ...peoplePages(parts),
    ...keyPages(parts),
    ...auditPages(parts),
  ];
}
