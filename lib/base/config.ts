import { isAbsolute, join, resolve } from "node:path";
import { type FieldError, PerchError } from "./errors.ts";
import type { LogLevel } from "./log.ts";
import { Secret } from "./secret.ts";
import {
  type Environment,
  environment,
  notesOf,
  VARIABLE_NAMES,
  type VariableName,
} from "./variables.ts";
import type { UpstreamFormat } from "./variable_kinds.ts";

export type Mode = "serve" | "sim";

/** Everything that is decided before the start. Frozen; secrets print as `***`. */
export interface Config {
  readonly mode: Mode;
  readonly http: {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    /** Without a trailing slash. */
    readonly publicUrl: string | null;
    /** The path of `publicUrl`, without a slash at its end: `""` where Perch stands at the root. */
    readonly base: string;
    /** Origins whose pages may call the API. */
    readonly corsOrigins: readonly string[];
    /** Addresses and CIDRs of those who may ask at all; null: everybody. */
    readonly allowedNetworks: readonly string[] | null;
    readonly trustedProxies: readonly string[];
  };
  /** HTTPS; null: plain HTTP alone. */
  readonly tls: {
    /** 0: any free port. */
    readonly port: number;
    /** Absolute paths of PEM files; null: an authority of Perch's own signs. */
    readonly files: { readonly cert: string; readonly key: string } | null;
    /** Devices may send readings over plain HTTP. */
    readonly plainIngest: boolean;
  } | null;
  /** Absolute path. */
  readonly dataDir: string;
  readonly database: {
    /** `file:/absolute/path` or `http(s)://…` without a token. */
    readonly url: string;
    readonly authToken: Secret | null;
  };
  /** One of several nodes on a libSQL server; null: the only Perch of its database. */
  readonly node: {
    /** Without a trailing slash. */
    readonly url: string;
    /** How long the keeper may be silent. */
    readonly leaseMs: number;
  } | null;
  /** A damaged database is replaced by the newest good backup without asking. */
  readonly autoRestore: boolean;
  readonly intake: {
    readonly commitIntervalMs: number;
    readonly newSensors: boolean;
    readonly newSensorsPerHour: number;
  };
  readonly retention: {
    /** null: for ever. */
    readonly days: number | null;
    /** null: no limit. */
    readonly maxDatabaseBytes: number | null;
  };
  readonly mqtt: {
    /** Without user and password; null: the embedded broker runs instead. */
    readonly url: string | null;
    readonly topics: readonly string[];
    readonly user: string | null;
    readonly password: Secret | null;
    /** Absolute paths of PEM files. */
    readonly caFile: string | null;
    readonly certFile: string | null;
    readonly keyFile: string | null;
    readonly clientId: string | null;
    readonly version: "auto" | "5" | "3.1.1";
    readonly share: string | null;
  };
  /** The embedded broker; it runs when `mqtt.url` is null. */
  readonly broker: { readonly host: string; readonly port: number };
  /** What connections of channels may use beyond the rules of `outgoing.ts`. */
  readonly outgoing: {
    /** Addresses and CIDRs. */
    readonly networks: readonly string[];
    /** Absolute path of a PEM file. */
    readonly caFile: string | null;
  };
  readonly smtp: {
    /** null: every mail channel names its own. */
    readonly server: string | null;
    readonly port: number;
    readonly sender: string | null;
    readonly password: Secret | null;
    readonly recipient: string | null;
  };
  readonly slackUrl: Secret | null;
  readonly thingspeak: {
    /** Without a trailing slash. */
    readonly baseUrl: string;
    readonly channelId: string | null;
    readonly writeKey: Secret | null;
    readonly readKey: Secret | null;
    /** Between two uploads. */
    readonly intervalMs: number;
  };
  /** What keeps history for longer. */
  readonly history: {
    /** Without a trailing slash, user and password; null: there is none. */
    readonly url: string | null;
    readonly user: string | null;
    readonly password: Secret | null;
    readonly token: Secret | null;
  };
  readonly gemini: {
    readonly key: Secret | null;
    /** Without a trailing slash. */
    readonly baseUrl: string;
    readonly model: string;
    readonly modelFix: string;
    /** Log what is sent and answered. */
    readonly verbose: boolean;
  };
  readonly siteId: string | null;
  /** The line of the centre that this Perch forwards to. */
  readonly upstream: Secret | null;
  /** A broker that every reading is sent to. */
  readonly upstreamMqtt: string | null;
  readonly upstreamFormat: UpstreamFormat;
  /** Announced to clients on the local network by `/api/verify`. */
  readonly announcedAddress: string | null;
  readonly jwtSecret: Secret | null;
  readonly sim: {
    readonly tempMinC: number;
    readonly tempMaxC: number;
    readonly updateIntervalS: number;
  };
  /** As a service manager says it. */
  readonly service: {
    readonly notifySocket: string | null;
    /** null: no signs of life are asked for. */
    readonly watchdogMs: number | null;
    readonly watchdogPid: number | null;
  };
  /** As the terminal says it. */
  readonly terminal: { readonly isDumb: boolean };
  readonly log: { readonly level: LogLevel; readonly format: "auto" | "text" | "json" };
  /** Variables as they were set, without secrets and without addresses that hold some: for backups. */
  readonly given: Readonly<Record<string, string>>;
  /** Sentences about what was ignored, to be logged once. */
  readonly warnings: readonly string[];
}

