/**
 * How long a page takes from a key or a click until it is painted again, on a phone four times slower than this host,
 * with 404 sensors.
 */
import type { Page } from "playwright-core";
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";
import { PHONE, signIn, startBrowser, visitor } from "../support/browser.ts";
import { ADMIN, GROWING_PAGES, plantOfManySensors } from "../support/many_sensors.ts";
import type { RunningApp } from "../support/app_client.ts";
import { INTERACTIONS, type Places } from "./interactions/interactions.ts";

/** Beside those that grow with the plant. */
const OTHERS = [
  "/cameras",
  "/dashboards",
  "/docs",
  "/deliveries",
  "/hardware",
  "/host",
  "/import",
  "/maintenance",
  "/backups",
  "/search?q=press",
  "/settings/channels",
  "/settings/rules",
];
const SLOWER = 4;
const ROUNDS = 3;
/** What paints late is reported later. */
const REPORTED_MS = 400;

/**
 * Figures: of each interaction the milliseconds until the next paint as the browser tells them (Event Timing, in steps
 * of 8; 0: less than 16), the slowest key of a word, median of 3 rounds; the slowest of all pages while they open; and
 * the worst of them all.
 */
export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  const notes: string[] = [];
  let failed = 0;
  doing("a plant of 404 sensors");
  const app = await plantOfManySensors();
  const browser = await startBrowser();
  try {
    const places = await manyAlarms(app);
    const { page, context } = await visitor(browser, { url: app.url, viewport: PHONE });
    await page.addInitScript(listen);
    await signIn(page, ...ADMIN);
    const session = await context.newCDPSession(page);
    const atFull = await page.evaluate(work);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    figures.times_slower = await page.evaluate(work) / atFull;
    for (const { name, path, act } of INTERACTIONS) {
      doing(name);
      const rounds: number[] = [];
      for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
        try {
          await page.goto(typeof path === "string" ? path : path(places));
          await page.evaluate(() => globalThis.sessionStorage.removeItem("slowest"));
          await act(page, places);
          await page.waitForTimeout(REPORTED_MS);
          rounds.push(await slowest(page));
        } catch (error) {
          failed++;
          notes.push(`${name} failed: ${String(error).split("\n")[0]}`);
          break;
        }
      }
      if (rounds.length > 0) figures[`${name}_ms`] = median(rounds);
    }
    doing("keys while pages open");
    const opening = await whileTheyOpen(page, [
      ...GROWING_PAGES,
      ...OTHERS,
      `/sensors/${places.sensor}`,
      `/compare?sensors=${places.several}`,
      `/backtest?sensor=${places.sensor}`,
    ]);
    figures.press_while_any_page_opens_ms = Math.max(...opening.values());
    for (const [path, ms] of opening) if (ms > 100) notes.push(`${path} opens: ${ms} ms`);
    const each = Object.entries(figures).filter(([key]) => key.endsWith("_ms"));
    figures.worst_ms = Math.max(...each.map(([, ms]) => ms));
    figures.failed = failed;
    return { name: "interactions", figures, notes };
  } finally {
    await browser.close();
    await app.stop();
  }
}

/** In the page: what a fixed piece of work takes. */
function work(): number {
  const startMs = performance.now();
  let sum = 0;
  for (let i = 0; i < 3e7; i++) sum = (sum + i * i) % 1_000_003;
  return sum < 0 ? 0 : performance.now() - startMs;
}

/** Keys come while the islands of a page begin to live; of each page the slowest. */
async function whileTheyOpen(page: Page, paths: readonly string[]): Promise<Map<string, number>> {
  const slow = new Map<string, number>();
  for (const path of paths) {
    await page.evaluate(() => globalThis.sessionStorage.removeItem("slowest"));
    await page.goto(path, { waitUntil: "commit" });
    for (let i = 0; i < 10; i++) await page.keyboard.press("Tab", { delay: 30 });
    await page.waitForLoadState();
    await page.waitForTimeout(REPORTED_MS);
    slow.set(path, await slowest(page));
  }
  return slow;
}

/** In the page: keeps the longest, over a navigation too. */
function listen(): void {
  const { sessionStorage } = globalThis;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[]) {
      if (entry.interactionId === 0) continue;
      const before = Number(sessionStorage.getItem("slowest") ?? 0);
      sessionStorage.setItem("slowest", String(Math.max(before, entry.duration)));
    }
    // Faster than 16 ms is not reported.
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
}

async function slowest(page: Page): Promise<number> {
  return await page.evaluate(() => Number(globalThis.sessionStorage.getItem("slowest") ?? 0));
}

/** Forty machines are too hot; what each interaction is tried with. */
async function manyAlarms(app: RunningApp): Promise<Places> {
  const hot = app.parts.registry.all().filter(({ sensor }) => sensor === "pressure");
  for (const { id } of hot) {
    await app.ask(`/api/sensors/${id}`, {
      role: "engineer",
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ warning_high: 40 }),
    });
  }
  await app.ingest(hot.map(({ machine, sensor }) => ({ machine, sensor, value: 50 })));
  const nowMs = Date.now();
  const drawn = app.parts.registry.all().filter(({ machine }) => machine === "hall-3/press-3");
  for (const { machine, sensor } of drawn) {
    await app.ingest(Array.from({ length: 1_200 }, (_, i) => ({
      ...{ machine, sensor, ts: nowMs - 3_600_000 + i * 3_000 },
      value: 20 + 4 * Math.sin(i / 30) + Math.random(),
    })));
  }
  const ids = drawn.map(({ id }) => id);
  return { sensor: ids[0], several: ids.slice(0, 8).join(",") };
}
