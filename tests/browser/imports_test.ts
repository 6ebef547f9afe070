/** The pages of imports in Chromium: a table with questions and a mapping, and without script a history CSV. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const SITE = "Plant 2";
const REFUSED = /status of (400|403)/;
const TABLE = `time;Kessel °C;Druck bar
2026-02-01 00:00:00;71,5;1,02
2026-02-01 00:01:00;;1,03
`;
const HISTORY = `entity_id,state,last_changed
sensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z
sensor.loft_temperature,unavailable,2026-02-01T00:10:12.431Z
binary_sensor.gate,on,2026-02-01T00:15:00.000Z
sensor.loft_temperature,<b>20</b>,2026-13-01T00:00:00.000Z
`;

const MARKUP = "<b>x<img src=x onerror=alert(1)>";
const FOREIGN = [
  { perch: { site: "x9", name: MARKUP }, layout: "long" },
  { sensor: `hall/${MARKUP}`, unit: MARKUP, ts: 1_769_904_000_000, value: MARKUP },
  { sensor: MARKUP, ts: MARKUP, value: 1 },
].map((line) => JSON.stringify(line) + "\n").join("");

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `import-${name}`);
}

async function withAdmin(
  script: boolean,
  run: (page: Page, under: AppUnderTest) => Promise<void>,
): Promise<void> {
  const under = await startApp({ USER_ID: SITE });
  const browser = await startBrowser();
  try {
    await under.app.parts().access.users.add(
      { email: ADMIN[0], role: "admin", password: ADMIN[1] },
      systemActor("test"),
    );
    const options = { url: under.url, viewport: PHONE, script, expected: REFUSED };
    const { page, faults } = await visitor(browser, options);
    await signIn(page, ...ADMIN);
    await run(page, under);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await under.close();
  }
}

const fileOf = (name: string, text: string) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(text),
});

async function confirm(page: Page, site: string, button: string): Promise<void> {
  await page.getByLabel("Name of this site").fill(site);
  await page.getByLabel("Your password").fill(ADMIN[1]);
  await page.getByRole("button", { name: button }).click();
}

Deno.test({
  name:
    "browser: a table is uploaded, asked about, mapped, counted, cancelled, gone on with and imported",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(true, async (page, under) => {
      await page.goto("/sources");
      await page.getByRole("link", { name: "Import history from elsewhere" }).click();
      await page.getByText("No imports yet").waitFor();
      await looks(page, "empty");

      await page.getByLabel("File", { exact: true }).setInputFiles(fileOf("Kessel.csv", TABLE));
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("Kessel.csv: one question first").waitFor();
      await looks(page, "asked");
      await page.getByLabel("Time zone").fill("Mars/Base");
      await page.getByRole("button", { name: "Update the preview" }).click();
      await page.getByText('"Mars/Base" is no time zone').waitFor();
      await looks(page, "zone-refused");
      await page.getByLabel("Time zone").fill("Europe/Berlin");
      await page.getByRole("button", { name: "Update the preview" }).click();
      await page.getByText("Kessel.csv can be imported").waitFor();

      const sensor = page.getByLabel("Sensor of Kessel °C");
      await sensor.fill("");
      await page.getByRole("button", { name: "Read and count it" }).click();
      await page.getByText("Name a sensor, machine/sensor, or leave the series out.").waitFor();
      await looks(page, "mapping");
      await sensor.fill("boiler/temperature");
      await page.getByLabel("Leave out Druck").check();
      const { jobs, registry } = under.app.parts();
      await jobs.rest(true);
      await page.getByRole("button", { name: "Read and count it" }).click();
      await page.getByText("Kessel.csv waits for its turn").waitFor();
      await looks(page, "waiting");
      await jobs.rest(false);
      await page.getByText("Kessel.csv would bring 1 reading").waitFor();
      await looks(page, "counted");

      await confirm(page, "Plant 1", "Import it");
      await page.getByText("Type the name of this site: Plant 2").waitFor();
      await looks(page, "not-meant");
      await jobs.rest(true);
      await confirm(page, SITE, "Import it");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByText("The import of Kessel.csv was cancelled").waitFor();
      await looks(page, "cancelled");
      await jobs.rest(false);
      await confirm(page, SITE, "Go on with it");
      await page.getByText("Kessel.csv brought 1 reading").waitFor();
      await looks(page, "done");
      assert.deepEqual(registry.all().map(({ name }) => name), ["boiler/temperature"]);
      await page.getByRole("link", { name: "Imports" }).first().click();
      await page.getByRole("link", { name: "Import of Kessel.csv" }).first().waitFor();
      await looks(page, "list");

      // A file of this host, of another site, with markup wherever a file can have text.
      const folder = join(under.dataDir, "import");
      await Deno.writeTextFile(join(folder, `${MARKUP}.ndjson`), FOREIGN);
      await page.reload();
      await page.getByRole("link", { name: "Look into" }).click();
      await page.getByText(`is of another site: ${MARKUP}`).waitFor();
      await looks(page, "foreign");
      await page.getByRole("button", { name: "Read and count it" }).click();
      await page.getByText("1 line rejected").waitFor();
      await page.getByLabel("Name of the site that the file is from").waitFor();
      assert.equal(await page.locator("main img, main b").count(), 0);
      await looks(page, "foreign-counted");
    }),
});

Deno.test({
  name:
    "browser: without script too, a history CSV is imported, and its rejected lines are shown as text",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(false, async (page) => {
      await page.goto("/import");
      await page.getByLabel("File", { exact: true }).setInputFiles(fileOf("states.csv", HISTORY));
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("states.csv can be imported").waitFor();
      await page.getByRole("button", { name: "Read and count it" }).click();
      const shown = async (words: string) => {
        for (let tries = 0; tries < 100; tries++) {
          if (await page.getByText(words).count() > 0) return;
          await page.reload();
        }
        assert.fail(`${words} was not shown`);
      };
      await shown("states.csv would bring 2 readings");
      await page.getByText("1 line rejected").waitFor();
      await confirm(page, SITE, "Import it");
      await shown("states.csv brought 2 readings");
      await page.getByRole("link", { name: "loft/temperature" }).click();
      await page.waitForURL(/sensors/);
    }),
});