export interface ConfigOptions {
  /** Default `serve`. Chooses between the defaults of `serve` and `sim`. */
  mode?: Mode;
  /** Relative paths start here. Default `.`. */
  cwd?: string;
  /** Stand above the environment (command line flags, tests). */
  set?: Partial<Record<VariableName, string>>;
}

const GEMINI = "https://generativelanguage.googleapis.com";

/** Names that begin with PERCH_ and belong to the tests, not to the product. */
const TEST_NAMES = ["PERCH_TEST_REQUIRE"];

/**
 * Parses the environment. Empty variables count as unset.
 * Throws a PerchError `validation` whose message is one sentence per wrong variable: its name, its value
 * (never of a secret) and what is allowed.
 */
export function parseConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: ConfigOptions = {},
): Config {
  const mode = options.mode ?? "serve";
  const cwd = options.cwd ?? ".";
  const raw: Record<string, string> = {};
  const given: Record<string, string> = {};
  for (const name of VARIABLE_NAMES) {
    const value = options.set?.[name] ?? env[name]?.trim();
    const { secret, ofManager } = notesOf(name);
    if (value && !secret && !ofManager && !/:\/\/.*[@?]/.test(value)) given[name] = value;
    const fallback = mode === "sim" ? notesOf(name).simDefault : undefined;
    const chosen = value === undefined || value === "" ? fallback : value;
    if (chosen !== undefined) raw[name] = chosen;
  }
  const parsed = environment.safeParse(raw);
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
    refuse([...names].map((name) => wrong(name as VariableName, raw[name])));
  }
  const values = parsed.data!;
  const errors = contradictions(values, raw);
  if (errors.length > 0) refuse(errors);
  return deepFreeze({ ...shape(values, mode, cwd), given, warnings: unknownNames(env) });
}

function wrong(name: VariableName, value: string): FieldError {
  const notes = notesOf(name);
  const hide = notes.secret || /:\/\/[^/]*@/.test(value);
  const shown = hide
    ? `*** (${value.length} characters)`
    : JSON.stringify(value.length > 80 ? value.slice(0, 77) + "…" : value);
  return { path: name, message: `${name} is ${shown}: give ${notes.allowed}.` };
}

