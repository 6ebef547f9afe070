import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { makeCertificates } from "./mosquitto.ts";
import { addKey, startPerch } from "./perch.ts";
import { anyHook } from "./receivers/chat.ts";
import { startReceiver } from "./receivers/http.ts";
import { startSmtp } from "./receivers/smtp.ts";

const PASSWORD = "canary-mail-password";

/**
 * Perch as users start it, with exactly its permissions, sends mails (STARTTLS, TLS) and a signed webhook (HTTPS)
 * to receivers of a private authority, refuses a certificate of another name, and does not call itself.
 */
export async function assertChannelsWork(
  { binary, readyMs }: { binary?: string[]; readyMs?: number },
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-channels-" });
  const made = await makeCertificates(dataDir);
  const account = { user: "perch@example.com", password: PASSWORD };
  const startTls = await startSmtp({ tls: made, ...account });
  const tls = await startSmtp({ tls: made, implicit: true, ...account });
  const hook = startReceiver(anyHook, { tls: made });
  const key = await addKey({ dataDir, binary, role: "admin" });
  const env = {
    MQTT_PORT: "0",
    OUTGOING_NETWORKS: "127.0.0.1,::1",
    OUTGOING_CA: made.ca,
    SMTP_SERVER: "localhost",
    SMTP_PORT: String(startTls.port),
    SENDER_EMAIL: account.user,
    SENDER_PASSWORD: PASSWORD,
    RECIPIENT_EMAIL: "ada@example.com",
  };
  const perch = await startPerch({ dataDir, binary, readyMs, env });
  const ask = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await fetch(perch.url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(!text.includes(PASSWORD), path);
    return { status: answer.status, body: JSON.parse(text) };
  };
  const add = (kind: string, name: string, options: Record<string, unknown>) =>
    ask("/api/channels", { kind, name, options });
  const tried = async (kind: string, name: string, options: Record<string, unknown>) => {
    const added = await add(kind, name, options);
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const test = await ask(`/api/channels/${added.body.id}/test`, {});
    assert.equal(test.status, 200, JSON.stringify(test.body));
    return test.body as { delivered: boolean; answer: string };
  };
  try {
    const mail = await tried("email", "environment", { to: ["eve@example.com"] });
    assert.ok(mail.delivered, mail.answer);
    const { secure, to, user } = startTls.mails[0];
    assert.deepEqual([secure, to, user], [true, ["eve@example.com"], account.user]);

    const custom = {
      service: "custom",
      server: "localhost",
      port: tls.port,
      security: "tls",
      from: account.user,
      password: PASSWORD,
      to: ["ada@example.com"],
    };
    const overTls = await tried("email", "custom", custom);
    assert.ok(overTls.delivered, overTls.answer);
    const wrong = await tried("email", "wrong name", { ...custom, server: "127.0.0.2" });
    assert.ok(!wrong.delivered);
    assert.equal(tls.mails.length, 1);

    const secret = "whsec_" + btoa("0123456789abcdef0123456789abcdef");
    const called = await tried("webhook", "hook", { url: `${hook.url}/x`, secret });
    assert.ok(called.delivered, called.answer);
    const { body, headers } = hook.received[0];
    new Webhook(secret).verify(body, Object.fromEntries(headers));

    const itself = await add("webhook", "itself", { url: `${perch.url}/api/status`, secret });
    assert.equal(itself.status, 400, JSON.stringify(itself.body));
    assert.match(itself.body.detail, /Perch itself listens there/);
    const private_ = await add("webhook", "private", { url: "http://192.168.7.7/", secret });
    assert.match(private_.body.detail, /outgoing\.allowed_networks/);
    assert.ok(!perch.output().includes(PASSWORD));
  } finally {
    await perch.stop();
    await Promise.all([startTls.close(), tls.close(), hook.close()]);
    await Deno.remove(dataDir, { recursive: true });
  }
}
