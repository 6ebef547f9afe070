/** Analyses, the chat and the model behind them. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

const byAdmins = { see: "viewer", change: "admin" } as const;
const modelName = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/,
  "give the name of a model, such as gemini-3.5-flash-lite",
);

export const AI_SETTINGS = {
  "ai.ask_model": setting({
    category: "AI",
    title: "Ask the model",
    help:
      "Needs GEMINI_API_KEY. Off: nothing leaves for it, and rules answer. What is sent can be " +
      "read with each analysis; keys, passwords, mails and addresses are taken out before.",
    schema: z.boolean(),
    default: true,
    ...byAdmins,
  }),
  "ai.model": setting({
    category: "AI",
    title: "Model",
    help: "For analyses and the chat. The environment's AI_MODEL holds until it is set here.",
    schema: modelName,
    default: "gemini-3.5-flash-lite",
    ...byAdmins,
  }),
  "ai.model_fix": setting({
    category: "AI",
    title: "Model for corrections",
    help: "Proposes corrections of scripts; AI_MODEL_FIX holds until it is set here.",
    schema: modelName,
    default: "gemini-3.8-flash",
    ...byAdmins,
  }),
  "ai.tokens_per_day": setting({
    category: "AI",
    title: "Tokens a day",
    help:
      "More is not spent on the model in a day of the site's time zone; rules answer instead. An " +
      "analysis takes some 5 000.",
    schema: whole(0, 1_000_000_000),
    default: 500_000,
    unit: "tokens",
    ...byAdmins,
  }),
  "ai.hide_names": setting({
    category: "AI",
    title: "Hide names from the model",
    help: "Machines, sensors and people are sent as name-1, name-2.",
    schema: z.boolean(),
    default: false,
    ...adminOnly,
  }),
  "ai.monitoring": setting({
    category: "AI",
    title: "Monitoring",
    help: "Analyses the plant by itself whenever something changed.",
    schema: z.boolean(),
    default: false,
    see: "viewer",
    change: "engineer",
  }),
  "ai.monitoring_s": setting({
    category: "AI",
    title: "Monitoring looks every",
    help: "An analysis is made only where something changed.",
    schema: whole(10, 3_600),
    default: 30,
    unit: "s",
    ...byAdmins,
  }),
  "ai.mail_critical": setting({
    category: "AI",
    title: "Mail the report when an alarm becomes critical",
    help: "To the recipients of the email channels, at most once an hour.",
    schema: z.boolean(),
    default: false,
    ...byAdmins,
  }),
  "ai.keep": setting({
    category: "AI",
    title: "Keep analyses",
    help: "The oldest beyond this are deleted.",
    schema: whole(10, 10_000),
    default: 500,
    ...byAdmins,
  }),
} as const;
