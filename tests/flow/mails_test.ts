/** Invitations and forgotten passwords by email, through a real SMTP server. */
import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { type SmtpReceiver, startSmtp } from "../support/receivers/smtp.ts";

interface Mailing extends RunningApp {
  smtp: SmtpReceiver;
  mail(n: number): Promise<{ to: string[]; subject: string; text: string; link: string }>;
}

function withMail(run: (app: Mailing) => Promise<void>): () => Promise<void> {
  return async () => {
    const smtp = await startSmtp();
    const app = await runApp({
      SMTP_SERVER: "127.0.0.1",
      SMTP_PORT: String(smtp.port),
      SENDER_EMAIL: "perch@example.org",
      RECIPIENT_EMAIL: "plant@example.org",
    });
    const mail: Mailing["mail"] = async (n) => {
      for (let i = 0; smtp.mails.length < n && i < 400; i++) {
        await new Promise((r) => setTimeout(r, 25));
      }
      const { to, mail } = smtp.mails[n - 1];
      const text = mail.text ?? "";
      const [link = ""] = /https?:\/\/\S+\/welcome\/\S+/.exec(text) ?? [];
      return { to, subject: mail.subject ?? "", text, link };
    };
    try {
      await run({ ...app, smtp, mail });
    } finally {
      await app.stop();
      await smtp.close();
    }
  };
}

const json = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

Deno.test(
  "mails: an invitation goes to the person; its link sets the password and stands nowhere",
  withMail(async ({ ask, url, parts, smtp, mail }) => {
    const body = json({ email: "eve@example.org", role: "viewer" });
    const answer = await ask("/api/users", { role: "admin", ...body });
    const made = await answer.json();
    assert.deepEqual([answer.status, made.mailed, made.invitation], [201, true, undefined]);
    const { to, subject, link } = await mail(1);
    assert.deepEqual(to, ["eve@example.org"], "and to nobody else");
    assert.match(subject, /You are invited to Perch/);
    const secret = link.split("/").at(-1)!;
    assert.ok(secret.length > 40);
    for (const table of ["events", "deliveries", "delivery_tries", "audit", "one_use_links"]) {
      const { rows } = await parts.storage.db.query({ sql: `select * from ${table}` });
      assert.ok(!JSON.stringify(rows).includes(secret), `the link is in ${table}`);
    }
    const set = await fetch(`${url}/welcome/${secret}`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ password: "long enough" }),
    });
    assert.equal(set.status, 303, await set.text());
    assert.equal(parts.access.users.find(made.id)!.state, "active");
    assert.equal(smtp.mails.length, 1);
  }),
);

Deno.test(
  "mails: who forgot a password gets a link; the answer is the same for every address, and bounded",
  withMail(async ({ url, parts, smtp, mail }) => {
    const actor = { kind: "system", id: null, name: "test", address: null, agent: null } as const;
    const person = { email: "ada@example.org", role: "viewer", password: "long enough" } as const;
    await parts.access.users.add(person, actor);
    const page = await (await fetch(`${url}/sign-in`)).text();
    assert.match(page, /Forgot the password/);
    const forget = async (email: string) => {
      const answer = await fetch(`${url}/forgot`, {
        method: "POST",
        body: new URLSearchParams({ email }),
      });
      return [answer.status, await answer.text()] as const;
    };
    const known = await forget(person.email);
    assert.equal(known[0], 200);
    assert.deepEqual(await forget("nobody@example.org"), known);
    const { to, subject, link } = await mail(1);
    assert.deepEqual(to, [person.email]);
    assert.match(subject, /A new password for Perch/);
    assert.equal((await fetch(`${url}${new URL(link).pathname}`)).status, 200);
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await forget(person.email))[0]);
    assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);
    await mail(3);
    await new Promise((r) => setTimeout(r, 1_500));
    assert.equal(smtp.mails.length, 3, "three mails an hour to one person");
  }),
);

Deno.test("mails: without a mail channel the link is shown, and the sign-in page offers none", async () => {
  const { app, url, close } = await startApp();
  try {
    assert.equal(app.parts().access.mailed.available(), false);
    await app.parts().access.users.add(
      { email: "ada@example.org", role: "admin", password: "long enough" },
      { kind: "system", id: null, name: "test", address: null, agent: null },
    );
    assert.doesNotMatch(await (await fetch(`${url}/sign-in`)).text(), /Forgot/);
    assert.match(await (await fetch(`${url}/forgot`)).text(), /sends no mail/);
  } finally {
    await close();
  }
});
