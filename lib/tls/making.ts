/**
 * DESIGN: the one door to the library that writes certificates; it is loaded when one is made, which is once a
 * year. The authority may sign for this host's names and for private addresses, and for nothing else (name
 * constraints): whoever stole its key could not pretend to be another site.
 */
import ipaddr from "ipaddr.js";
import { DAY_MS } from "../words/times.ts";
import type { Names, Pair } from "./certificates.ts";

/** Addresses that belong to nobody in particular: home and plant networks, carriers' and Tailscale's, this host. */
export const PRIVATE_RANGES = [
  ["10.0.0.0", "255.0.0.0"],
  ["172.16.0.0", "255.240.0.0"],
  ["192.168.0.0", "255.255.0.0"],
  ["100.64.0.0", "255.192.0.0"],
  ["169.254.0.0", "255.255.0.0"],
  ["127.0.0.0", "255.0.0.0"],
  ["fc00::", "fe00::"],
  ["fe80::", "ffc0::"],
  ["::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
] as const;

const AUTHORITY_DAYS = 3_652;
/** Browsers take none that holds for longer than 398. */
const SERVER_DAYS = 397;
/** Clocks of phones and of small hosts differ. */
const EARLIER_DAYS = 2;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const NAME_CONSTRAINTS = "2.5.29.30";
const SEQUENCE = 0x30, PERMITTED = 0xa0, DNS_NAME = 0x82, IP_ADDRESS = 0x87;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** A new authority that signs for `dns`, names below them and private addresses. */
export async function makeAuthority(
  { name, dns, nowMs }: { name: string; dns: readonly string[]; nowMs: number },
): Promise<Pair> {
  const x509 = await library();
  const keys = await newKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ O: ["Perch"] }, { CN: [name] }],
    ...validity(nowMs, AUTHORITY_DAYS),
    signingAlgorithm: ECDSA,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      new x509.Extension(NAME_CONSTRAINTS, true, constraints(dns)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: await pemOf(keys.privateKey) };
}

/** A new key, and a certificate for it that the authority signs. */
export async function makeServer(
  authority: Pair,
  { dns, ips, nowMs }: Names & { nowMs: number },
): Promise<Pair> {
  const x509 = await library();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ O: ["Perch"] }, { CN: [dns[0]] }],
    issuer: issuer.subject,
    ...validity(nowMs, SERVER_DAYS),
    signingAlgorithm: ECDSA,
    publicKey: keys.publicKey,
    signingKey: await keyOf(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([
        ...dns.map((value) => ({ type: "dns" as const, value })),
        ...ips.map((value) => ({ type: "ip" as const, value })),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: await pemOf(keys.privateKey) };
}

async function library() {
  // The library below it asks for this to be there first.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  const fromMs = nowMs - EARLIER_DAYS * DAY_MS;
  return { notBefore: new Date(fromMs), notAfter: new Date(fromMs + days * DAY_MS) };
}

/** NameConstraints (RFC 5280, 4.2.1.10) with `dns` and the private ranges permitted; the library knows it not. */
function constraints(dns: readonly string[]): Uint8Array<ArrayBuffer> {
  const names = [
    ...dns.map((name) => der(DNS_NAME, new TextEncoder().encode(name))),
    ...PRIVATE_RANGES.map(([address, mask]) =>
      der(
        IP_ADDRESS,
        Uint8Array.from([address, mask].flatMap((ip) => ipaddr.parse(ip).toByteArray())),
      )
    ),
  ];
  const subtrees = names.map((name) => der(SEQUENCE, name));
  return der(SEQUENCE, der(PERMITTED, joined(subtrees)));
}

/** One element of DER. */
function der(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return joined([Uint8Array.of(tag, ...size), content]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
}

/** Positive, and like no other. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0] & 0x7f | 0x40;
  return bytes.toHex();
}

async function pemOf(key: CryptoKey): Promise<string> {
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  const lines = der.toBase64().match(/.{1,64}/g)!;
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}

function keyOf(pem: string): Promise<CryptoKey> {
  const der = Uint8Array.fromBase64(pem.replace(/-----[^-]+-----/g, ""));
  return crypto.subtle.importKey("pkcs8", der, ECDSA, false, ["sign"]);
}
