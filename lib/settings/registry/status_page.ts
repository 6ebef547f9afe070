/** What those may see who do not sign in. */
import { z } from "zod";
import { adminOnly, setting } from "../setting.ts";

const category = "Public status page";

export const STATUS_PAGE_SETTINGS = {
  "status_page.enabled": setting({
    category,
    title: "Show a status page to everybody",
    help:
      "At /status, without a sign-in: the machines named below, each with its status. No values.",
    schema: z.boolean(),
    default: false,
    ...adminOnly,
  }),
  "status_page.title": setting({
    category,
    title: "Title of the status page",
    help: "What stands above it.",
    schema: z.string().trim().min(1).max(80),
    default: "Status",
    ...adminOnly,
  }),
  "status_page.machines": setting({
    category,
    title: "Machines on the status page",
    help:
      "Paths of machines or areas, separated by commas. Empty: none. Machines are kept by id, so that one that takes over a path is not shown.",
    schema: z.string().trim().max(2_000),
    default: "",
    ...adminOnly,
  }),
} as const;
