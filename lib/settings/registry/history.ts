/** A server beside Perch that keeps history for longer than its disk can. */
import { z } from "zod";
import { adminOnly, setting } from "../setting.ts";

const category = "History server";

const address = z.string().trim().max(2_000).refine(
  (text) => {
    if (text === "") return true;
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, search, hash } = new URL(text);
    return /^https?:$/.test(protocol) && username + password + search + hash === "";
  },
  "give an address like http://history.example.com:8428, without user and password, or nothing",
);

export const HISTORY_SETTINGS = {
  "history.url": setting({
    category,
    title: "Address",
    help:
      "A VictoriaMetrics that every sealed reading is sent to, such as http://history:8428. With " +
      "it, the readings themselves need to be kept here for days only. Empty: there is none.",
    schema: address,
    default: "",
    ...adminOnly,
  }),
  "history.user": setting({
    category,
    title: "User",
    help: "Where it asks for user and password.",
    schema: z.string().trim().max(200),
    default: "",
    ...adminOnly,
  }),
  "history.password": setting({
    category,
    title: "Password",
    help: "Of that user.",
    schema: z.string().max(500),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "history.token": setting({
    category,
    title: "Token",
    help: "Instead of user and password, where it asks for a bearer token.",
    schema: z.string().trim().max(4_000).regex(/^[\x21-\x7e]*$/, "printable characters, no spaces"),
    default: "",
    secret: true,
    ...adminOnly,
  }),
} as const;
