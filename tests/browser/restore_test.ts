/** The page of restores in Chromium: an archive is uploaded, with and without script, checked and meant. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Page } from "playwright-core";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { HandedOver } from "../../lib/backup/restores.ts";
import { type AppUnderTest, startApp } from "../support/app.ts";
import { backUp, makePlant, randomBytes, requestFor } from "../support/backup.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  PHONE,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { takePictures } from "../support/looks.ts";
import { until } from "../support/until.ts";

const ADMIN = ["admin@example.org", "long enough"] as const;
const PAGE = "/settings/backups/restore";
const REFUSED = /status of (400|403|503)|ERR_(FAILED|CONNECTION|INTERNET)/;

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `restore-${name}`);
}

interface Visit {
  page: Page;
  under: AppUnderTest;
  handed: HandedOver[];
  /** Archives of another plant. */
  plain: string;
  sealed: string;
  identity: string;
}

async function withAdmin(script: boolean, run: (visit: Visit) => Promise<void>): Promise<void> {
  const handed: HandedOver[] = [];
  const handOver = (one: HandedOver) => void handed.push(one);
  const under = await startApp({}, { restarting: { handOver, failure: null } });
  const other = await Deno.makeTempDir({ prefix: "perch-other-" });
  const browser = await startBrowser();
  try {
    await makePlant(other);
    const identity = await generateX25519Identity();
    const plain = requestFor(other, 1);
    const sealed = requestFor(other, 2, await identityToRecipient(identity));
    await backUp(plain);
    await backUp(sealed);
    await under.app.parts().access.users.add(
      { email: ADMIN[0], role: "admin", password: ADMIN[1] },
      systemActor("test"),
    );
    const options = { url: under.url, viewport: PHONE, script, expected: REFUSED };
    const { page, faults } = await visitor(browser, options);
    await signIn(page, ...ADMIN);
    await run({ page, under, handed, plain: plain.target, sealed: sealed.target, identity });
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await under.close();
    await Deno.remove(other, { recursive: true });
  }
}

Deno.test({
  name:
    "browser: an archive is uploaded in parts over a broken connection, checked, and restored once it is meant",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(true, async ({ page, under, handed, plain, sealed, identity }) => {
      await page.goto("/settings/backups");
      await page.getByRole("link", { name: "Restore a backup" }).click();
      await page.getByText("There is no backup here that could be restored").waitFor();

      await page.context().setOffline(true);
      await page.getByLabel("Archive", { exact: true }).setInputFiles(plain);
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("The connection is broken").waitFor();
      await looks(page, "broken");
      await page.getByRole("button", { name: "Stop" }).click();
      await page.context().setOffline(false);

      // So far it came the day before.
      const { uploads } = under.app.parts();
      const bytes = await Deno.readFile(plain);
      const declared = { name: plain.split("/").at(-1)!, bytes: bytes.length, sha256: null };
      const begun = await uploads.begin(declared, "test");
      const receiving = await uploads.receive(begun.id, 0);
      await receiving.write(bytes.subarray(0, bytes.length / 2));
      await receiving.end();
      await page.reload();
      await page.getByText(/\d % there: choose the same file to go on/).waitFor();
      await page.getByLabel("Archive", { exact: true }).setInputFiles(plain);
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText(/whole: Hall, made/).waitFor();
      assert.deepEqual((await uploads.list()).map(({ id }) => id), [begun.id]);
      await page.getByLabel("Archive", { exact: true }).setInputFiles({
        name: "holiday.tar.gz",
        mimeType: "application/gzip",
        buffer: Buffer.from(randomBytes(5_000)),
      });
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("holiday.tar.gz is no backup of Perch").waitFor();
      await looks(page, "refused");
      await page.getByLabel("Archive", { exact: true }).setInputFiles(sealed);
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("whole, encrypted").waitFor();

      const check = page.locator(`form[action="${PAGE}/check"]`);
      await check.getByLabel("Backup", { exact: true }).selectOption({ index: 0 });
      await check.getByRole("button").click();
      await check.getByText("This backup is encrypted: type its private key.").waitFor();
      await check.getByLabel("Private key").fill(identity);
      await check.getByRole("button").click();
      await page.getByText("The backup is of another plant").waitFor();
      await looks(page, "checked");

      const begin = page.locator(`form[action="${PAGE}/begin"]`);
      await check.getByLabel("Backup", { exact: true }).selectOption({ index: 1 });
      await check.getByRole("button").click();
      await page.getByText("Backup 1 of Hall").waitFor();
      const chosen = await begin.getByLabel("Backup", { exact: true }).inputValue();
      assert.equal(chosen, begun.id, "what was checked is what is restored");
      const mean = async (site: string, password: string) => {
        await begin.getByLabel("Backup", { exact: true }).selectOption({ index: 1 });
        await begin.getByLabel("Name of the plant").fill(site);
        await begin.getByLabel("Your password").fill(password);
        await begin.getByRole("button").click();
      };
      await mean("Hall", "another one");
      await begin.getByText("is wrong").waitFor();
      assert.equal(await begin.getByLabel("Your password").inputValue(), "");
      await mean("Perch", ADMIN[1]);
      await begin.getByText("Type the name of the plant in this backup: Hall").waitFor();
      await looks(page, "not-meant");
      await page.getByRole("button", { name: `Remove ${sealed.split("/").at(-1)}` }).click();
      await page.getByText("whole, encrypted").waitFor({ state: "detached" });
      assert.equal(handed.length, 0);
      await begin.getByLabel("Name of the plant").fill("Hall");
      await begin.getByLabel("Your password").fill(ADMIN[1]);
      await begin.getByRole("button").click();
      await page.getByRole("heading", { level: 1, name: /is being checked|Perch ends now/ })
        .waitFor();
      await until("the handing over", () => Promise.resolve(handed.length === 1 ? true : null));
      await page.reload();
      await page.getByRole("heading", { level: 1, name: /Perch ends now/ }).waitFor();
    }),
});

Deno.test({
  name: "browser: without script an archive comes in one piece, and a bad one is named",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(false, async ({ page, under, plain }) => {
      await page.goto(PAGE);
      const file = page.getByLabel("Archive", { exact: true });
      await file.setInputFiles({
        name: "holiday.tar.gz",
        mimeType: "application/gzip",
        buffer: Buffer.from(randomBytes(5_000)),
      });
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText("holiday.tar.gz is no backup of Perch").waitFor();
      assert.deepEqual(await under.app.parts().uploads.list(), []);
      await file.setInputFiles(plain);
      await page.getByRole("button", { name: "Upload it" }).click();
      await page.getByText(/whole: Hall, made/).waitFor();
      await page.getByRole("button", { name: "Check it" }).click();
      await page.getByText("The backup is of another plant").waitFor();
    }),
});
