/** Mail through a real SMTP server. */
import assert from "node:assert/strict";
import { Secret } from "../../base/secret.ts";
import { alarmEvent } from "../../../tests/support/events.ts";
import { freePort } from "../../../tests/support/port.ts";
import { type Certificates, makeCertificates } from "../../../tests/support/mosquitto.ts";
import {
  type SmtpOptions,
  type SmtpReceiver,
  startSmtp,
} from "../../../tests/support/receivers/smtp.ts";
import { picture } from "../../../tests/support/pictures.ts";
import { sendContext } from "../../../tests/support/send_context.ts";
import type { SendContext } from "../channel.ts";
import { messageOf } from "../message_of.ts";
import { email } from "./email.ts";

const MESSAGE = { zone: "UTC", publicUrl: "https://perch.example.com" };
const message = (...change: Parameters<typeof alarmEvent>) =>
  messageOf(alarmEvent(...change), MESSAGE);

async function withSmtp(
  options: Omit<SmtpOptions, "tls"> & { tls?: boolean },
  work: (
    smtp: SmtpReceiver,
    send: (
      given?: Record<string, unknown>,
      what?: ReturnType<typeof message>,
      more?: Partial<SendContext>,
    ) => ReturnType<typeof email.send>,
    made: Certificates | undefined,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-mail-" });
  const made = options.tls ? await makeCertificates(folder) : undefined;
  const smtp = await startSmtp({ ...options, tls: made });
  const base = {
    service: "custom",
    server: "localhost",
    port: smtp.port,
    security: "none",
    from: "perch@example.com",
    to: ["ada@example.com"],
  };
  try {
    await work(
      smtp,
      (given = {}, what = message(), more = {}) =>
        email.send({ ...base, ...given }, what, sendContext(more, made?.ca)),
      made,
    );
  } finally {
    await smtp.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("email: subject, sender, both parts, facts and link arrive as written", () =>
  withSmtp({}, async (smtp, send) => {
    const outcome = await send();
    assert.deepEqual(outcome, { state: "delivered", answer: "250 2.0.0 Ok: queued as 1" });
    const { mail, to, from } = smtp.mails[0];
    assert.deepEqual([from, to], ["perch@example.com", ["ada@example.com"]]);
    assert.equal(mail.subject, "[CRITICAL] Press 3: bearing 83.4 °C is above critical 80 °C");
    assert.equal(mail.from?.name, "Perch hall");
    for (const part of [mail.text!, mail.html!]) {
      for (const wanted of ["83.4 °C", "Press 3", "https://perch.example.com/alarms/a1", "Limit"]) {
        assert.ok(part.includes(wanted), wanted);
      }
    }
    assert.match(mail.html!, /background:#c62828/);
    const lines = smtp.mails[0].raw.split("\r\n");
    assert.ok(Math.max(...lines.map((line) => line.length)) <= 998, "RFC 5322 §2.1.1");
  }));

Deno.test("email: pictures stand in the mail, with their words for who does not see them", () =>
  withSmtp({}, async (smtp, send) => {
    const jpeg = picture("jpg");
    const text = 'Press "cam" <1>, 2026-01-05 12:00:03';
    const pictures = [{ file: "Press-1.jpg", text, jpeg }, { file: "2.jpg", text: "Two", jpeg }];
    await send({}, { ...message(), pictures });
    const { mail } = smtp.mails[0];
    assert.deepEqual(mail.attachments.map((one) => [one.filename, one.mimeType, one.disposition]), [
      ["Press-1.jpg", "image/jpeg", "inline"],
      ["2.jpg", "image/jpeg", "inline"],
    ]);
    for (const { contentId, content } of mail.attachments) {
      assert.ok(mail.html!.includes(`src="cid:${contentId!.slice(1, -1)}"`));
      assert.deepEqual(new Uint8Array(content as ArrayBuffer), jpeg);
    }
    assert.notEqual(mail.attachments[0].contentId, mail.attachments[1].contentId);
    assert.ok(mail.html!.includes('alt="Press &quot;cam&quot; &lt;1&gt;, 2026-01-05 12:00:03"'));
    assert.ok(mail.text!.includes(`Picture: ${text} (attached: Press-1.jpg)`));
    await send({ pictures: false }, { ...message(), pictures });
    assert.deepEqual(smtp.mails[1].mail.attachments, [], "they stay in the house");
    assert.ok(!smtp.mails[1].mail.text!.includes("Picture"));
  }));

Deno.test("email: resolved is green, warning amber, information blue", () =>
  withSmtp({}, async (smtp, send) => {
    const looks: [Parameters<typeof alarmEvent>[0], string, string][] = [
      [{ type: "alarm.resolved" }, "#1a7f37", "[RESOLVED]"],
      [{ severity: "warning" }, "#9a6700", "[WARNING]"],
      [{ type: "ticket.created", severity: "info" }, "#0b62c4", "[Perch]"],
    ];
    for (const [change, colour, subject] of looks) {
      await send({}, message(change));
      const { mail } = smtp.mails.at(-1)!;
      assert.ok(mail.html!.includes(`background:${colour}`), colour);
      assert.ok(mail.subject!.startsWith(subject), mail.subject!);
    }
  }));

Deno.test("email: a repeat has the same Message-ID; mails of one alarm are one thread", () =>
  withSmtp({}, async (smtp, send) => {
    await send();
    await send();
    await send({}, message({ type: "alarm.resolved", uid: "another" }));
    await send({}, message({ subject: "alarm:a2", uid: "third" }));
    const head = (name: string) =>
      smtp.mails.map(({ mail }) => mail.headers.find((h) => h.key === name)?.value ?? "");
    const ids = head("message-id");
    assert.equal(ids[0], `<${alarmEvent().uid}@example.com>`);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[1], ids[2]);
    const threads = head("references");
    assert.match(threads[0], /^<[0-9a-f]{24}\.thread@example\.com>$/);
    assert.deepEqual([threads[1], threads[2]], [threads[0], threads[0]]);
    assert.notEqual(threads[3], threads[0]);
    assert.deepEqual(head("in-reply-to"), threads);
    assert.equal(head("auto-submitted")[0], "auto-generated");
    assert.match(head("list-id")[0], /^Perch <hall\.perch\.example\.com>$/);
    assert.equal(head("x-perch-id")[0], alarmEvent().uid);
  }));

Deno.test("email: TLS from the start and STARTTLS, each with sign-in", async () => {
  for (const implicit of [true, false]) {
    await withSmtp(
      { tls: true, implicit, user: "perch@example.com", password: "p4ss word" },
      async (smtp, send) => {
        const security = implicit ? "tls" : "auto";
        const outcome = await send({ security, password: "p4ss word" });
        assert.equal(outcome.state, "delivered", outcome.answer);
        assert.deepEqual([smtp.mails[0].secure, smtp.mails[0].user], [true, "perch@example.com"]);
      },
    );
  }
});

Deno.test("email: a wrong password is told in the server's words, and tried again slowly", () =>
  withSmtp({ tls: true, user: "perch@example.com", password: "right" }, async (smtp, send) => {
    const outcome = await send({ security: "starttls", password: "wrong-canary" });
    assert.equal(outcome.state, "retry");
    assert.match(outcome.answer, /535 5\.7\.8 Username and Password not accepted/);
    assert.ok(!outcome.answer.includes("wrong-canary"));
    assert.ok((outcome as { afterMs: number }).afterMs >= 60_000);
    assert.deepEqual(smtp.mails, []);
  }));

Deno.test("email: a server that offers no TLS gets neither password nor mail", () =>
  withSmtp({ user: "perch@example.com", password: "right" }, async (smtp, send) => {
    const outcome = await send({ security: "starttls", password: "right" });
    assert.equal(outcome.state, "retry");
    assert.match(outcome.answer, /STARTTLS/);
    assert.deepEqual([smtp.mails, smtp.tried], [[], []]);
  }));

Deno.test("email: temporary answers are tried again, final ones are not", () =>
  withSmtp({}, async (smtp, send) => {
    const expected = [
      ["rate limited", "retry", /450 4\.7\.1 Too many mails/],
      ["broken", "retry", /451 4\.3\.0 out of order/],
      ["unknown recipient", "failed", /550 5\.1\.1 ada@example\.com: no such user/],
      ["refusing", "failed", /554 5\.7\.1 looks like spam/],
    ] as const;
    for (const [mood, state, words] of expected) {
      smtp.mood = mood;
      const outcome = await send();
      assert.equal(outcome.state, state, mood);
      assert.match(outcome.answer, words);
    }
  }));

Deno.test("email: one wrong recipient of several keeps the others' mail, and is named", () =>
  withSmtp({}, async (smtp, send) => {
    const outcome = await send({ to: ["ada@example.com", "nobody@example.com"] });
    assert.equal(outcome.state, "failed", "trying again would give the same");
    assert.match(outcome.answer, /nobody@example\.com: 550.*; taken for ada@example\.com/);
    assert.deepEqual((outcome as { remaining?: unknown }).remaining, ["nobody@example.com"]);
    assert.deepEqual(smtp.mails[0].to, ["ada@example.com"]);
  }));

Deno.test("email: recipients are judged one by one; who is put off is asked again, alone", () =>
  withSmtp({}, async (smtp, send) => {
    smtp.putOff.set("grey@example.com", 2);
    const to = ["ada@example.com", "grey@example.com", "nobody@example.com"];
    const first = await send({ to });
    assert.equal(first.state, "retry");
    const remaining = ["grey@example.com", "nobody@example.com"];
    assert.deepEqual((first as { remaining?: unknown }).remaining, remaining);
    const again = await send({ to }, { ...message(), to: remaining });
    assert.equal(again.state, "retry", "one of those that are left may be taken later");
    const last = await send({ to }, { ...message(), to: remaining });
    assert.equal(last.state, "failed");
    assert.deepEqual((last as { remaining?: unknown }).remaining, ["nobody@example.com"]);
    assert.deepEqual(smtp.mails.map((mail) => mail.to), [["ada@example.com"], [
      "grey@example.com",
    ]]);
  }));

Deno.test("email: addresses of a message stand for the channel's own", () =>
  withSmtp({}, async (smtp, send) => {
    await send({}, { ...message(), to: ["eve@example.com"] });
    assert.deepEqual(smtp.mails[0].to, ["eve@example.com"]);
  }));

Deno.test("email: the environment's server, sender and recipient, on this host itself", () =>
  withSmtp({ user: "sender@example.com", password: "right" }, async (smtp) => {
    const environment: SendContext["environment"] = {
      smtp: {
        server: "127.0.0.1",
        port: smtp.port,
        sender: "sender@example.com",
        password: new Secret("right"),
        recipient: "plant@example.com",
      },
      slackUrl: null,
    };
    // Nothing is opened for people: what the environment says is not judged.
    const { createOutgoing } = await import("../../base/create_outgoing.ts");
    const outgoing = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
    const outcome = await email.send({}, message(), sendContext({ environment, outgoing }));
    assert.equal(outcome.state, "delivered", outcome.answer);
    const { from, to, user } = smtp.mails[0];
    assert.deepEqual([from, to, user], [
      "sender@example.com",
      ["plant@example.com"],
      "sender@example.com",
    ]);
  }));

Deno.test("email: what is missing is said", async () => {
  const says = async (given: Record<string, unknown>, words: RegExp) => {
    const outcome = await email.send(given, message(), sendContext());
    assert.equal(outcome.state, "failed");
    assert.match(outcome.answer, words);
  };
  await says({}, /SMTP_SERVER is not set/);
  await says({ service: "custom" }, /no server is given/);
  await says({ service: "custom", server: "localhost" }, /no sender is given/);
  await says({ service: "custom", server: "localhost", from: "a@example.com" }, /no recipient/);
});

Deno.test("email: line breaks in names do not become headers, markup does not become HTML", () =>
  withSmtp({}, async (smtp, send) => {
    const text = "x\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script><img src=x onerror=y>";
    const body = { note: `<b onclick="x">${text}</b>` };
    await send({}, message({ text, body, subject: 'alarm:"><x' }), { site: 'h"<x>\r\nBcc: e@e.e' });
    const { mail, to } = smtp.mails[0];
    assert.deepEqual(to, ["ada@example.com"]);
    assert.equal(mail.bcc, undefined);
    assert.ok(!/<script|<img|<b |<x>|"><x/i.test(mail.html!), mail.html!);
    assert.ok(mail.html!.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  }));

Deno.test("email: a server is greeted without signing in or sending, and says why where that cannot be", () =>
  withSmtp({ user: "ada", password: "secret" }, async (smtp) => {
    const given = {
      service: "custom",
      server: "localhost",
      port: smtp.port,
      security: "none",
      from: "perch@example.com",
      user: "ada",
      password: "wrong",
    };
    await email.greet!(given, sendContext());
    assert.deepEqual([smtp.sessions, smtp.tried, smtp.mails.length], [1, [], 0]);
    await assert.rejects(email.greet!({ ...given, port: freePort() }, sendContext()), /localhost/);
    await assert.rejects(email.greet!({ ...given, security: "tls" }, sendContext()), /localhost/);
  }));
