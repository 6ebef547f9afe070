/** What a person does for each of the tasks that people come for: clicks, fields and seconds, in Chromium at a desk. */
import { join } from "node:path";
import { runApp } from "../support/app_client.ts";
import { type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import {
  DESKTOP,
  PHONE,
  signIn,
  startBrowser,
  type Viewport,
  visitor,
} from "../support/browser.ts";
import { ADMIN, plantOfTasks } from "./tasks/plant.ts";
import { TASKS } from "./tasks/tasks.ts";
import { walkOn } from "./tasks/walk.ts";

/**
 * Figures: of each task the clicks (also what is chosen or pressed), the fields typed into, and the seconds that pages
 * and clicks took without a person's thinking. A task that fails is named in a note, and has no figures.
 */
export async function run({ out }: BenchOptions): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  const notes: string[] = [];
  const plant = await plantOfTasks();
  const browser = await startBrowser();
  const only = Deno.env.get("TASKS");
  const viewport = Deno.env.get("TASKS_ON") === "phone" ? PHONE : DESKTOP;
  try {
    for (const task of TASKS) {
      if (only !== undefined && !only.split(",").includes(task.name)) continue;
      doing(task.name);
      const { page, close } = await visitor(browser, { url: plant.app.url, viewport });
      try {
        await signIn(page, ...ADMIN);
        const walk = walkOn(page);
        const startMs = performance.now();
        await task.run(walk, plant);
        const { clicks, fields } = walk.counted();
        figures[`${task.name}_clicks`] = clicks;
        figures[`${task.name}_fields`] = fields;
        figures[`${task.name}_s`] = (performance.now() - startMs) / 1000;
      } catch (error) {
        const [first] = String(error).split("\n");
        notes.push(`${task.name} failed at ${new URL(page.url()).pathname}: ${first}`);
        if (out) {
          const seen = await page.locator("body").ariaSnapshot();
          await Deno.writeTextFile(`${out}/${task.name}.txt`, `${error}\n${seen}`);
        }
      } finally {
        await close();
      }
    }
    doing("first_data");
    await firstData(browser, viewport, figures).catch((error) =>
      notes.push(`first_data: ${error}`)
    );
    figures.failed = notes.length;
    return { name: "tasks", figures, notes };
  } finally {
    await browser.close();
    await plant.stop();
  }
}

/** From the address of an empty Perch to the first value on the overview. */
async function firstData(
  browser: Awaited<ReturnType<typeof startBrowser>>,
  viewport: Viewport,
  figures: Record<string, number>,
): Promise<void> {
  const app = await runApp();
  try {
    const token = (await Deno.readTextFile(join(app.dataDir, "setup-token"))).trim();
    const { page, close } = await visitor(browser, { url: app.url, viewport });
    const walk = walkOn(page);
    const startMs = performance.now();
    await page.goto("/");
    await walk.type("Setup token", token);
    await walk.type("Email", ADMIN[0]);
    await walk.type("Password", ADMIN[1]);
    await walk.click(page.getByRole("button").first());
    await page.locator("main").getByText(/first reading|nothing yet|no readings/i).first()
      .waitFor();
    await app.ingest([{ machine: "hall-1/press-3", sensor: "temperature", value: 21.5 }]);
    await walk.click(/^Show/);
    await page.locator("main").getByText(/21\.5/).first().waitFor();
    const { clicks, fields } = walk.counted();
    figures.first_data_clicks = clicks;
    figures.first_data_fields = fields;
    figures.first_data_s = (performance.now() - startMs) / 1000;
    await close();
  } finally {
    await app.stop();
  }
}
