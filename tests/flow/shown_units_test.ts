/** Units as they are shown, over the API and on pages: what is stored stays as it was sent. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";

Deno.test("shown units: pages convert as the site prefers, the API where it is asked, limits go back into the stored unit", async () => {
  const under = await startApp();
  try {
    const { access, registry } = under.app.parts();
    const { key } = await access.keys.add({ name: "t", role: "admin" }, systemActor("test"));
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const ask = async (method: string, path: string, body?: unknown) => {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const answer = await fetch(under.url + path, { method, headers, body: sent });
      return { status: answer.status, json: await answer.json() };
    };
    const page = async (path: string) => await (await fetch(under.url + path, { headers })).text();
    await ask("POST", "/api/ingest", { machine: "m", sensor: "temperature", value: 20 });
    const id = registry.find("m/temperature")!.id;

    // Nobody has said the unit.
    assert.equal((await ask("GET", `/api/sensors/${id}`)).json.unit_guessed, true);
    assert.match(await page(`/sensors/${id}`), /°C<!-- -->\?|°C\?/);
    await ask("PATCH", `/api/sensors/${id}`, { unit: "°C" });
    assert.equal((await ask("GET", `/api/sensors/${id}`)).json.unit_guessed, undefined);

    const readings = (more: string) => ask("GET", `/api/readings?sensor=${id}&points=0${more}`);
    assert.deepEqual((await readings("&unit=F")).json.v, [68]);
    assert.equal((await readings("&unit=F")).json.unit, "°F");
    const refused = await readings("&unit=W");
    assert.equal(refused.status, 400);
    assert.match(refused.json.detail, /°C cannot be converted into W/);
    const trend = await ask("GET", `/api/sensors/${id}/trend?unit=°F`);
    assert.deepEqual([trend.json.mean, trend.json.statistics.max], [[68], 68]);

    const set = await ask("PATCH", "/api/settings/units.temperature", { value: "°F" });
    assert.equal(set.status, 200, JSON.stringify(set.json));
    assert.deepEqual((await readings("")).json.v, [20]);
    const shown = await page(`/sensors/${id}`);
    assert.match(shown, /Stored in °C, shown in °F/);
    assert.match(shown, /68\.0/);
    assert.match(await page("/sensors"), /°F/);

    // An own display unit goes before the site's; one of another quantity is refused.
    const wrong = await ask("PATCH", `/api/sensors/${id}`, { display_unit: "kW" });
    assert.match(wrong.json.detail, /display_unit: °C cannot be converted into kW/);
    await ask("PATCH", `/api/sensors/${id}`, { display_unit: "K" });
    assert.match(await page(`/sensors/${id}`), /shown in K/);
    await ask("PATCH", `/api/sensors/${id}`, { display_unit: null });

    // The form of the settings speaks of limits as they are shown.
    const form = new URLSearchParams();
    const html = await page(`/sensor-settings/${id}`);
    const own = html.slice(html.indexOf('action="/sensor-settings/change"'));
    for (const [, tag] of own.slice(0, own.indexOf("</form>")).matchAll(/<input ([^>]*)>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1];
      if (name !== undefined) form.set(name, /value="([^"]*)"/.exec(tag)?.[1] ?? "");
    }
    form.set("kind", "number");
    form.set("warning_high", "86");
    form.set("hysteresis", "9");
    const { "content-type": _, ...plain } = headers;
    const sent = await fetch(`${under.url}/sensor-settings/change`, {
      method: "POST",
      headers: plain,
      body: form,
      redirect: "manual",
    });
    assert.equal(sent.status, 303, await sent.text());
    const { warning_high, hysteresis } = registry.find("m/temperature")!.settings;
    assert.deepEqual([warning_high, hysteresis], [30, 5]);
  } finally {
    await under.close();
  }
});
