import assert from "node:assert/strict";
import { TOTP } from "otpauth";
import { form, PASSWORD, people, withSite } from "../support/site.ts";

Deno.test(
  "login answers the pair for JSON and for the OAuth-style form",
  withSite(async (site) => {
    const pair = await site.login(people.viewer);
    assert.deepEqual(Object.keys(pair).sort(), [
      "access_token",
      "expires_in",
      "refresh_token",
      "token_type",
    ]);
    const asForm = await site.ask(
      "/api/users/login",
      form({ grant_type: "password", username: people.viewer, password: PASSWORD, scope: "" }),
    );
    assert.equal((await asForm.json()).token_type, "bearer");
    const extra = await site.api(null, "POST", "/api/users/login", {
      email: people.viewer,
      password: PASSWORD,
      role: "admin",
    });
    assert.equal(extra.status, 400);
  }),
);

Deno.test(
  "login does not tell which part was wrong",
  withSite(async (site) => {
    const disabled = site.access.users.byEmail(people.engineer)!;
    const actor = { kind: "system", id: null, name: "test", address: null, agent: null } as const;
    await site.access.users.change(disabled.id, { state: "disabled" }, actor);
    const answers = new Set<string>();
    for (
      const body of [
        { email: people.viewer, password: "wrong password" },
        { email: "nobody@example.org", password: PASSWORD },
        { email: people.engineer, password: PASSWORD },
      ]
    ) {
      const answer = await site.api(null, "POST", "/api/users/login", body);
      answers.add(`${answer.status} ${await answer.text()}`);
    }
    assert.equal(answers.size, 1);
    assert.match([...answers][0], /^401/);
  }),
);

Deno.test(
  "me shows and changes oneself; the password needs the current one and ends other sign-ins",
  withSite(async (site) => {
    const here = await site.login(people.viewer);
    const there = await site.login(people.viewer);
    const me = await (await site.api(here.access_token, "GET", "/api/users/me")).json();
    assert.deepEqual([me.email, me.role], [people.viewer, "viewer"]);
    const patch = (body: unknown) => site.api(here.access_token, "PATCH", "/api/users/me", body);
    assert.equal((await patch({ role: "admin" })).status, 400);
    assert.equal((await (await patch({ name: "Vera" })).json()).name, "Vera");
    assert.equal((await patch({ password: "another one" })).status, 400);
    const wrong = await patch({ password: "another one", current_password: "no" });
    assert.equal(wrong.status, 403);
    const right = await patch({ password: "another one", current_password: PASSWORD });
    assert.equal(right.status, 200);
    assert.equal((await site.api(here.access_token, "GET", "/api/users/me")).status, 200);
    assert.equal((await site.api(there.access_token, "GET", "/api/users/me")).status, 401);
    await site.login(people.viewer, "another one");
  }),
);

Deno.test(
  "logout ends access and refresh token",
  withSite(async (site) => {
    const pair = await site.login(people.viewer);
    const out = await site.api(null, "POST", "/api/users/logout", {
      refresh_token: pair.refresh_token,
    });
    assert.equal(out.status, 204);
    assert.equal((await site.api(pair.access_token, "GET", "/api/users/me")).status, 401);
    const again = await site.api(null, "POST", "/api/users/refresh", {
      refresh_token: pair.refresh_token,
    });
    assert.equal(again.status, 401);
    assert.equal((await site.api(null, "POST", "/api/users/logout")).status, 401);
  }),
);

Deno.test(
  "sign-in page sets an HttpOnly cookie and goes on to a local path only",
  withSite(async (site) => {
    const page = await (await site.ask("/sign-in?next=/page")).text();
    assert.match(page, /<form method="post" action="\/sign-in"/);
    const to = async (next: string) => {
      const answer = await site.ask(
        "/sign-in",
        form({ email: people.viewer, password: PASSWORD, next }),
      );
      assert.equal(answer.status, 303);
      const cookie = answer.headers.get("set-cookie")!;
      assert.match(cookie, /^perch=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
      return answer.headers.get("location");
    };
    assert.equal(await to("/sensors/x?range=6h"), "/sensors/x?range=6h");
    for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "x", "/\n/e"]) {
      assert.equal(await to(bad), "/", bad);
    }
    const wrong = await site.ask("/sign-in", form({ email: "<b>", password: "x" }));
    assert.equal(wrong.status, 401);
    const text = await wrong.text();
    assert.ok(text.includes("&lt;b") && !text.includes("<b>"));
  }),
);

Deno.test(
  "sign-in over https sets a Secure __Host- cookie",
  withSite(async (site) => {
    const answer = await site.ask(
      "/sign-in",
      form({ email: people.viewer, password: PASSWORD }, { "x-forwarded-proto": "https" }),
    );
    assert.match(answer.headers.get("set-cookie")!, /^__Host-perch=.*; Secure$/);
  }, { mount: { trustedProxies: ["192.168.1.7"] } }),
);

Deno.test(
  "sign-out ends the session and takes the cookie away",
  withSite(async (site) => {
    const cookie = await site.cookie(people.viewer);
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    assert.equal((await site.ask("/api/users/me", { headers })).status, 200);
    const out = await site.ask("/sign-out", { method: "POST", headers });
    assert.match(out.headers.get("set-cookie")!, /Max-Age=0/);
    assert.equal((await site.ask("/api/users/me", { headers })).status, 401);
  }),
);

