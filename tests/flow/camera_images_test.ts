/**
 * Pictures that are kept, with a real ffmpeg, database and SMTP server: when asked, by time, and at an alarm, with
 * its page, its answer and its mail. Some seconds long: pictures after an alarm come a second apart.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CameraImage } from "../../lib/cameras/images/image.ts";
import { runApp } from "../support/app_client.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { until } from "../support/until.ts";

const SMTP = {
  SMTP_SERVER: "127.0.0.1",
  SENDER_EMAIL: "perch@example.org",
  RECIPIENT_EMAIL: "plant@example.org",
};

function isJpeg(bytes: ArrayBuffer): boolean {
  const [first, second] = new Uint8Array(bytes);
  return first === 0xff && second === 0xd8;
}

Deno.test("camera pictures: kept when asked and at an alarm, on its page and in its mail", async () => {
  const smtp = await startSmtp();
  const app = await runApp({ ...SMTP, SMTP_PORT: String(smtp.port) });
  const { ask, parts } = app;
  const send = async (role: "engineer" | "admin", method: string, path: string, body?: unknown) => {
    const headers = { "content-type": "application/json" };
    const answer = await ask(path, { role, method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  try {
    const bearing = { machine: "hall/press", sensor: "bearing", unit: "°C" };
    await app.ingest([{ ...bearing, value: 60 }]);
    await send("engineer", "PATCH", "/api/sensors/hall/press/bearing", { critical_high: 90 });
    const { id } = await send("admin", "POST", "/api/cameras", {
      name: "Press hall",
      kind: "test_pattern",
      options: { size: "320x180" },
      settings: { still_every_s: 86_400 },
      machine: "hall/press",
    });
    const images = `/api/cameras/${id}/images`;
    const live = () => parts.cameras.find(id).health.state === "live" ? true : null;
    await until("a live camera", live);

    const taken: CameraImage = await send("engineer", "POST", images);
    assert.deepEqual([taken.width, taken.height, taken.alarm_id], [320, 180, null]);
    const jpeg = await (await ask(taken.url)).arrayBuffer();
    assert.ok(isJpeg(jpeg) && jpeg.byteLength === taken.bytes);
    const page = `/pictures/${id}/${taken.t_ms}`;
    const first = await ask(`${page}?download=true`);
    await first.body!.cancel();
    assert.match(first.headers.get("cache-control")!, /immutable/);
    assert.match(first.headers.get("content-disposition")!, /^attachment; filename="Press-hall-2/);
    const again = await ask(page, { headers: { "if-none-match": first.headers.get("etag")! } });
    assert.equal(again.status, 304);

    await app.ingest([{ ...bearing, value: 95 }]);
    const mail = await until("the mail", () => smtp.mails[0]?.mail ?? null);
    const [alarm] = parts.alarms.open();
    assert.deepEqual(mail.attachments.map((one) => [one.mimeType, one.disposition]), [
      ["image/jpeg", "inline"],
    ]);
    assert.ok(isJpeg(mail.attachments[0].content as ArrayBuffer));
    assert.match(mail.text!, /Picture: Press hall, 20\d\d-\d\d-\d\d \d\d:/);
    const pictures = async (): Promise<CameraImage[]> =>
      (await (await ask(`/api/alarms/${alarm.id}`)).json()).pictures;
    const moment = await until("pictures after it", async () => {
      const all = await pictures();
      return all.filter(({ t_ms }) => t_ms > alarm.raised_ms).length >= 2 ? all : null;
    });
    assert.ok(moment.some(({ t_ms }) => t_ms < alarm.raised_ms), "and before it");
    assert.ok(moment.every(({ reason, alarm_id }) => reason === "alarm" && alarm_id === alarm.id));
    const html = await (await ask(`/alarms/${alarm.id}`)).text();
    assert.match(html, /Pictures of the moment/);
    assert.match(html, /alt="Press hall, (at the alarm|\d+ s before), 20/);

    const [, ticket] = /href="(\/tickets\/T-\d+)"/.exec(html)!;
    assert.match(await (await ask(ticket)).text(), new RegExp(`/alarms/${alarm.id}#pictures`));

    const byTime = await (await ask(`${images}?reason=interval`)).json();
    assert.ok(byTime.items.length <= 1, "one a day");
    await send("engineer", "DELETE", taken.url);
    assert.equal((await ask(taken.url)).status, 404);
    await send("admin", "DELETE", `/api/cameras/${id}`);
    assert.deepEqual(await pictures(), []);
    await until("no file", async () => {
      const there = await Deno.stat(join(app.dataDir, "cameras", id)).catch(() => null);
      return there === null ? true : null;
    });
  } finally {
    await app.stop();
    await smtp.close();
  }
});
