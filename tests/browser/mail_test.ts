/** How mails look: on a phone and a desktop, light and dark, and with texts that want to be more than text. */
import assert from "node:assert/strict";
import type { Analysis } from "../../lib/ai/analysis.ts";
import { reportOf } from "../../lib/ai/report.ts";
import { mailText } from "../../lib/notify/channels/mail_text.ts";
import type { Message } from "../../lib/notify/message.ts";
import { digestOf, messageOf, type MessageOptions } from "../../lib/notify/message_of.ts";
import { assertEveryLook, chromiumIsMissing, startBrowser, visitor } from "../support/browser.ts";
import { alarmEvent } from "../support/events.ts";
import { takePictures } from "../support/looks.ts";
import { HOSTILE_TEXTS } from "../support/hostile_text.ts";

const ignore = chromiumIsMissing();
const OPTIONS: MessageOptions = { zone: "UTC", publicUrl: "https://perch.example.com" };
const firing = messageOf(alarmEvent(), OPTIONS);
const WIDTHS = [{ width: 360, height: 800 }, { width: 1200, height: 800 }];
const LONG = "a-name-without-any-break/".repeat(12);

const MAILS: Record<string, { message: Message; header: string }> = {
  critical: { message: firing, header: "rgb(198, 40, 40)" },
  warning: {
    message: messageOf(alarmEvent({ severity: "warning", text: LONG }), OPTIONS),
    header: "rgb(154, 103, 0)",
  },
  resolved: {
    message: messageOf(alarmEvent({ type: "alarm.resolved" }), OPTIONS),
    header: "rgb(26, 127, 55)",
  },
  info: {
    message: messageOf(alarmEvent({ type: "ticket.created", severity: "info" }), OPTIONS),
    header: "rgb(11, 98, 196)",
  },
  report: {
    message: reportMail([
      "Press 3: bearing hot and vibrating",
      "The bearing is at 83.4 °C (usually 61 to 72 °C), above the critical limit of 80 °C.",
      "Heat and vibration rise together: a worn or dry bearing.",
      "Check lubrication and alignment, and plan the bearing's exchange.",
    ]),
    header: "rgb(198, 40, 40)",
  },
  digest: {
    message: digestOf("d", Array(40).fill(firing), { ...OPTIONS, left: 3, tMs: 0 }),
    header: "rgb(198, 40, 40)",
  },
};
const HOSTILE = "hostile";

/** The report of an analysis that a model wrote. */
function reportMail(texts: readonly string[]): Message {
  const [title, evidence, cause, recommendation] = texts;
  const issue = { title, severity: "critical", machine: null, evidence, cause, recommendation };
  const analysis: Analysis = {
    id: 7,
    tMs: 0,
    trigger: "asked",
    author: "gemini-3.5-flash-lite",
    overall: "Critical",
    summary: texts.join(" "),
    issues: [{ ...issue, severity: "critical" }, { ...issue, severity: "warning" }],
    recommendations: texts.slice(0, 10),
    insights: [{ text: evidence, machine: null }],
    instead: null,
    tokens: 1,
    inputHash: "",
    sent: null,
  };
  const report = reportOf(analysis, "UTC");
  const event = alarmEvent({ type: "analysis.mailed", subject: "analysis:7", body: { report } });
  return messageOf(event, OPTIONS);
}

/** Serves each mail as the page it is. */
function serveMails() {
  const hostile = messageOf(
    alarmEvent({ text: HOSTILE_TEXTS.join(" "), body: { note: HOSTILE_TEXTS.join("\n") } }),
    OPTIONS,
  );
  const facts = HOSTILE_TEXTS.map((text) => ({ label: text, value: text }));
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    if (!name.startsWith(HOSTILE) && MAILS[name] === undefined) {
      return new Response(null, { status: 204 });
    }
    if (name === "hostile-report") {
      return new Response(mailText(reportMail(HOSTILE_TEXTS), "hall").html, {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
    }
    const message = name === HOSTILE ? { ...hostile, facts } : MAILS[name].message;
    const site = name === HOSTILE ? HOSTILE_TEXTS.join(" ") : "hall";
    return new Response(mailText(message, site).html, {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  });
}

Deno.test({
  name:
    "mail: header colours, width and contrast at 360 and 1200 px, light and dark; hostile texts stay text",
  ignore,
  async fn() {
    const server = serveMails();
    const url = `http://127.0.0.1:${server.addr.port}`;
    const browser = await startBrowser();
    try {
      const { page, faults, close } = await visitor(browser, { url });
      const dialogs: string[] = [];
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        dialog.dismiss();
      });
      for (const name of [...Object.keys(MAILS), HOSTILE, "hostile-report"]) {
        await page.goto(`/${name}`);
        await assertEveryLook(page, WIDTHS);
        if (name === "report") await takePictures(page, "mail-report");
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          const seen = await page.evaluate(() => {
            const style = (selector: string) =>
              getComputedStyle(document.querySelector(selector)!).backgroundColor;
            return {
              header: style("td[bgcolor]"),
              page: style(".page"),
              strangers: document.querySelectorAll(
                "script, img, iframe, svg, object, form, video, base, math, details",
              ).length,
            };
          });
          if (!name.startsWith(HOSTILE)) assert.equal(seen.header, MAILS[name].header, name);
          const ground = colorScheme === "dark" ? "rgb(15, 20, 25)" : "rgb(243, 244, 246)";
          assert.equal(seen.page, ground);
          assert.equal(seen.strangers, 0, name);
        }
      }
      assert.deepEqual([dialogs, faults], [[], []]);
      await close();
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
});