/** Rules that need more than one variable. */
function contradictions(values: Environment, raw: Record<string, string>): FieldError[] {
  const errors: FieldError[] = [];
  if (values.TEMP_MIN >= values.TEMP_MAX) {
    errors.push({
      path: "TEMP_MIN",
      message:
        `TEMP_MIN is "${values.TEMP_MIN}" and TEMP_MAX is "${values.TEMP_MAX}": give a minimum below the maximum.`,
    });
  }
  if (values.PERCH_TLS === "files" && raw.TLS_CERT === undefined && raw.TLS_KEY === undefined) {
    errors.push({
      path: "TLS_CERT",
      message: 'TLS_CERT and TLS_KEY are not set although PERCH_TLS is "files": give both.',
    });
  }
  if (values.PERCH_TLS !== "files" && raw.TLS_CERT !== undefined) {
    errors.push({
      path: "PERCH_TLS",
      message: `PERCH_TLS is "${values.PERCH_TLS}" although TLS_CERT is set: give files.`,
    });
  }
  if (raw.PERCH_NODE_URL !== undefined && !/^https?:/.test(values.DATABASE_URL ?? "")) {
    errors.push({
      path: "DATABASE_URL",
      message:
        "DATABASE_URL does not name a libSQL server although PERCH_NODE_URL is set: nodes share one, so give " +
        "http(s)://host:port.",
    });
  }
  for (
    const [one, other] of [
      ["MQTT_CERT", "MQTT_KEY"],
      ["MQTT_KEY", "MQTT_CERT"],
      ["TLS_CERT", "TLS_KEY"],
      ["TLS_KEY", "TLS_CERT"],
    ]
  ) {
    if (raw[one] !== undefined && raw[other] === undefined) {
      errors.push({
        path: other,
        message: `${other} is not set although ${one} is: give both or none.`,
      });
    }
  }
  return errors;
}

function refuse(errors: FieldError[]): never {
  throw new PerchError("validation", errors.map((e) => e.message).join(" "), { errors });
}

function unknownNames(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>([...VARIABLE_NAMES, ...TEST_NAMES]);
  return Object.keys(env)
    .filter((name) => name.startsWith("PERCH_") && !known.has(name))
    .map((name) =>
      `${name} is not a variable of Perch and is ignored; "perch check --env" lists all.`
    );
}

