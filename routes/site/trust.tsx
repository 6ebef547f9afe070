/** @module `/trust`: how devices are told to trust the authority that signs this Perch's certificate. */
import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import type { Certificates } from "../../lib/tls/certificates.ts";
import type { Shell } from "../frame/shell.tsx";
import { type Route, route } from "../http/route.ts";

export type Trust = Pick<Certificates, "authority" | "names" | "validToMs">;

/** Public, also over plain HTTP: whoever does not trust Perch yet comes here first. */
export function trustRoutes({ trust, shell }: { trust: Trust | null; shell: Shell }): Route[] {
  return [
    route({
      method: "get",
      path: "/trust",
      policy: "public",
      summary: null,
      handler: () => shell("Trust this Perch", <Page trust={trust} />),
    }),
    route({
      method: "get",
      path: "/trust/ca.pem",
      policy: "public",
      summary: null,
      handler: () => {
        const authority = trust?.authority() ?? null;
        if (authority === null) {
          throw new PerchError("not_found", "this Perch has no authority of its own");
        }
        return new Response(authority.pem, {
          headers: {
            "content-type": "application/x-x509-ca-cert",
            "content-disposition": 'attachment; filename="perch-ca.pem"',
            "cache-control": "no-cache",
          },
        });
      },
    }),
  ];
}

const STEPS: readonly { title: string; steps: readonly string[] }[] = [
  {
    title: "iPhone, iPad",
    steps: [
      "Download the file in Safari and allow the profile.",
      "Settings, General, VPN & Device Management: install it.",
      "Settings, General, About, Certificate Trust Settings: switch it on. Without this step nothing changes.",
    ],
  },
  {
    title: "Android",
    steps: [
      "Download the file.",
      "Settings, Security, More security settings, Encryption & credentials, Install a certificate, CA certificate: choose it.",
      "Chrome takes it from then on; other apps do not.",
    ],
  },
  {
    title: "Windows",
    steps: [
      "Download the file and rename it to perch-ca.crt.",
      "Open it: Install Certificate, Local Machine, place it in Trusted Root Certification Authorities.",
    ],
  },
  {
    title: "macOS",
    steps: [
      "Download the file and open it: it goes into Keychain Access.",
      "Open it there, Trust: Always Trust.",
    ],
  },
  {
    title: "Linux (Debian, Ubuntu)",
    steps: [
      "Copy the file to /usr/local/share/ca-certificates/perch-ca.crt.",
      "Run sudo update-ca-certificates.",
      "Chrome: Settings, Privacy and security, Security, Manage certificates: import it.",
    ],
  },
  {
    title: "Firefox, everywhere",
    steps: [
      "It has certificates of its own: Settings, Privacy & Security, View Certificates, Authorities, Import.",
    ],
  },
];

function Page({ trust }: { trust: Trust | null }): VNode {
  const authority = trust?.authority() ?? null;
  if (trust === null || authority === null) {
    return (
      <p>
        {trust === null
          ? "This Perch is served over plain HTTP. Whoever runs it can set PERCH_TLS=auto for HTTPS."
          : "The certificate of this Perch was signed by an authority of somebody else: there is nothing to do here."}
      </p>
    );
  }
  const { dns, ips } = trust.names();
  return (
    <div class="trust">
      <p>
        Perch signs its certificate itself, so browsers warn of it until this device is told to
        trust its authority. That is done once per device. The authority can sign for this host and
        for private addresses only.
      </p>
      <p>
        <a class="button" href="/trust/ca.pem" download="perch-ca.pem">Download the certificate</a>
      </p>
      <p>
        Compare its SHA-256 fingerprint with the one that the device shows, or that stands in the
        log of Perch:
      </p>
      <pre tabIndex={0}>{authority.fingerprint}</pre>
      {STEPS.map(({ title, steps }) => (
        <details key={title}>
          <summary>{title}</summary>
          <ol>{steps.map((step) => <li key={step}>{step}</li>)}</ol>
        </details>
      ))}
      <p class="help">{`It is for ${[...dns, ...ips].join(", ")}.`}</p>
    </div>
  );
}
