import { z } from "zod";
import { RECORD_TYPES } from "../../../base/outgoing.ts";
import { defineKind } from "./define.ts";
import { hostField, portField } from "./fields.ts";
import { PollError } from "./kind.ts";
import { wayOf } from "./way.ts";

const options = z.strictObject({
  name: z.string().trim().min(1).max(253).regex(
    /^[\p{L}\p{N}_.-]+$/u,
    "give a name like www.example.com",
  )
    .meta({ title: "Name", description: "What is looked up" }),
  type: z.enum(RECORD_TYPES).default("A").meta({ title: "Record type" }),
  expected: z.string().trim().max(1_000).default("").meta({
    title: "Expected",
    description: "Values that must be among the answers, separated by commas. Empty: any answer.",
  }),
  host: z.union([z.literal(""), hostField("")]).default("").meta({
    title: "Name server",
    description: "Empty: as this host resolves names.",
  }),
  port: portField(53),
});

const SHOWN = 200;

/** Whether a name means what it should. */
export const dns = defineKind({
  kind: "dns",
  title: "DNS",
  about: "Looks a name up, and compares the answer with what it should be.",
  options,
  target: ({ host, port }) => host === "" ? null : ({ host, port }),
  open({ name, type, expected, host, port }, deps) {
    const wanted = expected.split(",").map((one) => one.trim()).filter((one) => one !== "");
    return {
      async ask(signal) {
        const server = host === "" ? undefined : { host, port };
        const found = await deps.outgoing.records(name, type, { ...wayOf(deps, signal), server });
        const texts = new Set(found.map((one) => one.toLowerCase()));
        const missing = wanted.filter((one) => !texts.has(one.replace(/\.$/, "").toLowerCase()));
        const shown = found.join(", ").slice(0, SHOWN);
        const values = [{ sensor: "records", value: found.length }];
        if (missing.length === 0) return { values, detail: `${type}: ${shown}` };
        const message = `${name} has no ${type} record ${
          missing.join(", ").slice(0, SHOWN)
        }; it has ${shown}`;
        throw new PollError("answer", message, values);
      },
      close: () => Promise.resolve(),
    };
  },
});
