import { z } from "zod";
import { outcomeOf } from "../answer.ts";
import { defineChannel } from "../define.ts";
import { headerText, httpUrl, machineBody } from "./fields.ts";
import { keyOf, newWebhookSecret, signatureHeaders } from "./webhook_signature.ts";

const secret = z.string().trim().refine(
  (text) => keyOf(text) !== null,
  "has to be whsec_ and 24 to 64 bytes as base64",
);

const options = z.strictObject({
  url: httpUrl.meta({ title: "Address", description: "Where events are posted to." }),
  secret: secret.meta({
    title: "Signing secret",
    description: "The receiver checks with it that Perch sent it. Left empty, Perch makes one.",
    secret: true,
  }),
  previous_secret: secret.optional().meta({
    title: "Previous secret",
    description: "While the secret is being exchanged: both sign.",
    secret: true,
  }),
  authorization: headerText.optional().meta({
    title: "Authorization header",
    description: "Sent as it is, for receivers that ask for one, e.g. Bearer abc.",
    secret: true,
  }),
});

/** Events as JSON, signed after Standard Webhooks. */
export const webhook = defineChannel({
  kind: "webhook",
  title: "Webhook",
  about: "Posts each event as JSON to an address of yours, signed (Standard Webhooks).",
  options,
  forPeople: false,
  prepare: (given) => given.secret ? { ...given } : { ...given, secret: newWebhookSecret() },
  async send({ url, secret, previous_secret, authorization }, message, context) {
    const { outgoing, clock, signal } = context;
    const body = JSON.stringify(machineBody(message));
    const secrets = previous_secret ? [secret, previous_secret] : [secret];
    const answer = await outgoing.fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(authorization ? { authorization } : {}),
        ...signatureHeaders(message.uid, clock.now(), body, secrets),
      },
      body,
      signal,
    });
    const outcome = outcomeOf(answer, clock.now());
    // A receiver that is being deployed answers 404 or 401 for a while: everything but 410 is worth a retry.
    return outcome.state === "failed" && answer.status >= 400
      ? { ...outcome, state: "retry" }
      : outcome;
  },
});
