/**
 * A refresh token counts once. `SABOTAGE=refresh` makes the database forget that a token was replaced.
 */
import assert from "node:assert/strict";
import { sabotaged } from "../support/sabotage.ts";
import { people, type Site, startSite } from "../support/site.ts";

async function withTheft(run: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite();
  try {
    if (sabotaged("refresh")) {
      await site.db.write([{
        sql:
          "create trigger forget after update of replaced_ms on refresh_tokens begin update refresh_tokens set replaced_ms = null where hash = new.hash; end",
      }]);
    }
    await run(site);
  } finally {
    await site.close();
  }
}

const refresh = (site: Site, token: string) =>
  site.api(null, "POST", "/api/users/refresh", { refresh_token: token });
const works = async (site: Site, token: string) =>
  (await site.api(token, "GET", "/api/users/me")).status === 200;

Deno.test("refresh: a token that comes back later ends the whole session, for thief and owner", () =>
  withTheft(async (site) => {
    const first = await site.login(people.viewer);
    const other = await site.login(people.viewer);
    const second = await (await refresh(site, first.refresh_token)).json();
    assert.notEqual(second.refresh_token, first.refresh_token);
    site.clock.jump(11_000);
    assert.equal((await refresh(site, first.refresh_token)).status, 401);
    assert.equal((await refresh(site, second.refresh_token)).status, 401);
    assert.equal(await works(site, second.access_token), false);
    assert.equal(await works(site, other.access_token), true, "other sign-ins stay");
    const { items } = await site.access.audit.list({ action: "session.reuse" });
    assert.equal(items.length, 1);
    assert.equal(items[0].actor.name, people.viewer);
  }));

Deno.test("refresh: within ten seconds the same token gives the same successor", () =>
  withTheft(async (site) => {
    const first = await site.login(people.viewer);
    const a = await (await refresh(site, first.refresh_token)).json();
    site.clock.jump(9_000);
    const b = await (await refresh(site, first.refresh_token)).json();
    assert.equal(a.refresh_token, b.refresh_token);
    assert.ok(await works(site, b.access_token));
    const rows = await site.db.query({ sql: "select count(*) from refresh_tokens" });
    assert.equal(Number(rows.rows[0][0]), 2);
    const replaced = await site.db.query({
      sql: "select count(*) from refresh_tokens where replaced_ms is not null",
    });
    assert.equal(Number(replaced.rows[0][0]), 1);
  }));

Deno.test("refresh: a hundred at once make one successor, and the session goes on", () =>
  withTheft(async (site) => {
    const first = await site.login(people.viewer);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => refresh(site, first.refresh_token)),
    );
    const tokens = new Set<string>();
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      tokens.add((await answer.json()).refresh_token);
    }
    assert.equal(tokens.size, 1);
    site.clock.jump(11_000);
    const next = await refresh(site, [...tokens][0]);
    assert.equal(next.status, 200);
    assert.ok(await works(site, (await next.json()).access_token));
    assert.equal((await refresh(site, first.refresh_token)).status, 401);
  }));

Deno.test("refresh: what is left of a session after 30 days is nothing", () =>
  withTheft(async (site) => {
    let pair = await site.login(people.viewer);
    for (let day = 0; day < 30; day++) {
      site.clock.jump(23.9 * 3_600_000);
      const answer = await refresh(site, pair.refresh_token);
      assert.equal(answer.status, 200, `day ${day}`);
      pair = await answer.json();
    }
    site.clock.jump(24 * 3_600_000);
    assert.equal((await refresh(site, pair.refresh_token)).status, 401);
  }));
