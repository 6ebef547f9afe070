/** In Chromium: a codec is written, tried while it is typed, broken, brought back, approved and deleted with undo. */
import assert from "node:assert/strict";
import { join } from "node:path";
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

async function looks(page: Page, name: string): Promise<void> {
  await assertEveryLook(page);
  await takePictures(page, `scripts-${name}`);
}

async function withAdmin(
  run: (page: Page, under: AppUnderTest) => Promise<void>,
  { script = true, expected = undefined as RegExp | undefined, env = {} } = {},
): Promise<void> {
  const under = await startApp(env);
  const browser = await startBrowser();
  try {
    await under.app.parts().access.users.add(
      { email: ADMIN[0], role: "admin", password: ADMIN[1] },
      systemActor("test"),
    );
    const { page, faults } = await visitor(browser, {
      url: under.url,
      viewport: PHONE,
      script,
      expected,
    });
    page.setDefaultTimeout(8_000);
    await signIn(page, ...ADMIN);
    await run(page, under);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await under.close();
  }
}

const heading = (page: Page, name: RegExp) =>
  page.getByRole("heading", { level: 1, name }).waitFor();

Deno.test({
  name:
    "browser: a codec is written from the template, follows what is typed, and comes back after it was deleted",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(async (page, under) => {
      await page.goto("/more");
      await page.getByRole("link", { name: "Codecs and detectors" }).click();
      await heading(page, /No script is in use/);
      await looks(page, "empty");
      await page.getByRole("link", { name: "New codec" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill("pump");
      await page.getByRole("button", { name: "Try" }).click();
      await page.getByRole("cell", { name: "21.5" }).waitFor();
      await looks(page, "new");
      await page.getByRole("button", { name: "Create the codec" }).click();
      await heading(page, /Codec pump is in use/);
      const source = page.getByLabel("Text", { exact: true });
      const text = await source.inputValue();
      await source.fill(text.replace("message.t / 10", "message.t / ;"));
      await page.getByText("Line 8, column").waitFor();
      await looks(page, "broken");
      await page.getByRole("button", { name: "Go there" }).click();
      await source.fill(text.replace("/ 10", "/ 100"));
      await page.getByRole("cell", { name: "2.15" }).waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await heading(page, /Codec pump is in use/);
      await looks(page, "editor");
      const [, first] = await page.locator("#versions ~ ul a").all();
      await first.click();
      await heading(page, /Version 1/);
      await looks(page, "version");
      await page.getByRole("button", { name: "Restore this version" }).click();
      await heading(page, /Codec pump is in use/);
      assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), text);
      await page.getByRole("button", { name: "Delete it" }).click();
      await page.getByText("Codec pump was deleted.").waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await heading(page, /Codec pump is in use/);
      assert.equal(await Deno.readTextFile(join(under.dataDir, "codecs/pump.js")), text);
    }),
});

Deno.test({
  name:
    "browser: without script a codec is tried and saved; one that changed meanwhile is not overwritten",
  ignore: chromiumIsMissing(),
  fn: () =>
    withAdmin(async (page, under) => {
      await page.goto("/settings/scripts/new?kind=detector");
      await page.getByRole("textbox", { name: "Name" }).fill("high");
      await page.getByRole("button", { name: "Try" }).click();
      await page.getByRole("cell", { name: "Above 80 three times in a row" }).waitFor();
      await page.getByRole("button", { name: "Create the detector" }).click();
      await heading(page, /Detector high is in use/);
      const path = join(under.dataDir, "detectors/high.js");
      await Deno.writeTextFile(path, "// by hand\n" + await Deno.readTextFile(path));
      const source = page.getByLabel("Text", { exact: true });
      await source.fill("// mine\n" + await source.inputValue());
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("was changed meanwhile").waitFor();
      assert.match(await source.inputValue(), /^\/\/ mine/);
      assert.match(await Deno.readTextFile(path), /^\/\/ by hand/);
    }, { script: false, expected: /409/ }),
});

Deno.test({
  name: "browser: a restored codec waits, is read and approved; what cannot be used says why",
  ignore: chromiumIsMissing(),
  async fn() {
    const PERCH_DATA = await Deno.makeTempDir({ prefix: "perch-scripts-" });
    await Deno.mkdir(join(PERCH_DATA, "codecs"));
    await Deno.writeTextFile(
      join(PERCH_DATA, "codecs/pump.js"),
      "export const topics = ['pumps/#'];\nexport const decode = () => [];\n",
    );
    await Deno.writeTextFile(join(PERCH_DATA, "codecs/large.js"), "/".repeat(1_000_000));
    // What cannot be read may say that everything was restored.
    await Deno.writeTextFile(join(PERCH_DATA, "restored.json"), "{}");
    await withAdmin(async (page, under) => {
      await page.goto("/settings/scripts");
      await heading(page, /One script waits for approval/);
      await page.getByText("it is larger than 256 kB").waitFor();
      await looks(page, "list");
      await page.getByRole("button", { name: "Delete codecs/large.js" }).click();
      await page.getByText("it is larger than 256 kB").waitFor({ state: "detached" });
      await page.getByRole("link", { name: "pump", exact: true }).click();
      await heading(page, /Codec pump waits for approval/);
      await looks(page, "awaiting");
      assert.deepEqual(under.app.parts().scripts.runnable("codec"), []);
      await page.getByRole("button", { name: "Approve this text" }).click();
      await heading(page, /Codec pump is in use/);
      await page.getByRole("button", { name: "Switch it off" }).click();
      await heading(page, /Codec pump is switched off/);
    }, { env: { PERCH_DATA } });
    await Deno.remove(PERCH_DATA, { recursive: true });
  },
});
