/** From histories of machines that failed to what is left of another: imported, tagged, a ticket, the sentence. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const SITE = "Plant 2";
const HOUR_MS = 3_600_000;
const OLD = Array.from({ length: 9 }, (_, i) => `old-hall/pump-${i + 1}`);

/** Hourly values of a pump that fails `life` hours after its first reading: [ms, heat, flow]. */
function hours(life: number, endMs: number, n = life): [number, number, number][] {
  return Array.from({ length: n }, (_, i) => {
    const wear = Math.exp((i - life) / 20), wave = Math.sin(i * 12.9898 * life);
    return [
      endMs - (n - 1 - i) * HOUR_MS,
      50 + 20 * wear + 0.2 * wave,
      12 - 6 * wear - 0.1 * wave,
    ];
  });
}

/** Nine pumps that failed long ago, one that failed an hour ago, and one that has 20 hours left. */
function historyAt(nowMs: number): string {
  const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const lives = [
    ...OLD.map((machine, i) => ({ machine, rows: hours(70 + 6 * i, hourMs - 400 * HOUR_MS) })),
    { machine: "hall/pump-20", rows: hours(90, hourMs - HOUR_MS) },
    { machine: "hall/pump-21", rows: hours(100, hourMs - HOUR_MS, 80) },
  ];
  const lines = lives.flatMap(({ machine, rows }) =>
    rows.flatMap(([ms, heat, flow]) => [
      `${new Date(ms).toISOString()},${machine}/heat,${heat.toFixed(3)}`,
      `${new Date(ms).toISOString()},${machine}/flow,${flow.toFixed(3)}`,
    ])
  );
  return ["time,sensor,value", ...lines, ""].join("\n");
}

async function importTable(page: Page, text: string): Promise<void> {
  await page.goto("/import");
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name: "pumps.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(text),
  });
  await page.getByRole("button", { name: "Upload it" }).click();
  await page.getByRole("button", { name: "Read and count it" }).click();
  await page.getByText("pumps.csv would bring").waitFor();
  await page.getByLabel("Name of this site").fill(SITE);
  await page.getByLabel("Your password").fill(ADMIN[1]);
  await page.getByRole("button", { name: "Import it" }).click();
  await page.getByText("pumps.csv brought").waitFor();
}

interface World {
  page: Page;
  under: AppUnderTest;
  /** A reading of a machine as it sends it. */
  send(machine: string, sensor: string, value: number): Promise<void>;
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const under = await startApp({ USER_ID: SITE });
  const browser = await startBrowser();
  try {
    const [email, password] = ADMIN;
    await under.app.parts().access.users.add(
      { email, role: "admin", password },
      systemActor("test"),
    );
    const post = async (path: string, body: unknown, headers: HeadersInit = {}) => {
      const answer = await fetch(under.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
      assert.ok(answer.ok, `${path}: ${answer.status}`);
      return await answer.json();
    };
    const { access_token } = await post("/api/users/login", { email, password });
    const { page, faults } = await visitor(browser, { url: under.url });
    await signIn(page, ...ADMIN);
    await run({
      page,
      under,
      async send(machine, sensor, value) {
        const authorization = `Bearer ${access_token}`;
        await post("/api/ingest", { machine, sensor, value }, { authorization });
      },
    });
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await under.close();
  }
}

/** The machine's page once this is said of it, after what failed was learned from. */
async function lookAt({ under, page, send }: World, machine: string, said: RegExp): Promise<void> {
  const { predictions } = under.app.parts();
  await predictions.learnFleets(new AbortController().signal);
  // The task that looks every second may have taken the readings to judge what was known before.
  await until(`${said} of ${machine}`, async () => {
    await send(machine, "heat", 57);
    await send(machine, "flow", 9.9);
    predictions.renew(machine);
    await predictions.look({ all: true });
    const now = predictions.current().find((one) => one.machine === machine);
    return now !== undefined && said.test(now.life.text) ? now : null;
  });
  await page.goto(`/machines/${machine}`);
  await page.getByText(said).waitFor();
}

const seen = async (page: Page, name: string) => {
  await assertEveryLook(page);
  await takePictures(page, `fleet-${name}`);
};

Deno.test({
  name:
    "browser: histories of machines that failed are imported and tagged, a ticket says that one failed, " +
    "and another says what is left of it",
  ignore: chromiumIsMissing(),
  fn: () =>
    withWorld(async (world) => {
      const { page } = world;
      await importTable(page, historyAt(Date.now()));
      await takePictures(page, "fleet-imported");
      await page.goto("/models");
      await page.getByText("Ten failures of machines with the same sensors").waitFor();
      await takePictures(page, "fleet-models-none");

      await page.goto("/machines?q=old-hall");
      for (const box of await page.getByRole("checkbox", { name: /pump/i }).all()) {
        await box.check();
      }
      await page.getByLabel("Tag", { exact: true }).fill("failed");
      await takePictures(page, "fleet-machines-tagging");
      await page.getByRole("button", { name: "Add the tag" }).click();
      await page.getByText(`${OLD.length} machines`).first().waitFor();
      await lookAt(world, "hall/pump-21", /it takes ten failures of .*, and 9 are known so far/);
      await seen(page, "machine-unknown");
      await page.goto("/models");
      await page.getByText("11 machines, 9 failures so far; it takes 10").waitFor();
      await takePictures(page, "fleet-models-nine");

      await page.goto("/tickets/new");
      await page.getByLabel("Machine").fill("hall/pump-20");
      await page.getByLabel("Title").fill("Seized");
      await page.getByRole("button", { name: "Open the ticket" }).click();
      await takePictures(page, "fleet-ticket");
      await page.getByLabel("The machine").selectOption({ label: "had failed, and runs again" });
      await page.getByRole("button", { name: "Resolve" }).click();
      await page.getByText("had failed").first().waitFor();
      await takePictures(page, "fleet-ticket-failed");

      await lookAt(world, "hall/pump-21", /left, .* in 8 of 10 cases, as with the 10 machines/);
      await seen(page, "machine-known");
      await page.getByRole("link", { name: "Why" }).click();
      await page.getByText(/Remaining life: .* in 8 of 10 cases/).waitFor();
      await takePictures(page, "fleet-prediction");
      await page.goto("/predictions");
      await page.getByText(/Remaining life \d/).waitFor();
      await takePictures(page, "fleet-predictions");
      await page.goto("/models");
      await page.getByText(/from 10 of them; off by about/).waitFor();
      await seen(page, "models");
    }),
});
