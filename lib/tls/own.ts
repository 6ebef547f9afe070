/**
 * DESIGN: an authority is made once and kept, as people have told their devices to trust it. What it signs is
 * made anew whenever that is due. Each stands in one file with its key, so that both are there or none. A file
 * that cannot be used is moved aside, never overwritten.
 */
import { join } from "node:path";
import { makeFolder, writeDurably } from "../base/durable_file.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { DAY_MS } from "../words/times.ts";
import type { Certificates, Names, Pair } from "./certificates.ts";
import { type CertificateFacts, checkPair, pairIn } from "./facts.ts";
import { sameNames } from "./host_names.ts";

const LOOK_MS = 60_000;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** What it signs holds for up to 397 days. */
const AUTHORITY_BEFORE_MS = 400 * DAY_MS;

interface Kept extends CertificateFacts {
  pair: Pair;
  /** Of the authority: the names that it may sign for. They stand before the PEM blocks. */
  permitted: readonly string[];
}

const PERMITTED = "Permitted names: ";

export interface OwnOptions {
  /** `<data>/tls`. */
  folder: string;
  hostName: string;
  /** What the certificate has to be for, as it is now. */
  names(): Names;
  now(): number;
  log: Log;
}

/** Reads authority and certificate, or makes them. @throws when the folder cannot be written */
export async function openOwn(options: OwnOptions): Promise<Certificates> {
  const { folder, now, log } = options;
  await makeFolder(folder);
  const authorityFile = join(folder, "authority.pem");
  const serverFile = join(folder, "server.pem");
  let trouble: string | null = null;
  let authority = await read(authorityFile, "authority of HTTPS");
  let made = false;
  if (authority === null || authority.validToMs - now() < AUTHORITY_BEFORE_MS) {
    authority = await newAuthority();
    made = true;
  }
  let server = made ? null : await read(serverFile, "certificate of HTTPS");
  server = server === null || isDue(server) ? await newServer() : server;

  async function read(path: string, what: string): Promise<Kept | null> {
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    try {
      const pair = pairIn(text);
      return { pair, permitted: permittedIn(text), ...checkPair(pair, now()) };
    } catch (error) {
      const aside = `${path}.unusable-${new Date(now()).toISOString().replaceAll(":", "-")}`;
      await Deno.rename(path, aside);
      log.warn(`the ${what} cannot be used (${messageOf(error)}); it is ${aside} now`);
      return null;
    }
  }

  async function keep(path: string, pair: Pair, permitted: readonly string[]): Promise<Kept> {
    const facts = checkPair(pair, now());
    const head = permitted.length === 0 ? "" : `${PERMITTED}${permitted.join(" ")}\n`;
    await writeDurably(path, new TextEncoder().encode(head + pair.key + pair.cert));
    return { pair, permitted, ...facts };
  }

  async function newAuthority(): Promise<Kept> {
    const { makeAuthority } = await import("./making.ts");
    const { hostName } = options;
    const { dns } = options.names();
    const pair = await makeAuthority({ name: `Perch at ${hostName}`, dns, nowMs: now() });
    const kept = await keep(authorityFile, pair, dns);
    log.info("a new authority of HTTPS was made: devices have to be told to trust it, at /trust", {
      sha256: kept.fingerprint,
    });
    return kept;
  }

  async function newServer(): Promise<Kept> {
    const { makeServer } = await import("./making.ts");
    const names = possible();
    const pair = await makeServer(authority!.pair, { ...names, nowMs: now() });
    log.info("the certificate of HTTPS was made", { names: [...names.dns, ...names.ips] });
    return await keep(serverFile, pair, []);
  }

  function isDue(kept: Kept): boolean {
    return kept.validToMs - now() < RENEW_BEFORE_MS || kept.validFromMs > now() ||
      !sameNames(kept.names, possible());
  }

  function mayBe(name: string): boolean {
    return authority!.permitted.some((one) => name === one || name.endsWith(`.${one}`));
  }

  /** What is wanted, as far as the authority may sign for it. */
  function possible(): Names {
    const { dns, ips } = options.names();
    return { dns: dns.filter(mayBe), ips };
  }

  function misfit(): string | null {
    const others = options.names().dns.filter((name) => !mayBe(name));
    return others.length === 0
      ? null
      : `The certificate of HTTPS is not for ${others.join(", ")}: its authority was made for ` +
        `${authority!.permitted.join(", ")}. Remove ${authorityFile} and restart Perch for a new ` +
        "one; devices then have to be told again to trust it.";
  }

  return {
    current: () => server!.pair,
    validToMs: () => server!.validToMs,
    names: () => server!.names,
    authority: () => ({ pem: authority!.pair.cert, fingerprint: authority!.fingerprint }),
    trouble: () => trouble ?? misfit(),
    lookEveryMs: LOOK_MS,
    async look() {
      if (!isDue(server!)) return false;
      try {
        server = await newServer();
        trouble = null;
        return true;
      } catch (error) {
        trouble = `The certificate of HTTPS could not be made anew: ${messageOf(error)}.`;
        return false;
      }
    },
  };
}

function permittedIn(text: string): string[] {
  const line = text.split("\n").find((line) => line.startsWith(PERMITTED));
  return line === undefined ? [] : line.slice(PERMITTED.length).split(" ");
}
