import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type Role, ROLES } from "../../lib/access/identity.ts";
import type { AppUnderTest } from "./app.ts";

const ADDRESS = "192.168.1.7";
const PASSWORD = "long enough";
const tester = systemActor("test");

/** Somebody who asks, and what is true of them. */
export interface Asker {
  headers: Record<string, string>;
  role: Role | null;
  key?: true;
  scope?: string;
  device?: true;
}

/** Every kind of identity, for the matrix tests. Requests must come from `ADDRESS`. */
export async function askers(
  { app, dataDir }: Pick<AppUnderTest, "app" | "dataDir">,
): Promise<Record<string, Asker>> {
  const { access } = app.parts();
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const out: Record<string, Asker> = {
    nobody: { headers: {}, role: null },
    garbage: { headers: bearer("garbage"), role: null },
    "garbage cookie": { headers: { cookie: "perch=garbage" }, role: null },
    "basic credentials": { headers: { authorization: "Basic YWRtaW46YWRtaW4=" }, role: null },
  };
  const from = { ...tester, address: ADDRESS };
  for (const role of ROLES) {
    const email = `${role}@example.org`;
    await access.users.add({ email, role, password: PASSWORD }, tester);
    const pair = await access.signIn.api({ email, password: PASSWORD, from });
    out[`${role} with token`] = { headers: bearer(pair.access_token), role };
    const { secret } = await access.signIn.browser({ email, password: PASSWORD, from });
    const headers = { cookie: `perch=${secret}`, "sec-fetch-site": "same-origin" };
    out[`${role} with cookie`] = { headers, role };
    const { key } = await access.keys.add({ name: role, role }, tester);
    out[`${role} with key`] = { headers: bearer(key), role, key: true };
    out[`expired token of ${role}`] = {
      headers: bearer(expired(pair.access_token, dataDir)),
      role: null,
    };
  }
  for (const scope of ["read", "ingest"] as const) {
    const { key } = await access.keys.add({ name: scope, role: "admin", scopes: [scope] }, tester);
    out[`admin key for ${scope}`] = { headers: bearer(key), role: "admin", key: true, scope };
  }
  const reporter = { name: "reporter", role: "viewer" as const, scopes: ["events"] };
  out["viewer key for events"] = {
    headers: bearer((await access.keys.add(reporter, tester)).key),
    role: "viewer",
    key: true,
    scope: "events",
  };
  const commander = { name: "commander", role: "engineer" as const, scopes: ["command"] };
  out["engineer key for command"] = {
    headers: bearer((await access.keys.add(commander, tester)).key),
    role: "engineer",
    key: true,
    scope: "command",
  };
  const device = await access.keys.add({ name: "device", machine: "hall/press" }, tester);
  out["device key"] = { headers: bearer(device.key), role: null, device: true };
  const email = "gone@example.org";
  const gone = await access.users.add({ email, role: "admin", password: PASSWORD }, tester);
  const pair = await access.signIn.api({ email, password: PASSWORD, from });
  await access.users.change(gone.id, { state: "disabled" }, tester);
  out["disabled admin"] = { headers: bearer(pair.access_token), role: null };
  return out;
}

/** The same token with its end an hour ago, rightly signed. */
function expired(token: string, dataDir: string): string {
  const key = Deno.readTextFileSync(join(dataDir, "jwt.key")).trim();
  const [head, body] = token.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  const old = { ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 };
  const input = `${head}.${Buffer.from(JSON.stringify(old)).toString("base64url")}`;
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}
