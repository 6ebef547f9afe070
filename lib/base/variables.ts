/**
 * DESIGN: every environment variable is described once, here. Validation (`config.ts`), the text of
 * `perch check --env`, the table in the README and the permission list of the binary derive from it. It is
 * one table, and longer than other files for that reason; the kinds of value are in `variable_kinds.ts`.
 */
import { z } from "zod";
import { LOG_LEVELS } from "./log.ts";
import { Secret } from "./secret.ts";
import {
  cidr,
  email,
  host,
  httpUrl,
  ipAddress,
  list,
  modelName,
  mqttUrl,
  number,
  oneOf,
  onOff,
  optional,
  origin,
  preset,
  publicUrl,
  secret,
  text,
  topicFilter,
  upstreamFormat,
  upstreamLine,
  url,
  type VariableNotes,
  whole,
} from "./variable_kinds.ts";

const MQTT_URLS = "an address like mqtt://broker:1883 (mqtt, mqtts, ws or wss)";
const FILE = "the path of a PEM file";

/** The one schema. Keys are the names of the variables; the order is the order of the documentation. */
export const environment = z.object({
  PERCH_HOST: preset(host, "0.0.0.0", {
    title: "Listen address",
    help: "Where pages and the API are served.",
    allowed: "an IP address or host name",
    simDefault: "127.0.0.1",
  }),
  PERCH_PORT: preset(whole(0, 65_535), "8080", {
    title: "Listen port",
    help: "0 takes any free port and prints it.",
    allowed: "a whole number from 0 to 65535",
  }),
  PERCH_DATA: preset(text, "./data", {
    title: "Data directory",
    help: "Database, keys, logs and lock. Created when missing.",
    allowed: "a path",
    simDefault: "./data/sim",
  }),
  PERCH_PUBLIC_URL: optional(publicUrl, {
    title: "Public address",
    help: "The address in links, and a host name that requests may carry (behind a proxy). " +
      "It may end in a path, like https://example.com/monitor.",
    allowed: "an address like https://perch.example.com",
  }),
  PERCH_TLS: preset(oneOf(["off", "auto", "files"]), "off", {
    title: "HTTPS",
    help: "auto: with a certificate of an authority that Perch makes itself; devices are told to " +
      "trust it at /trust. files: with TLS_CERT and TLS_KEY.",
    allowed: "off, auto or files",
  }),
  PERCH_TLS_PORT: preset(whole(0, 65_535), "8443", {
    title: "HTTPS port",
    help: "Browsers that come to PERCH_PORT are sent there.",
    allowed: "a whole number from 0 to 65535",
  }),
  TLS_CERT: optional(text, {
    title: "Certificate of HTTPS",
    help: "With PERCH_TLS=files: the chain, read again when it changes.",
    allowed: FILE,
  }),
  TLS_KEY: optional(text, {
    title: "Key of HTTPS",
    help: "Together with TLS_CERT.",
    allowed: FILE,
  }),
  PLAIN_INGEST: preset(onOff, "off", {
    title: "Readings without HTTPS",
    help: "With PERCH_TLS: on lets devices send readings to PERCH_PORT in clear text, their key " +
      "included.",
    allowed: "on or off",
  }),
  CORS_ORIGINS: optional(list(origin), {
    title: "Other origins",
    help:
      "Pages of other sites that may call the API, with a token or key; cookies never count for them.",
    allowed: "origins separated by commas, like https://app.example.com,http://localhost:3000",
  }),
  ALLOWED_NETWORKS: optional(list(cidr), {
    title: "Allowed networks",
    help: "Who may open pages and call the API: clients elsewhere are refused. This host itself " +
      "always may. Unset: everybody who reaches the port.",
    allowed: "addresses or CIDRs separated by commas, like 192.168.1.0/24,10.0.0.5",
  }),
  TRUSTED_PROXIES: optional(list(cidr), {
    title: "Trusted proxies",
    help: "Peers whose X-Forwarded-For is believed.",
    allowed: "addresses or CIDRs separated by commas, like 127.0.0.1,10.0.0.0/8",
  }),
  OUTGOING_NETWORKS: optional(list(cidr), {
    title: "Outgoing networks",
    help:
      "Networks that webhooks, mail and other channels may reach although they are private or " +
      "this host itself.",
    allowed: "addresses or CIDRs separated by commas, like 127.0.0.1,10.0.0.0/8",
  }),
  OUTGOING_CA: optional(text, {
    title: "Outgoing CA",
    help: "A certificate authority that channels trust beside the well-known ones.",
    allowed: FILE,
  }),
  DATABASE_URL: optional(url(["file:", "http:", "https:", "libsql:"]), {
    title: "Database",
    help: "Unset: a file perch.db in the data directory.",
    allowed: "file:name.db (in the data directory) or http(s)://host:port of a libSQL server",
  }),
  DATABASE_AUTH_TOKEN: optional(secret, {
    title: "Database token",
    help: "For a libSQL server.",
    allowed: "the token",
    secret: true,
  }),
  PERCH_NODE_URL: optional(httpUrl, {
    title: "This node",
    help:
      "Where the other nodes on the same libSQL server reach this one: one keeps the site, the others " +
      "hand on to it and take over. Unset: one Perch per database.",
    allowed: "an address like http://10.0.0.11:8080",
  }),
  NODE_LEASE_S: preset(whole(2, 300), "12", {
    title: "Lease of the keeper",
    help:
      "With PERCH_NODE_URL: after so many seconds without a sign of life another node takes over.",
    allowed: "a whole number from 2 to 300",
  }),
  AUTO_RESTORE: preset(oneOf(["yes", "no"]).transform((value) => value === "yes"), "no", {
    title: "Restore without asking",
    help:
      "Yes: a start on a damaged or missing database restores the newest good backup, once, and " +
      "raises an alarm. No: Perch waits in safe mode for a person.",
    allowed: "yes or no",
  }),
  COMMIT_INTERVAL_MS: preset(number(0, 5_000), "50", {
    title: "Commit interval",
    help: "Readings wait at most this many ms for others to share a commit. 0 commits at once; " +
      "250 wears an SD card less.",
    allowed: "a number from 0 to 5000",
  }),
  RETENTION_DAYS: preset(whole(0, 36_500), "0", {
    title: "Retention",
    help:
      "Readings older than this many days are summed up to minutes, later to hours. 0 keeps all.",
    allowed: "a whole number from 0 to 36500",
  }),
  MAX_DATABASE_MB: preset(whole(0, 100_000_000), "0", {
    title: "History size limit",
    help:
      "Limit for sealed readings. Beyond it the oldest become minutes, then hours, then go; the " +
      "journal, events and alarms do not count. 0 sets no limit.",
    allowed: "a whole number of megabytes from 0 to 100000000",
  }),
  NEW_SENSORS: preset(onOff, "on", {
    title: "Register new sensors",
    help: "Off: readings of sensors that are not registered are refused (a closed site).",
    allowed: "on or off",
  }),
  NEW_SENSORS_PER_HOUR: preset(whole(1, 1_000_000), "1000", {
    title: "New sensors per hour",
    help: "More are refused with a visible reason until the hour has passed.",
    allowed: "a whole number from 1 to 1000000",
  }),
  MQTT_URL: optional(mqttUrl, {
    title: "MQTT broker",
    help: "Unset: the embedded broker runs. User and password may stand in the address.",
    allowed: MQTT_URLS,
  }),
  MQTT_TOPICS: preset(list(topicFilter), "factory/#,edge/#,sensors/+/telemetry", {
    title: "Topics",
    help: "What is subscribed at the broker and accepted by the embedded one.",
    allowed: "MQTT topic filters separated by commas, like factory/#,sensors/+/telemetry",
  }),
  MQTT_USER: optional(text, { title: "Broker user", help: "", allowed: "a name" }),
  MQTT_PASSWORD: optional(secret, {
    title: "Broker password",
    help: "",
    allowed: "the password",
    secret: true,
  }),
  MQTT_CA: optional(text, {
    title: "Broker CA",
    help: "Certificate authority for mqtts:// and wss://; unset: the system's.",
    allowed: FILE,
  }),
  MQTT_CERT: optional(text, {
    title: "Client certificate",
    help: "Together with MQTT_KEY.",
    allowed: FILE,
  }),
  MQTT_KEY: optional(text, {
    title: "Client key",
    help: "Together with MQTT_CERT.",
    allowed: FILE,
  }),
  MQTT_CLIENT_ID: optional(text.max(64), {
    title: "Client id",
    help:
      "Names the session at the broker. Unset: made of host name and data directory; nodes of one " +
      "site have one together.",
    allowed: "1 to 64 characters",
  }),
  MQTT_VERSION: preset(oneOf(["auto", "5", "3.1.1"]), "auto", {
    title: "MQTT version",
    help: "auto tries 5 and falls back to 3.1.1.",
    allowed: "auto, 5 or 3.1.1",
  }),
  MQTT_SHARE: optional(z.string().regex(/^[^/+#\0]{1,64}$/), {
    title: "Shared subscription",
    help:
      "Group name; programs that subscribe with the same one share the messages (MQTT 5). Nodes of one " +
      "site need none: one of them takes all.",
    allowed: "1 to 64 characters without / + #",
  }),
  MQTT_HOST: preset(host, "127.0.0.1", {
    title: "Embedded broker address",
    help: "Anything but loopback demands device keys from every client.",
    allowed: "an IP address or host name",
  }),
  MQTT_PORT: preset(whole(0, 65_535), "1883", {
    title: "Embedded broker port",
    help: "0 takes any free port and prints it.",
    allowed: "a whole number from 0 to 65535",
  }),
  UPSTREAM_URL: optional(upstreamLine, {
    title: "Centre",
    help: "Forward readings, events and alarms to this Perch: the line that it shows for a site.",
    allowed: "https://<site>:<key>@<address> or, through a broker, mqtts://<site>:<key>@<broker>",
    secret: true,
  }),
  UPSTREAM_MQTT_URL: optional(mqttUrl, {
    title: "Upstream broker",
    help:
      "Every reading goes there as JSON, at least once: forwarded/<site>/<area>/<machine>/<sensor>.",
    allowed: MQTT_URLS,
  }),
  UPSTREAM_MQTT_FORMAT: preset(upstreamFormat, "json", {
    title: "Format for the upstream broker",
    help:
      "sparkplug: as an edge node of Sparkplug B, of the group perch or another (sparkplug/plant-1).",
    allowed: "json, sparkplug or sparkplug/<group>",
  }),
  USER_ID: optional(text.max(128), {
    title: "Site id",
    help: "The name by which this Perch identifies itself.",
    allowed: "1 to 128 characters",
  }),
  LOCAL_SENSOR_IP: optional(ipAddress, {
    title: "Announced address",
    help: "The address given to clients on the local network.",
    allowed: "an IP address",
  }),
  TEMP_MIN: preset(number(-273.15, 5_000), "20", {
    title: "Room minimum",
    help: "Coldest temperature of the simulator's room sensor, °C.",
    allowed: "a number from -273.15 to 5000, below TEMP_MAX",
  }),
  TEMP_MAX: preset(number(-273.15, 5_000), "40", {
    title: "Room maximum",
    help: "Warmest temperature of the simulator's room sensor, °C.",
    allowed: "a number from -273.15 to 5000, above TEMP_MIN",
  }),
  UPDATE_INTERVAL: preset(number(1, 86_400), "15", {
    title: "Update interval",
    help: "Seconds between two readings of the simulator's room sensor, and between two uploads.",
    allowed: "a number of seconds from 1 to 86400",
  }),
  JWT_SECRET: optional(z.string().min(32).max(4096).transform((v) => new Secret(v)), {
    title: "Token key",
    help: "Signs access tokens. Unset: made once and kept in the data directory (0600).",
    allowed: "at least 32 random characters",
    secret: true,
  }),
  LOG_LEVEL: preset(oneOf(LOG_LEVELS), "info", {
    title: "Log level",
    help: "",
    allowed: LOG_LEVELS.join(", "),
  }),
  LOG_FORMAT: preset(oneOf(["auto", "text", "json"]), "auto", {
    title: "Log format",
    help: "auto: text at a terminal, else one JSON object per line.",
    allowed: "auto, text or json",
  }),
  GEMINI_API_KEY: optional(secret, {
    title: "Gemini key",
    help: "Analyses, chat and corrections ask a model of Google. Unset: rules do, nothing leaves.",
    allowed: "the key",
    secret: true,
  }),
  HISTORY_URL: optional(httpUrl, {
    title: "History server",
    help: "A VictoriaMetrics that every sealed reading is sent to; it may hold user and password.",
    allowed: "an http(s) address",
    secret: true,
  }),
  HISTORY_TOKEN: optional(secret, {
    title: "History server's token",
    help: "Where it asks for a bearer token.",
    allowed: "the token",
    secret: true,
  }),
  GEMINI_BASE_URL: optional(httpUrl, {
    title: "Gemini address",
    help: "Where another address than Google's own answers as Gemini does.",
    allowed: "an http(s) address",
  }),
  AI_MODEL: preset(modelName, "gemini-3.5-flash-lite", {
    title: "Model",
    help: "For analyses and the chat.",
    allowed: "the name of a model",
  }),
  AI_MODEL_FIX: preset(modelName, "gemini-3.8-flash", {
    title: "Model for corrections",
    help: "Proposes corrections of scripts.",
    allowed: "the name of a model",
  }),
  AI_VERBOSE: preset(
    oneOf(["on", "off", "true", "false", "1", "0"]).transform((v) =>
      v === "on" || v === "true" || v === "1"
    ),
    "off",
    {
      title: "Log model calls",
      help: "Writes what is sent to the model, and its answers, to the log.",
      allowed: "on or off",
    },
  ),
  THINGSPEAK_WRITE_API_KEY: optional(secret, {
    title: "ThingSpeak write key",
    help: "With THINGSPEAK_CHANNEL_ID: readings are uploaded there.",
    allowed: "the key",
    secret: true,
  }),
  THINGSPEAK_READ_API_KEY: optional(secret, {
    title: "ThingSpeak read key",
    help: "To read back a channel that is not public.",
    allowed: "the key",
    secret: true,
  }),
  THINGSPEAK_CHANNEL_ID: optional(z.string().regex(/^\d{1,12}$/), {
    title: "ThingSpeak channel",
    help: "",
    allowed: "a channel number",
  }),
  THINGSPEAK_BASE_URL: preset(httpUrl, "https://api.thingspeak.com", {
    title: "ThingSpeak address",
    help: "",
    allowed: "an http(s) address",
  }),
  SMTP_SERVER: optional(host, {
    title: "SMTP server",
    help: "Mail channels without a server of their own use this one.",
    allowed: "an IP address or host name",
  }),
  SMTP_PORT: preset(whole(1, 65_535), "587", {
    title: "SMTP port",
    help: "465 speaks TLS from the start; others begin with STARTTLS.",
    allowed: "a whole number from 1 to 65535",
  }),
  SENDER_EMAIL: optional(email, {
    title: "Sender",
    help: "Address that mails come from, and the user name at the server.",
    allowed: "an email address",
  }),
  SENDER_PASSWORD: optional(secret, {
    title: "Sender's password",
    help: "",
    allowed: "the password",
    secret: true,
  }),
  RECIPIENT_EMAIL: optional(email, {
    title: "Recipient",
    help: "Where mail channels without recipients of their own send to.",
    allowed: "an email address",
  }),
  SLACK_WEBHOOK_URL: optional(
    url(["https:", "http:"]).transform((value) => new Secret(value)),
    {
      title: "Slack webhook",
      help: "Slack channels without an address of their own use this one.",
      allowed: "an http(s) address",
      secret: true,
    },
  ),
  NOTIFY_SOCKET: optional(text, {
    title: "Service manager",
    help: "systemd sets it: where it hears that Perch is ready, moves and stops.",
    allowed: "the path of a socket, or @ and a name",
    ofManager: true,
  }),
  WATCHDOG_USEC: optional(whole(0, 86_400_000_000), {
    title: "Watchdog",
    help:
      "Microseconds within which Perch shows that it moves. systemd sets it; where something else " +
      "restarts Perch when it ends, set it, and Perch ends when it hangs.",
    allowed: "a whole number of microseconds up to a day; 0 is none",
    ofManager: true,
  }),
  WATCHDOG_PID: optional(whole(0, 4_194_304), {
    title: "Watched process",
    help: "systemd sets it: WATCHDOG_USEC is meant for this process alone.",
    allowed: "a process number",
    ofManager: true,
  }),
  TERM: optional(text, {
    title: "Kind of terminal",
    help: "The terminal sets it. With dumb, what perch console shows is written line by line.",
    allowed: "a name",
    ofManager: true,
  }),
});

export type VariableName = keyof typeof environment.shape;
export type Environment = z.output<typeof environment>;

export const VARIABLE_NAMES = Object.keys(environment.shape) as VariableName[];

/** What people read about one variable. */
export function notesOf(name: VariableName): VariableNotes {
  return environment.shape[name].meta() as unknown as VariableNotes;
}
