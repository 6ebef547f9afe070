/** Tickets, and the files of alarms and tickets. */
import { z } from "zod";
import { SEVERITIES, type Severity } from "../../words/severity.ts";
import { setting, whole } from "../setting.ts";

export const TICKET_SETTINGS = {
  "tickets.automatic": setting({
    category: "Tickets",
    title: "Alarms open tickets",
    help: "One for each alarm, outside maintenance. Off: people open them.",
    schema: z.boolean(),
    default: true,
    see: "viewer",
    change: "admin",
  }),
  "tickets.least_severity": setting<Severity>({
    category: "Tickets",
    title: "Least severity",
    help: "Alarms below it open no ticket.",
    schema: z.enum(SEVERITIES),
    default: "warning",
    see: "viewer",
    change: "admin",
  }),
  "attachments.file_mb": setting({
    category: "Attachments",
    title: "Largest file",
    help: "Files with alarms and tickets. Larger ones are refused.",
    schema: whole(1, 50),
    default: 10,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "attachments.subject_mb": setting({
    category: "Attachments",
    title: "Files of one alarm or ticket",
    help: "All of them together; at most 100 files.",
    schema: whole(1, 1000),
    default: 50,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "attachments.total_mb": setting({
    category: "Attachments",
    title: "All files",
    help: "Beyond it files are refused until some are removed; nothing is removed by itself.",
    schema: whole(1, 1_000_000),
    default: 1000,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
} as const;
