import type { Access } from "../../lib/access/access.ts";
import type { DemoUser } from "../../lib/access/demo.ts";
import type { Shell } from "../frame/shell.tsx";
import type { Route } from "../http/route.ts";
import { auditRoutes } from "./audit.ts";
import { forgotPages } from "./forgot.tsx";
import { keyRoutes } from "./keys.ts";
import { meRoutes } from "./me.ts";
import { peopleRoutes } from "./people.ts";
import { setupPages } from "./setup.tsx";
import { accountPages } from "./pages/mod.ts";
import type { AuditPageParts } from "./pages/audit.tsx";
import { signInPages } from "./sign_in.tsx";
import { tokenRoutes } from "./tokens.ts";
import { verifyRoutes, type VerifyServices } from "./verify.ts";

/** What signing in and the API of this room take. */
export interface AccessServices {
  access: Access;
  /** Sign-ins to show on the sign-in page: the simulator's on loopback, else none. */
  demoUsers: readonly DemoUser[];
  /** Draws the pages before the sign-in. */
  shell: Shell;
  /** What stops Perch from doing its work; null: nothing. */
  trouble: () => string | null;
}

export type AccessParts = AccessServices & AuditPageParts & VerifyServices;

/** Everything about people, keys, sign-ins and the audit log. */
export function accessRoutes(parts: AccessParts): Route[] {
  return [...signInRoutes(parts), ...verifyRoutes(parts), ...accountPages(parts)];
}

/** What works without the pages of those who are signed in. */
export function signInRoutes(services: AccessServices): Route[] {
  const { access, shell } = services;
  return [
    ...tokenRoutes(access),
    ...meRoutes(access),
    ...peopleRoutes(access),
    ...keyRoutes(access),
    ...auditRoutes(access),
    ...signInPages(services),
    ...forgotPages(access, shell),
    ...setupPages(access, shell),
  ];
}
