import type { Access } from "../../lib/access/access.ts";
import type { DemoUser } from "../../lib/access/demo.ts";
import type { Route } from "../http/route.ts";
import { auditRoutes } from "./audit.ts";
import { forgotPages } from "./forgot.tsx";
import { keyRoutes } from "./keys.ts";
import { meRoutes } from "./me.ts";
import { peopleRoutes } from "./people.ts";
import { setupPages } from "./setup.tsx";
import { signInPages } from "./sign_in.tsx";
import { tokenRoutes } from "./tokens.ts";

export interface AccessRoutes {
  access: Access;
  /** Sign-ins to show on the sign-in page: the simulator's on loopback, else none. */
  demoUsers?: readonly DemoUser[];
  /** What stops Perch from doing its work; null: nothing. */
  trouble?: () => string | null;
}

/** Everything about people, keys, sign-ins and the audit log. */
export function accessRoutes(services: AccessRoutes): Route[] {
  const { access } = services;
  return [
    ...tokenRoutes(access),
    ...meRoutes(access),
    ...peopleRoutes(access),
    ...keyRoutes(access),
    ...auditRoutes(access),
    ...signInPages({
      access,
      demoUsers: services.demoUsers ?? [],
      trouble: services.trouble ?? (() => null),
    }),
    ...forgotPages(access),
    ...setupPages(access),
  ];
}
