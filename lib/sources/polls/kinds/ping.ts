import { z } from "zod";
import { defineKind } from "./define.ts";
import { hostField } from "./fields.ts";
import { wayOf } from "./way.ts";

const options = z.strictObject({ host: hostField("Such as router.example.com or 192.168.1.1") });

/** Whether a host answers an echo. */
export const ping = defineKind({
  kind: "ping",
  title: "Ping",
  about: "Sends an ICMP echo, and measures how long the answer takes.",
  options,
  missing: (outgoing) =>
    outgoing.mayPing() ? null : "Ping is not possible here: the host does not let Perch send any " +
      "(net.ipv4.ping_group_range). Ask a TCP port instead.",
  target: ({ host }) => ({ host, port: 0 }),
  open: ({ host }, deps) => ({
    async ask(signal) {
      const tookMs = await deps.outgoing.ping(host, wayOf(deps, signal));
      const responseMs = Math.round(tookMs * 100) / 100;
      return { values: [], detail: `Answered in ${responseMs} ms`, responseMs };
    },
    close: () => Promise.resolve(),
  }),
});