Deno.test(
  "people: an admin invites, the invited sets a password and signs in",
  withSite(async (site) => {
    const { access_token } = await site.login(people.admin);
    const answer = await site.api(access_token, "POST", "/api/users", {
      email: "new@example.org",
      role: "engineer",
    });
    assert.equal(answer.status, 201);
    const { id, invitation } = await answer.json();
    assert.match(await (await site.ask(invitation.link)).text(), /new@example\.org/);
    const short = await site.ask(invitation.link, form({ password: "short" }));
    assert.equal(short.status, 400);
    const set = await site.ask(invitation.link, form({ password: "my own words" }));
    assert.equal(set.status, 303);
    assert.equal((await site.ask(invitation.link)).status, 401);
    await site.login("new@example.org", "my own words");
    const off = await site.api(access_token, "PATCH", `/api/users/${id}`, { state: "disabled" });
    assert.equal((await off.json()).state, "disabled");
    assert.equal((await site.api(access_token, "DELETE", `/api/users/${id}`)).status, 204);
    assert.equal((await site.api(access_token, "GET", `/api/users/${id}`)).status, 404);
    assert.equal((await site.api(access_token, "DELETE", "/api/users/nobody")).status, 404);
  }),
);

Deno.test(
  "keys: made, used, listed without themselves, removed",
  withSite(async (site) => {
    const { access_token } = await site.login(people.admin);
    const made = await site.api(access_token, "POST", "/api/keys", {
      name: "grafana",
      role: "viewer",
    });
    assert.equal(made.status, 201);
    const { id, key } = await made.json();
    const me = await (await site.api(key, "GET", "/api/users/me")).json();
    assert.deepEqual([me.kind, me.name], ["key", "grafana"]);
    assert.equal((await site.api(key, "PATCH", "/api/users/me", { name: "x" })).status, 403);
    const list = await (await site.api(access_token, "GET", "/api/keys")).text();
    assert.ok(list.includes("grafana") && !list.includes(key));
    assert.equal((await site.api(access_token, "DELETE", `/api/keys/${id}`)).status, 204);
    assert.equal((await site.api(key, "GET", "/api/users/me")).status, 401);
  }),
);

Deno.test(
  "second factor: enrolment, sign-in with a code that counts once, recovery code, removal",
  withSite(async (site) => {
    const { access_token } = await site.login(people.viewer);
    const call = (method: string, path: string, body?: unknown) =>
      site.api(access_token, method, `/api/users/me/second-factor${path}`, body);
    const { secret } = await (await call("POST", "")).json();
    const code = () => new TOTP({ secret }).generate({ timestamp: site.clock.now() });
    assert.equal((await call("POST", "/confirm", { code: "000000" })).status, 400);
    const { recovery_codes } = await (await call("POST", "/confirm", { code: code() })).json();
    assert.equal(recovery_codes.length, 10);

    const login = (code?: string) =>
      site.api(null, "POST", "/api/users/login", {
        email: people.viewer,
        password: PASSWORD,
        code,
      });
    assert.equal((await login()).status, 401);
    assert.equal((await login(code())).status, 401, "the code of the enrolment was used");
    site.clock.jump(30_000);
    const now = code();
    assert.equal((await login(now)).status, 200);
    assert.equal((await login(now)).status, 401, "a code counts once");
    assert.equal((await login(recovery_codes[0])).status, 200);
    assert.equal((await login(recovery_codes[0])).status, 401);

    const page = await site.ask("/sign-in", form({ email: people.viewer, password: PASSWORD }));
    const text = await page.text();
    assert.ok(!text.includes(PASSWORD) && page.headers.get("set-cookie") === null);
    const ticket = /name="ticket" value="([^"]+)"/.exec(text)![1];
    site.clock.jump(30_000);
    const done = await site.ask("/sign-in/code", form({ ticket, code: code() }));
    assert.match(done.headers.get("set-cookie") ?? "", /^perch=/);
    assert.equal((await call("POST", "/remove", { password: "wrong" })).status, 403);
    assert.equal((await call("POST", "/remove", { password: PASSWORD })).status, 204);
    assert.equal((await login()).status, 200);
  }),
);

Deno.test(
  "audit: for admins, with filters, cursor and export",
  withSite(async (site) => {
    const { access_token } = await site.login(people.admin);
    const get = async (query: string) =>
      await (await site.api(access_token, "GET", `/api/audit${query}`)).json();
    const all = await get("?limit=2");
    assert.equal(all.items.length, 2);
    assert.equal((await get(`?limit=2&cursor=${all.next}`)).items.length, 2);
    assert.equal((await get("?action=user.add")).items.length, 3);
    const lines = await (await site.api(access_token, "GET", "/api/audit?format=ndjson")).text();
    assert.equal(lines.trim().split("\n").length, 4);
    const bad = await site.api(access_token, "GET", "/api/audit?cursor=x&sort=1");
    assert.equal(bad.status, 400);
  }),
);

Deno.test(
  "sessions: listed, ended one by one and everywhere",
  withSite(async (site) => {
    const a = await site.login(people.viewer);
    const cookie = await site.cookie(people.viewer);
    const other = await site.login(people.engineer);
    const list = await (await site.api(a.access_token, "GET", "/api/users/me/sessions")).json();
    assert.equal(list.items.length, 2);
    const browser = list.items.find((s: { kind: string }) => s.kind === "browser");
    const foreign = await site.api(
      other.access_token,
      "DELETE",
      `/api/users/me/sessions/${browser.id}`,
    );
    assert.equal(foreign.status, 404);
    const path = `/api/users/me/sessions/${browser.id}`;
    assert.equal((await site.api(a.access_token, "DELETE", path)).status, 204);
    assert.equal((await site.ask("/api/users/me", { headers: { cookie } })).status, 401);
    const everywhere = await site.api(a.access_token, "DELETE", "/api/users/me/sessions");
    assert.equal(everywhere.status, 204);
    assert.equal((await site.api(a.access_token, "GET", "/api/users/me")).status, 401);
    assert.equal((await site.api(other.access_token, "GET", "/api/users/me")).status, 200);
  }),
);
