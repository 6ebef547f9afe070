/**
 * Forty tokens that must open nothing, each answered by the same 401. `SABOTAGE=tokens` believes a token
 * without checking its signature.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { sabotaged } from "../support/sabotage.ts";
import { people, type Site, startSite } from "../support/site.ts";

type Claims = Record<string, unknown>;

const b64 = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function sign(header: Claims, claims: Claims, key: string, hash = "sha256"): string {
  const input = `${b64(header)}.${b64(claims)}`;
  return `${input}.${createHmac(hash, key).update(input).digest("base64url")}`;
}

async function badTokens(site: Site): Promise<[string, string][]> {
  const key = Deno.readTextFileSync(join(site.dataDir, "jwt.key")).trim();
  const pair = await site.login(people.admin);
  const ended = await site.login(people.admin);
  await site.api(ended.access_token, "POST", "/api/users/logout");
  const browser = (await site.cookie(people.admin)).split("=")[1];
  const good = pair.access_token;
  const [head, body, signature] = good.split(".");
  const claims = decodeJwt(good) as Claims;
  const header = { alg: "HS256", typ: "at+jwt" };
  const nowS = Math.floor(site.clock.now() / 1000);
  const viewer = site.access.users.byEmail(people.viewer)!;
  const sessions = site.access.sessions.ofUser(String(claims.sub));
  const browserSession = sessions.find((s) => s.kind === "browser")!;
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims).filter(([k]) => k !== name));
  const made = await site.access.keys.add({ name: "k", role: "admin" }, TESTER);
  return [
    ["empty", ""],
    ["one part", "x"],
    ["two parts", `${head}.${body}`],
    ["no signature", `${head}.${body}.`],
    ["five parts", `${good}.x.y`],
    ["no payload", `${head}..${signature}`],
    ["first byte of the signature changed", `${head}.${body}.${flip(signature)}`],
    ["signature cut", good.slice(0, -4)],
    ["payload changed", `${head}.${b64({ ...claims, sub: viewer.id })}.${signature}`],
    ["header changed", `${b64({ ...header, x: 1 })}.${body}.${signature}`],
    ["alg none", `${b64({ ...header, alg: "none" })}.${body}.`],
    ["alg None", `${b64({ ...header, alg: "None" })}.${body}.`],
    ["alg nOnE with signature", `${b64({ ...header, alg: "nOnE" })}.${body}.${signature}`],
    ["alg missing", sign({ typ: "at+jwt" }, claims, key)],
    ["alg empty", sign({ ...header, alg: "" }, claims, key)],
    ["alg HS512", sign({ ...header, alg: "HS512" }, claims, key, "sha512")],
    ["alg HS384", sign({ ...header, alg: "HS384" }, claims, key, "sha384")],
    ["alg RS256 over our key", sign({ ...header, alg: "RS256" }, claims, key)],
    ["alg in lower case", sign({ ...header, alg: "hs256" }, claims, key)],
    ["foreign key", sign(header, claims, "x".repeat(43))],
    ["empty key", sign(header, claims, "")],
    ["well-known key", sign(header, claims, "secret")],
    ["embedded key", sign({ ...header, jwk: { kty: "oct", k: b64("a") } }, claims, "a")],
    ["kid with a path", sign({ ...header, kid: "../../dev/null" }, claims, "")],
    ["jku", sign({ ...header, jku: "http://127.0.0.1/keys" }, claims, "a")],
    ["unknown crit", sign({ ...header, crit: ["x"], x: 1 }, claims, key)],
    ["other typ", sign({ ...header, typ: "JWT" }, claims, key)],
    ["typ missing", sign({ alg: "HS256" }, claims, key)],
    ["expired", sign(header, { ...claims, iat: nowS - 7200, exp: nowS - 3600 }, key)],
    ["exp missing", sign(header, without("exp"), key)],
    ["exp as text", sign(header, { ...claims, exp: String(nowS + 60) }, key)],
    ["issued too long ago", sign(header, { ...claims, iat: nowS - 7200, exp: nowS + 60 }, key)],
    ["issued in the future", sign(header, { ...claims, iat: nowS + 7200, exp: nowS + 9999 }, key)],
    ["not yet valid", sign(header, { ...claims, nbf: nowS + 600 }, key)],
    ["foreign issuer", sign(header, { ...claims, iss: "other" }, key)],
    ["foreign audience", sign(header, { ...claims, aud: "other" }, key)],
    ["session missing", sign(header, without("sid"), key)],
    ["another person's session", sign(header, { ...claims, sub: viewer.id }, key)],
    ["browser session", sign(header, { ...claims, sid: browserSession.id }, key)],
    ["ended session", ended.access_token],
    ["refresh token", pair.refresh_token],
    ["cookie value", browser],
    ["key cut", made.key.slice(0, -1)],
    ["key with other case", made.key.toUpperCase()],
    ["key's hint", made.entry.hint],
    ["payload not an object", sign(header, "[]" as never, key)],
    ["10 kB", "a".repeat(10_000)],
    ["twice", `${good} ${good}`],
  ];
}

const TESTER = { kind: "system", id: null, name: "test", address: null, agent: null } as const;
const flip = (text: string) => (text[0] === "A" ? "B" : "A") + text.slice(1);

Deno.test("tokens: forty bad ones open nothing and get one and the same answer", async () => {
  const believe = (authorization: string | null) => {
    try {
      const claims = decodeJwt((authorization ?? "").replace("Bearer ", ""));
      const user = site.access.users.find(String(claims.sub));
      return user ? { ...IDENTITY, id: user.id, name: user.email } : null;
    } catch {
      return null;
    }
  };
  const site: Site = await startSite(
    sabotaged("tokens")
      ? { mount: { resolve: ({ authorization }) => believe(authorization) } }
      : {},
  );
  try {
    const tokens = await badTokens(site);
    assert.ok(tokens.length >= 40);
    const good = await site.login(people.admin);
    if (!sabotaged("tokens")) {
      assert.equal((await site.api(good.access_token, "GET", "/api/users/me")).status, 200);
    }
    const answers = new Map<string, string>();
    for (const [what, token] of tokens) {
      const answer = await site.api(token, "GET", "/api/users/me");
      answers.set(what, `${answer.status} ${await answer.text()}`);
    }
    for (const [what, answer] of answers) assert.match(answer, /^401 /, what);
    assert.equal(new Set(answers.values()).size, 1);
  } finally {
    await site.close();
  }
});

const IDENTITY = {
  kind: "user",
  role: "admin",
  scopes: null,
  machine: null,
  via: "token",
} as const;

Deno.test("tokens: every install has a key of its own, 256 bits, readable by its owner alone", async () => {
  const one = await startSite({ empty: true });
  const two = await startSite({ empty: true });
  try {
    const files = [one, two].map((site) => join(site.dataDir, "jwt.key"));
    const keys = files.map((file) => Deno.readTextFileSync(file).trim());
    assert.notEqual(keys[0], keys[1]);
    assert.equal(Buffer.from(keys[0], "base64url").byteLength, 32);
    assert.equal(Deno.statSync(files[0]).mode! & 0o777, 0o600);
  } finally {
    await one.close();
    await two.close();
  }
});
