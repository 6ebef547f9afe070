import type { Hono } from "hono";
import { silentLog } from "../../lib/base/log.ts";
import type { AccessOptions } from "../../lib/access/access.ts";
import { createShell } from "../../routes/frame/shell.tsx";
import { createAssets } from "../../routes/http/static.ts";
import { mount } from "../../routes/http/mount.ts";
import type { MountOptions } from "../../routes/http/mount.ts";
import type { Route } from "../../routes/http/route.ts";
import { signInRoutes } from "../../routes/access/mod.ts";
import { startAccess, tester } from "./access.ts";
import type { AccessUnderTest } from "./access.ts";

export const PASSWORD = "long enough";
export const people = {
  admin: "admin@example.org",
  engineer: "engineer@example.org",
  viewer: "viewer@example.org",
} as const;

/** The access room behind its routes, with one person of each role. */
export interface Site extends AccessUnderTest {
  app: Hono;
  routes: Route[];
  /** A request as the peer 192.168.1.7, or `from`. */
  ask(path: string, init?: RequestInit & { from?: string }): Promise<Response>;
  /** JSON request with a bearer token. */
  api(token: string | null, method: string, path: string, body?: unknown): Promise<Response>;
  /** Signs in over the API. */
  login(email: string, password?: string): Promise<{ access_token: string; refresh_token: string }>;
  /** Signs in with the form; gives the `Cookie` header. */
  cookie(email: string, password?: string): Promise<string>;
}

export async function startSite(
  options: { access?: Partial<AccessOptions>; mount?: Partial<MountOptions>; empty?: boolean } = {},
): Promise<Site> {
  const under = await startAccess(options.access);
  const { access } = under;
  if (!options.empty) {
    for (const [role, email] of Object.entries(people)) {
      await access.users.add({ email, role: role as "admin", password: PASSWORD }, tester);
    }
  }
  const demoUsers = under.started.demoUsers;
  const routes = signInRoutes({
    access,
    shell: createShell(createAssets()),
    demoUsers,
    trouble: () => null,
  });
  let peer = "192.168.1.7";
  const app = mount({
    routes,
    resolve: access.resolve,
    watch: access.watch,
    log: silentLog(),
    changes: access.audit.changes,
    socketAddress: () => peer,
    ...options.mount,
  });
  const site: Site = {
    ...under,
    app,
    routes,
    async ask(path, { from, ...init } = {}) {
      peer = from ?? "192.168.1.7";
      return await app.request(`http://localhost${path}`, init);
    },
    api: (token, method, path, body) =>
      site.ask(path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async login(email, password = PASSWORD) {
      const answer = await site.api(null, "POST", "/api/users/login", { email, password });
      if (answer.status !== 200) throw new Error(await answer.text());
      return await answer.json();
    },
    async cookie(email, password = PASSWORD) {
      const answer = await site.ask("/sign-in", form({ email, password }));
      const cookie = answer.headers.get("set-cookie");
      if (!cookie) throw new Error(`sign-in failed with ${answer.status}`);
      return cookie.split(";")[0];
    },
  };
  return site;
}

/** A form as a browser posts it. */
export function form(fields: Record<string, string>, headers: Record<string, string> = {}) {
  return {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  };
}

/** Runs with a site and closes it. */
export function withSite(
  run: (site: Site) => Promise<void>,
  options: Parameters<typeof startSite>[0] = {},
): () => Promise<void> {
  return async () => {
    const site = await startSite(options);
    try {
      await run(site);
    } finally {
      await site.close();
    }
  };
}
