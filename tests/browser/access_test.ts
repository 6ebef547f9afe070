/**
 * In Chromium, without scripts as well: setup from the token, invitation, each role's pages, second factor,
 * an expired session, signing out everywhere; no console error and no request elsewhere.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { TOTP } from "otpauth";
import type { Locator } from "playwright-core";
import decodeQr from "qr/decode.js";
import { startApp } from "../support/app.ts";
import type { AppUnderTest } from "../support/app.ts";
import {
  assertAccessible,
  assertFits,
  chromiumIsMissing,
  PHONE,
  startBrowser,
  type Visitor,
  visitor,
} from "../support/browser.ts";

const ADMIN = { email: "ada@example.org", password: "my own words" };
const ENGINEER = { email: "eve@example.org", password: "other words" };

type Visit = (viewport?: { width: number; height: number }) => Promise<Visitor>;
type Page = Visitor["page"];

// What Chromium says of answers that are meant to be refusals.
const REFUSED = /status of (400|401|403)/;

function test(name: string, run: (visit: Visit, under: AppUnderTest) => Promise<void>): void {
  Deno.test({
    name,
    ignore: chromiumIsMissing(),
    fn: async () => {
      const under = await startApp();
      const browser = await startBrowser();
      try {
        const visit: Visit = (viewport) =>
          visitor(browser, { url: under.url, viewport, expected: REFUSED });
        await run(visit, under);
      } finally {
        await browser.close();
        await under.close();
      }
    },
  });
}

async function setup({ page }: Pick<Visitor, "page">, under: AppUnderTest): Promise<void> {
  const token = (await Deno.readTextFile(join(under.dataDir, "setup-token"))).trim();
  await page.goto("/");
  await page.waitForURL("**/setup");
  await page.getByLabel("Setup token").fill("wrong");
  await page.getByLabel("Email").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button").click();
  await page.getByText("is not valid").waitFor();
  assert.equal(await page.getByLabel("Email").inputValue(), ADMIN.email);
  await page.getByLabel("Setup token").fill(token);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button").click();
  await page.waitForURL(under.url + "/");
}

async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel("Email").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test(
  "browser: setup, invitation, what each role is shown and what is refused when forged",
  async (visit, under) => {
    const admin = await visit();
    await setup(admin, under);
    await admin.page.goto("/people");
    await admin.page.getByLabel("Email").fill(ENGINEER.email);
    await admin.page.getByLabel("Role").first().selectOption("engineer");
    await admin.page.getByRole("button", { name: "Make the invitation" }).click();
    const link = await admin.page.locator("pre code").innerText();

    const engineer = await visit(PHONE);
    await engineer.page.goto(new URL(link).pathname);
    await engineer.page.getByLabel("Password").fill(ENGINEER.password);
    await engineer.page.getByRole("button").click();
    await signIn(engineer.page, ENGINEER);
    await engineer.page.waitForURL(under.url + "/");
    await engineer.page.goto("/more");
    assert.equal(await engineer.page.getByRole("link", { name: "People" }).count(), 0);
    assert.equal((await engineer.page.goto("/people"))?.status(), 403);
    await engineer.page.goto("/settings?section=keeping-readings");
    assert.equal(await engineer.page.locator("main input:not([type=hidden])").count(), 0);
    const forged = await engineer.page.evaluate(async () => {
      const body = new URLSearchParams({ section: "keeping-readings", "retention.days": "1" });
      return (await fetch("/settings/save", { method: "POST", body })).status;
    });
    assert.equal(forged, 403);

    await admin.page.goto("/settings?q=readings+themselves");
    await admin.page.getByRole("link", { name: "Keep the readings themselves" }).click();
    await admin.page.getByLabel("Keep the readings themselves for").fill("x");
    await admin.page.getByLabel("Keep minutes for").fill("500");
    await admin.page.getByRole("button", { name: "Save" }).click();
    await admin.page.getByText("give a whole number from 0 to 36500").waitFor();
    assert.equal(await admin.page.getByLabel("Keep minutes for").inputValue(), "500");
    await admin.page.getByLabel("Keep the readings themselves for").fill("400");
    await admin.page.getByRole("button", { name: "Save" }).click();
    await admin.page.getByText("Saved: 2 settings were changed").waitFor();
    await admin.page.getByText("the default is 0 days").waitFor();
    await admin.page.getByLabel("Back to the default: Keep minutes for").check();
    await admin.page.getByRole("button", { name: "Save" }).click();
    await admin.page.getByText("Saved: 1 setting was changed").waitFor();
    await admin.page.goto("/audit?search=setting");
    await admin.page.getByText("0 → 400", { exact: true }).waitFor();
    await admin.page.goto("/audit");
    await admin.page.getByText("More filters").click();
    await admin.page.getByLabel("What").fill("sign_in");
    await admin.page.getByLabel("Before").fill("2099-01-01T00:00");
    await admin.page.getByRole("button", { name: "Search" }).click();
    await admin.page.getByText("What these filters leave").waitFor();
    const actions = await admin.page.locator(".audit > li").allInnerTexts();
    assert.ok(
      actions.length > 1 && actions.every((text) => /signed in|failed to sign in/.test(text)),
    );
    const found = await admin.page.getByText("Download what was found").getAttribute("href");
    const lines = (await (await admin.page.request.get(found!)).text()).trim().split("\n");
    assert.equal(lines.length, actions.length);

    // Disabled while a page is open: the next step leads to the sign-in page.
    const user = under.app.parts().access.users.byEmail(ENGINEER.email)!;
    await admin.page.goto("/people");
    await admin.page.locator(`section[aria-labelledby="person-${user.id}"]`)
      .getByRole("button", { name: "Disable" }).click();
    await admin.page.getByRole("button", { name: "Enable" }).waitFor();
    await engineer.page.goto("/sensors");
    await engineer.page.waitForURL("**/sign-in?next=%2Fsensors");
    assert.deepEqual([...admin.faults, ...engineer.faults], []);
  },
);

