import { z } from "zod";
import { DAY_MS } from "../../../words/times.ts";
import { certificateFault, daysLeft } from "./certificates.ts";
import { defineKind } from "./define.ts";
import { hostField, portField } from "./fields.ts";
import { PollError } from "./kind.ts";
import { wayOf } from "./way.ts";

const options = z.strictObject({
  host: hostField("Whose certificate is looked at, such as shop.example.com"),
  port: portField(443),
  days_least: z.int().min(0).max(365).default(14).meta({
    title: "Days left, at least",
    description: "With fewer it counts as down.",
  }),
  any_authority: z.boolean().default(false).meta({
    title: "Of any authority",
    description: "Only its expiry is judged: for certificates that a device made for itself.",
  }),
});

/** How long a certificate is still good. */
export const certificate = defineKind({
  kind: "certificate",
  title: "Certificate expiry",
  about: "Looks at a TLS certificate once a day and says in time when it expires.",
  everyS: 86_400,
  options,
  target: ({ host, port }) => ({ host, port }),
  open: ({ host, port, days_least, any_authority }, deps) => ({
    async ask(signal) {
      const found = await deps.outgoing.certificate(host, port, wayOf(deps, signal));
      const days = daysLeft(found, deps.clock.now());
      const values = [{ sensor: "days left", value: days, unit: "d" }];
      const fault = certificateFault(found, host, deps.clock.now(), any_authority);
      if (fault !== null) throw new PollError("tls", fault, values);
      const until = new Date(deps.clock.now() + days * DAY_MS).toISOString().slice(0, 10);
      if (days < days_least) {
        const message = `The certificate of ${host} expires on ${until}: renew it`;
        throw new PollError("tls", message, values);
      }
      return {
        values,
        detail: `Good until ${until}, of ${found.issuer || "an unnamed authority"}`,
      };
    },
    close: () => Promise.resolve(),
  }),
});
