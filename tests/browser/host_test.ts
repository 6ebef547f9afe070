/** In Chromium: the page about the host, of a Pi with a day of history and of a host that says nothing. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Parts } from "../../lib/app/parts.ts";
import { unmeasured } from "../../lib/health/history/view.ts";
import type { HostSample } from "../../lib/health/host_sample.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { startApp } from "../support/app.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { hostPower, hostSample } from "../support/host.ts";
import { takePictures } from "../support/looks.ts";

const VIEWER = ["viewer@example.org", "long enough"] as const;
const SHOWN = {
  cpu: (i: number) => 14 + 9 * Math.sin(i / 40) + (i % 211 < 6 ? 55 : 0),
  memory: (i: number) => 31 + i / 400,
  temperature: (i: number) => 51 + 6 * Math.sin(i / 170),
  disk: () => 24.8,
  pressure_io: (i: number) => i % 97 < 3 ? 18 : 0.4,
  network_in: (i: number) => 14 + 5 * Math.sin(i / 23),
  network_out: (i: number) => 6 + 2 * Math.sin(i / 31),
  card_writes: (i: number) => i % 180 < 4 ? 3200 : 145,
  perch_writes: () => 92,
  database_writes: () => 78,
  perch_memory: (i: number) => 94 + Math.sin(i / 90),
  event_loop: (i: number) => 1.2 + (i % 131 < 2 ? 9 : 0),
};

/** A day of readings, a minute apart, and four days before it of what was written. */
async function fillHistory({ host, intake }: Parts): Promise<void> {
  const { sensors } = host!;
  await sensors.make(Object.keys(SHOWN));
  const nowMs = Date.now();
  for (const [name, value] of Object.entries(SHOWN)) {
    const days = name === "card_writes" ? 5 : 1;
    const sensor = sensors.find(name)!.name;
    const drafts = Array.from({ length: days * 1440 }, (_, i) => ({
      sensor,
      tMs: nowMs - days * DAY_MS + (i + 1) * MINUTE_MS - 1,
      value: Math.round(value(i) * 10) / 10,
    }));
    await intake.offerBatch({ source: "host", topic: "host", drafts, rejects: [] });
  }
}

async function onHostPage(
  sample: () => HostSample,
  run: (page: Awaited<ReturnType<typeof visitor>>["page"]) => Promise<void>,
  fill?: (parts: Parts) => Promise<void>,
): Promise<void> {
  const host = () => ({
    sample: () => Promise.resolve(sample()),
    databaseWrites: () => Promise.resolve(null),
  });
  const under = await startApp({}, { host });
  let browser: Browser | null = null;
  try {
    const parts = under.app.parts();
    await parts.access.users.add(
      { email: VIEWER[0], role: "viewer", password: VIEWER[1] },
      systemActor("test"),
    );
    await fill?.(parts);
    browser = await startBrowser();
    const { page, faults } = await visitor(browser, { url: under.url });
    await signIn(page, ...VIEWER);
    await page.goto("/more");
    await page.getByRole("link", { name: "This host", exact: true }).click();
    await run(page);
    assert.deepEqual(faults, []);
  } finally {
    await browser?.close();
    await under.close();
  }
}

Deno.test({
  name: "browser: a Pi in a sentence, with what it is given to write, its supply and its history",
  ignore: chromiumIsMissing(),
  fn: () =>
    onHostPage(
      () =>
        hostSample({
          atMs: Date.now(),
          power: hostPower({}, { underVoltage: true }),
          temperatures: [{ name: "cpu-thermal", celsius: 52.6 }, { name: "nvme", celsius: 41 }],
        }),
      async (page) => {
        const sentence = await page.locator("h1.answer").textContent();
        assert.match(
          sentence!,
          /^This Pi is fine; 21\d\sMB a day are written to its card, about 13 years if it is rated for 10 TB$/,
        );
        const words = await page.locator("main").innerText();
        assert.match(words, /Under-voltage\s+no\s+.*yes/);
        assert.match(words, /Perch\n92\.0\u202fMB a day/);
        assert.match(words, /Life used\nnot measured/);
        assert.equal(await page.locator(".charts svg").count(), 10);
        await assertEveryLook(page);
        await takePictures(page, "host");
        await page.getByRole("link", { name: "24 h" }).click();
        await page.locator(".charts svg").first().waitFor();
        await page.getByRole("link", { name: "Temperature" }).click();
        await page.waitForURL(/\/sensors\/.*range=24h/);
      },
      fillHistory,
    ),
});

Deno.test({
  name: "browser: what a host does not say is not measured, and never fine",
  ignore: chromiumIsMissing(),
  fn: () =>
    onHostPage(() => unmeasured(Date.now() - HOUR_MS), async (page) => {
      assert.equal(await page.locator("h1.answer").textContent(), "This host is not measured");
      assert.equal(await page.locator(".charts").count(), 0);
      await assertEveryLook(page);
      await takePictures(page, "host-unmeasured");
    }),
});
