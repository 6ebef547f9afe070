/** Analyses and questions in a browser: made, read, asked, with and without script and model. */
import assert from "node:assert/strict";
import { systemActor } from "../../lib/access/audit_row.ts";
import {
  assertEveryLook,
  chromiumIsMissing,
  signIn,
  startBrowser,
  visitor,
} from "../support/browser.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { startGemini } from "../support/fake_gemini.ts";
import { takePictures } from "../support/looks.ts";

const PASSWORD = "long enough";
const admin = "admin@example.org";

/** A press that is too hot and vibrates, and a mixer that is well. */
async function plant(app: RunningApp): Promise<void> {
  await app.parts.access.users.add(
    { email: admin, role: "admin", password: PASSWORD },
    systemActor("test"),
  );
  const readings = (bearing: number, vibration: number) => [
    { machine: "hall-1/press-3", sensor: "bearing_temperature", value: bearing, unit: "°C" },
    { machine: "hall-1/press-3", sensor: "vibration", value: vibration, unit: "mm/s" },
    { machine: "hall-1/mixer-2", sensor: "temperature", value: 41.2, unit: "°C" },
  ];
  await app.ingest(readings(65, 2));
  for (const [sensor, limit] of [["bearing_temperature", 80], ["vibration", 7]] as const) {
    const { id } = app.parts.registry.find(`hall-1/press-3/${sensor}`)!;
    const changed = await app.ask(`/api/sensors/${id}`, {
      method: "PATCH",
      role: "admin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ critical_high: limit }),
    });
    assert.equal(changed.status, 200, await changed.text());
  }
  await app.ingest(readings(83.4, 9.1));
  app.parts.statuses.tick();
}

Deno.test({
  name: "browser: an analysis by rules and one by a model; questions with and without script",
  ignore: chromiumIsMissing(),
  async fn() {
    const fake = startGemini();
    fake.answer = MODEL_ANSWER;
    const app = await runApp({ GEMINI_API_KEY: "a-key", GEMINI_BASE_URL: fake.url });
    const bare = await runApp();
    const browser = await startBrowser();
    try {
      await plant(app);
      await plant(bare);
      const still = await visitor(browser, { url: bare.url, script: false });
      await signIn(still.page, admin, PASSWORD);
      await still.page.goto("/analyses");
      await still.page.waitForSelector("text=GEMINI_API_KEY");
      await still.page.fill("[name=message]", "What is wrong?");
      await still.page.click("button:has-text('Ask')");
      await still.page.waitForSelector("text=Heat and vibration rise together");
      assert.match(still.page.url(), /\/analyses#chat$/);
      await still.page.click("button:has-text('Switch monitoring on')");
      await still.page.waitForSelector("button:has-text('Switch monitoring off')");
      await still.page.click("button:has-text('Analyse now')");
      await still.page.waitForURL(/\/analyses\/\d+$/);
      await still.page.waitForSelector("text=Nothing left Perch for it");
      await still.close();

      const { page, faults } = await visitor(browser, { url: app.url });
      await signIn(page, admin, PASSWORD);
      await page.goto("/analyses");
      await assertEveryLook(page);
      await takePictures(page, "analyses-empty");
      await page.click("button:has-text('Analyse now')");
      await page.waitForURL(/\/analyses\/\d+$/);
      await page.click("summary:has-text('What was sent')");
      await assertEveryLook(page);
      await takePictures(page, "analysis");
      await page.goto("/analyses");
      await assertEveryLook(page);
      await takePictures(page, "analyses");
      fake.mood = "broken";
      await page.goto("/events");
      await page.fill("[name=message]", "What is the latest value of press 3 bearing temperature?");
      await page.click(".chat button");
      await page.waitForSelector(".chat-answer");
      await page.click(".chat-numbers summary");
      assert.match(await page.innerText(".chat-numbers li"), /Bearing temperature 83\.4 °C/);
      await assertEveryLook(page);
      await takePictures(page, "events-chat");
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
      await app.stop();
      await bare.stop();
      await fake.close();
    }
  },
});

const MODEL_ANSWER = {
  overall: "Critical",
  summary: "Press 3 runs hot and vibrates; everything else is as usual.",
  issues: [{
    title: "Press 3: bearing hot and vibrating",
    severity: "critical",
    machine: "Press 3",
    evidence: "The bearing is at 83.4 °C with a limit of 80 °C, and it vibrates with 9.1 mm/s.",
    cause: "A worn or dry bearing: heat and vibration rise together.",
    recommendation: "Stop the press at the next break and check lubrication.",
  }],
  recommendations: ["Have a spare bearing ready."],
  insights: [{ text: "The bearing will probably fail within days.", machine: "Press 3" }],
};