test(
  "browser: second factor from enrolment to sign-in; sign out everywhere",
  async (visit, under) => {
    const { page, faults } = await visit();
    await setup({ page }, under);
    await page.goto("/profile");
    await page.getByRole("button", { name: "Turn it on" }).click();
    const secret = (await page.locator("main code").first().innerText()).replaceAll(" ", "");
    const scanned = new URL(await scan(page, page.getByRole("img", { name: "QR code" })));
    assert.equal(scanned.protocol, "otpauth:");
    assert.equal(scanned.searchParams.get("secret"), secret);
    await page.getByLabel("Code that the app shows").fill("000000");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("not right").waitFor();
    await page.getByLabel("Code that the app shows").fill(new TOTP({ secret }).generate());
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("The second factor is on").waitFor();
    const recovery = await page.locator("main li code").first().innerText();

    const other = await visit(PHONE);
    await other.page.goto("/sign-in?next=%2Fsources");
    await signIn(other.page, ADMIN);
    await other.page.getByLabel("Code from your authenticator app").fill(recovery);
    await other.page.getByRole("button").click();
    await other.page.waitForURL("**/sources");
    const third = await visit();
    await third.page.goto("/sign-in");
    await signIn(third.page, ADMIN);
    // The code of this half minute was used at the enrolment: the next one counts already.
    const next = new TOTP({ secret }).generate({ timestamp: Date.now() + 30_000 });
    await third.page.getByLabel("Code from your authenticator app").fill(next);
    await third.page.getByRole("button").click();
    await third.page.waitForURL(under.url + "/");

    await page.goto("/profile");
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.waitForURL("**/sign-in**");
    await other.page.goto("/sources");
    await other.page.waitForURL("**/sign-in?next=%2Fsources");
    assert.deepEqual([...faults, ...other.faults], []);
  },
);

test(
  "browser: the pages of this room at both widths, without axe violations",
  async (visit, under) => {
    const desktop = await visit();
    await desktop.page.goto("/setup");
    await assertAccessible(desktop.page);
    await setup(desktop, under);
    const { access } = under.app.parts();
    const tester = { kind: "system", id: null, name: "test", address: null, agent: null } as const;
    await access.keys.add({ name: "press", machine: "hall-1/press-3" }, tester);
    await access.users.add({ email: "new@example.org", role: "viewer" }, tester);
    const phone = await visit(PHONE);
    await phone.page.goto("/sign-in");
    await assertAccessible(phone.page);
    await signIn(phone.page, ADMIN);
    await phone.page.waitForURL(under.url + "/");
    const own = ["/more", "/profile", "/people", "/keys", "/audit", "/docs"];
    for (const path of [...own, "/settings", "/settings?section=alarms"]) {
      for (const { page } of [desktop, phone]) {
        await page.goto(path);
        await assertAccessible(page);
        await assertFits(page);
      }
    }
    assert.deepEqual([...desktop.faults, ...phone.faults], []);
  },
);

test(
  "browser: the API page calls an operation with this browser's session",
  async (visit, under) => {
    const { page, faults } = await visit();
    await setup({ page }, under);
    // From the search to an operation: its group is unfolded, and so is it.
    await page.goto("/docs#get_users_me");
    const operation = page.locator("#get_users_me");
    await operation.getByRole("button", { name: "Send GET" }).click();
    await operation.getByText(ADMIN.email).waitFor();
    await page.getByRole("searchbox").pressSequentially("ingest");
    await page.getByText(/^\d of \d+$/).waitFor();
    const ingest = page.locator("#post_ingest");
    await ingest.locator("summary").click();
    await ingest.getByRole("button", { name: "Send POST" }).click();
    await ingest.getByText('"accepted": 1').waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByRole("link", { name: "Live", exact: true }).click();
    const stream = page.locator("#get_stream");
    await stream.locator("summary").click();
    await stream.getByRole("button", { name: "Send GET" }).click();
    await stream.getByText("event: hello").waitFor();
    assert.deepEqual(faults, []);
  },
);

test("browser: a form sent after the sign-in ended loses nothing", async (visit, under) => {
  const { page, context, faults } = await visit();
  await setup({ page }, under);
  await page.goto("/profile");
  await page.getByLabel("Shown name").fill("Ada of the <long> name");
  const { users, sessions } = under.app.parts().access;
  const ada = users.byEmail(ADMIN.email)!;
  await sessions.endUser(ada.id);
  await page.getByRole("button", { name: "Save the name" }).click();
  await page.getByText("Your sign-in has ended").waitFor();
  await assertAccessible(page);
  const [other] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Sign in in another tab" }).click(),
  ]);
  await signIn(other, ADMIN);
  await other.waitForURL(under.url + "/");
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("You are Ada of the <long> name").waitFor();
  assert.equal(users.find(ada.id)?.name, "Ada of the <long> name");
  assert.deepEqual(faults, []);
});

/** What a QR code on the page says, read from a picture of it. */
async function scan(page: Page, code: Locator): Promise<string> {
  const picture = (await code.screenshot()).toString("base64");
  const blank = await page.context().newPage();
  const { data, width, height } = await blank.evaluate(async (png) => {
    const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height).getContext("2d")!;
    canvas.drawImage(bitmap, 0, 0);
    return { width, height, data: [...canvas.getImageData(0, 0, width, height).data] };
  }, picture);
  await blank.close();
  return decodeQr({ width, height, data: Uint8Array.from(data) });
}
