/** In Chromium: a backup is made with its progress, downloaded and deleted; encryption with its sheet. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { writeBackup } from "../support/backups.ts";
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
async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `backups-${name}`);
}

const answer = (page: Page, text: RegExp) =>
  page.getByRole("heading", { level: 1, name: text }).waitFor();

async function withAdmin(
  run: (page: Page, under: AppUnderTest) => Promise<void>,
  { script = true, expected = undefined as RegExp | undefined } = {},
): Promise<void> {
  const under = await startApp();
  const browser = await startBrowser();
  try {
    await under.app.parts().access.users.add(
      { email: ADMIN[0], role: "admin", password: ADMIN[1] },
      systemActor("test"),
    );
    const options = { url: under.url, viewport: PHONE, script, expected };
    const { page, faults } = await visitor(browser, options);
    await signIn(page, ...ADMIN);
    await run(page, under);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await under.close();
  }
}

Deno.test({
  name:
    "browser: a backup is asked for, followed, downloaded and deleted; an encrypted one follows",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(async (page, under) => {
      await page.goto("/more");
      await page.getByRole("link", { name: "Backups" }).click();
      await answer(page, /There is no backup yet/);
      await looks(page, "empty");
      await page.getByRole("button", { name: "Back up now" }).click();
      await answer(page, /The last backup was made/);
      await writeBackup(under.dataDir, {
        sequence: 9,
        createdMs: Date.now() - 60_000,
        reason: "before-upgrade",
      });
      await page.reload();
      await looks(page, "list");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: /Download perch-.*-1\.tar\.gz/ }).click(),
      ]);
      const saved = await Deno.readFile(await download.path());
      const [{ file, bytes }] = (await under.app.parts().backup.backups.list()).slice(1);
      assert.deepEqual([download.suggestedFilename(), saved.length], [file, bytes]);
      await page.getByRole("button", { name: /Delete perch-.*-1\.tar\.gz/ }).click();
      await page.getByRole("heading", { name: "One backup" }).waitFor();

      await page.getByRole("button", { name: "Make a key and its recovery sheet" }).click();
      await page.getByRole("heading", { name: "The recovery sheet" }).waitFor();
      await looks(page, "sheet");
      const sheet = await page.locator(".attention pre").innerText();
      const key = sheet.match(/AGE-SECRET-KEY-1\w+/)![0];
      const [saving] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Save the recovery sheet" }).click(),
      ]);
      assert.ok((await Deno.readTextFile(await saving.path())).includes(key));
      await page.getByLabel("Private key").fill(key.slice(0, -2));
      await page.getByRole("button", { name: "Encrypt backups from now on" }).click();
      await page.getByText("give all 74 characters").waitFor();
      assert.equal(await page.getByLabel("Private key").inputValue(), "", "keys do not come back");
      await page.getByLabel("Private key").fill(key);
      await page.getByRole("button", { name: "Encrypt backups from now on" }).click();
      await page.getByText("Backups are encrypted for this public key").waitFor();
      await page.getByRole("button", { name: "Back up now" }).click();
      await answer(page, /The last backup was made/);
      await page.getByRole("heading", { name: "2 backups" }).waitFor();
      await looks(page, "encrypted");
      await page.goto("/");
    }, { expected: /status of 400/ }),
});

Deno.test({
  name: "browser: without script a backup is made too; a running and a failed one are said",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(async (page, under) => {
      await page.goto("/settings/backups");
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByRole("heading", { name: /Copying|Packing|Restoring/ }).waitFor();
      await answer(page, /The last backup was made/);
      const folder = `${under.dataDir}/backups`;
      await Deno.rename(folder, `${folder}-away`);
      await Deno.writeTextFile(folder, "a file in its place");
      await page.getByRole("button", { name: "Back up now" }).click();
      await answer(page, /The last backup failed|failed|There is no backup yet/);
    }, { script: false, expected: /status of/ }),
});