function shape(
  values: Environment,
  mode: Mode,
  cwd: string,
): Omit<Config, "given" | "warnings"> {
  const dataDir = resolve(cwd, values.PERCH_DATA);
  const file = (path: string | undefined) => path === undefined ? null : resolve(cwd, path);
  const broker = credentials(values.MQTT_URL);
  const history = credentials(values.HISTORY_URL);
  const publicUrl = values.PERCH_PUBLIC_URL;
  return {
    mode,
    http: {
      host: values.PERCH_HOST,
      port: values.PERCH_PORT,
      publicUrl: publicUrl?.replace(/\/+$/, "") ?? null,
      base: publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/+$/, ""),
      corsOrigins: values.CORS_ORIGINS ?? [],
      allowedNetworks: values.ALLOWED_NETWORKS ?? null,
      trustedProxies: values.TRUSTED_PROXIES ?? [],
    },
    tls: values.PERCH_TLS === "off" ? null : {
      port: values.PERCH_TLS_PORT,
      files: values.PERCH_TLS === "auto"
        ? null
        : { cert: resolve(cwd, values.TLS_CERT!), key: resolve(cwd, values.TLS_KEY!) },
      plainIngest: values.PLAIN_INGEST,
    },
    dataDir,
    database: database(values, dataDir),
    node: values.PERCH_NODE_URL === undefined ? null : {
      url: values.PERCH_NODE_URL.replace(/\/+$/, ""),
      leaseMs: values.NODE_LEASE_S * 1000,
    },
    autoRestore: values.AUTO_RESTORE,
    intake: {
      commitIntervalMs: values.COMMIT_INTERVAL_MS,
      newSensors: values.NEW_SENSORS,
      newSensorsPerHour: values.NEW_SENSORS_PER_HOUR,
    },
    retention: {
      days: values.RETENTION_DAYS || null,
      maxDatabaseBytes: values.MAX_DATABASE_MB === 0 ? null : values.MAX_DATABASE_MB * 1_000_000,
    },
    mqtt: {
      url: broker.url,
      topics: values.MQTT_TOPICS,
      user: values.MQTT_USER ?? broker.user,
      password: values.MQTT_PASSWORD ?? broker.password,
      caFile: file(values.MQTT_CA),
      certFile: file(values.MQTT_CERT),
      keyFile: file(values.MQTT_KEY),
      clientId: values.MQTT_CLIENT_ID ?? null,
      version: values.MQTT_VERSION,
      share: values.MQTT_SHARE ?? null,
    },
    broker: { host: values.MQTT_HOST, port: values.MQTT_PORT },
    outgoing: { networks: values.OUTGOING_NETWORKS ?? [], caFile: file(values.OUTGOING_CA) },
    smtp: {
      server: values.SMTP_SERVER ?? null,
      port: values.SMTP_PORT,
      sender: values.SENDER_EMAIL ?? null,
      password: values.SENDER_PASSWORD ?? null,
      recipient: values.RECIPIENT_EMAIL ?? null,
    },
    slackUrl: values.SLACK_WEBHOOK_URL ?? null,
    thingspeak: {
      baseUrl: values.THINGSPEAK_BASE_URL.replace(/\/+$/, ""),
      channelId: values.THINGSPEAK_CHANNEL_ID ?? null,
      writeKey: values.THINGSPEAK_WRITE_API_KEY ?? null,
      readKey: values.THINGSPEAK_READ_API_KEY ?? null,
      intervalMs: values.UPDATE_INTERVAL * 1000,
    },
    history: {
      ...history,
      url: history.url?.replace(/\/+$/, "") ?? null,
      token: values.HISTORY_TOKEN ?? null,
    },
    gemini: {
      key: values.GEMINI_API_KEY ?? null,
      baseUrl: (values.GEMINI_BASE_URL ?? GEMINI).replace(/\/+$/, ""),
      model: values.AI_MODEL,
      modelFix: values.AI_MODEL_FIX,
      verbose: values.AI_VERBOSE,
    },
    siteId: values.USER_ID ?? null,
    upstream: values.UPSTREAM_URL ?? null,
    upstreamMqtt: values.UPSTREAM_MQTT_URL ?? null,
    upstreamFormat: values.UPSTREAM_MQTT_FORMAT,
    announcedAddress: values.LOCAL_SENSOR_IP ?? null,
    jwtSecret: values.JWT_SECRET ?? null,
    sim: {
      tempMinC: values.TEMP_MIN,
      tempMaxC: values.TEMP_MAX,
      updateIntervalS: values.UPDATE_INTERVAL,
    },
    service: {
      notifySocket: values.NOTIFY_SOCKET ?? null,
      watchdogMs: values.WATCHDOG_USEC ? values.WATCHDOG_USEC / 1000 : null,
      watchdogPid: values.WATCHDOG_PID ?? null,
    },
    terminal: { isDumb: values.TERM === "dumb" },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  };
}

/** Takes user and password out of an address, so that the address may be shown and logged. */
function credentials(
  address: string | undefined,
): { url: string | null; user: string | null; password: Secret | null } {
  if (address === undefined) return { url: null, user: null, password: null };
  const url = new URL(address);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  return {
    url: url.href,
    user: user === "" ? null : user,
    password: password === "" ? null : new Secret(password),
  };
}

function database(values: Environment, dataDir: string): Config["database"] {
  const address = values.DATABASE_URL;
  if (address === undefined) {
    return {
      url: "file:" + join(dataDir, "perch.db"),
      authToken: values.DATABASE_AUTH_TOKEN ?? null,
    };
  }
  if (address.startsWith("file:")) {
    const path = address.replace(/^file:(\/\/(?=\/))?/, "");
    return {
      url: "file:" + (isAbsolute(path) ? path : join(dataDir, path)),
      authToken: values.DATABASE_AUTH_TOKEN ?? null,
    };
  }
  const url = new URL(address);
  const token = url.searchParams.get("authToken");
  url.searchParams.delete("authToken");
  return {
    url: url.href.replace(/\/$/, ""),
    authToken: values.DATABASE_AUTH_TOKEN ?? (token === null ? null : new Secret(token)),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Secret)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
