import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import axe from "axe-core";
import assert from "node:assert/strict";

/** With windows and tabs. */
export const CHROMIUM = "/usr/bin/chromium";
/** The same engine without windows: it draws the same pages for a third of the work. */
const SHELL = "/usr/lib/chromium/chromium-headless-shell";
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Viewport {
  width: number;
  height: number;
}
export const PHONE: Viewport = { width: 390, height: 844 };
export const DESKTOP: Viewport = { width: 1280, height: 800 };

/** Debian's Chromium; tests that need it are skipped where it is missing, unless all are required. */
export function chromiumIsMissing(): boolean {
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") return false;
  if (isThere(CHROMIUM)) return false;
  console.log(`SKIPPED: ${CHROMIUM} is missing (apt-get install chromium chromium-headless-shell)`);
  return true;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: isThere(SHELL) ? SHELL : CHROMIUM, args: FLAGS });
}

/** A visitor: a context of its own, and everything that must not happen on a page. */
export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** Console errors, uncaught exceptions, refusals by the content policy, requests to elsewhere. */
  faults: string[];
  close(): Promise<void>;
}

export interface VisitorOptions {
  url: string;
  viewport?: Viewport;
  colours?: "light" | "dark";
  script?: boolean;
  /** Perch's service worker runs. Default false. */
  serviceWorker?: boolean;
  /** Its certificate is one of a test. Default false. */
  anyCertificate?: boolean;
  /** Console messages that belong to the test, such as those of a server that is away on purpose. */
  expected?: RegExp;
}

export async function visitor(browser: Browser, options: VisitorOptions): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: options.viewport ?? DESKTOP,
    colorScheme: options.colours ?? "light",
    javaScriptEnabled: options.script ?? true,
    baseURL: options.url,
    ignoreHTTPSErrors: options.anyCertificate ?? false,
    // It would answer for pages; the test of the installed Perch is about that.
    serviceWorkers: options.serviceWorker === true ? "allow" : "block",
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" || options.expected?.test(message.text())) return;
    faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:$/.test(protocol) && origin !== options.url) {
      faults.push(`foreign request: ${request.url()}`);
    }
  });
  return { page, context, faults, close: () => context.close() };
}

/** Its event stream begins in a run of Perch before this one: what happened since the drawing is not in it. */
export async function drawAsOfRunBefore(
  page: Page,
  address: string,
  sinceDrawn: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await page.route(address, async (route) => {
    const response = await route.fetch();
    const drawn = await response.text();
    await sinceDrawn();
    const body = drawn.replace(/data-since="[^"]*"/, 'data-since="before-7"');
    await route.fulfill({ response, body });
  });
}

/** Signs in with the form. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** Runs axe over the page as it is; throws with rule and element for each violation. */
export async function assertAccessible(page: Page): Promise<void> {
  await accessible(page, null);
}

/**
 * What every page must be, in each look that people have of it: phone and desktop, light and dark. It fits, and axe
 * finds nothing. The page is loaded once: what changes is how it is shown. Colours alone change what axe says about
 * contrast, so the second colours are judged by those rules.
 */
export async function assertEveryLook(
  page: Page,
  viewports: readonly Viewport[] = [PHONE, DESKTOP],
): Promise<void> {
  for (const viewport of viewports) {
    await page.setViewportSize(viewport);
    for (const [colorScheme, rules] of [["light", null], ["dark", CONTRAST]] as const) {
      await page.emulateMedia({ colorScheme });
      await assertFits(page);
      await accessible(page, rules);
    }
  }
}

/** Rules of axe that look at colours. */
const CONTRAST = ["color-contrast", "link-in-text-block"];

async function accessible(page: Page, rules: readonly string[] | null): Promise<void> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const result = await axe.run(document, {
      resultTypes: ["violations"],
      ...(rules === null ? {} : { runOnly: [...rules] }),
    });
    return result.violations.map((violation) => ({
      rule: `${violation.id} (${violation.impact}): ${violation.help}`,
      elements: violation.nodes.slice(0, 4).map((node) =>
        `${node.html.slice(0, 200)} ${node.failureSummary}`
      ),
    }));
  }, rules);
  assert.deepEqual(violations, [], `${page.url()} has violations`);
}

/** The page does not scroll sideways: at once, or when what draws itself has come to its new width. */
export async function assertFits(page: Page): Promise<void> {
  const widths = () =>
    page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
  let [content, width] = await widths();
  for (let tries = 0; content > width && tries < 20; tries++) {
    await page.waitForTimeout(50);
    [content, width] = await widths();
  }
  assert.ok(content <= width, `${page.url()} is ${content} px wide on a screen of ${width}`);
}
