import { z } from "zod";
import { defineKind } from "./define.ts";
import { hostField, portField } from "./fields.ts";
import { wayOf } from "./way.ts";

const options = z.strictObject({
  host: hostField("Such as db.example.com or 192.168.1.20"),
  port: portField(),
});

/** Whether somebody listens at a port. */
export const tcp = defineKind({
  kind: "tcp",
  title: "TCP port",
  about: "Connects to a port and leaves again: a database, a broker, a controller.",
  options,
  target: ({ host, port }) => ({ host, port }),
  open: ({ host, port }, deps) => ({
    async ask(signal) {
      const socket = await deps.outgoing.connect(host, port, wayOf(deps, signal));
      socket.destroy();
      return { values: [], detail: `Port ${port} is open` };
    },
    close: () => Promise.resolve(),
  }),
});
