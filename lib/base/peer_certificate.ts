/** Looks at the certificate of whoever is at the other end of a connection, good or not. */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Authorities, PeerCertificate } from "./outgoing.ts";

/** Speaks TLS over `socket`, and ends it. @throws Error when the other end does not speak TLS */
export async function peerCertificate(
  socket: Socket,
  servername: string | null,
  ca: Authorities,
): Promise<PeerCertificate> {
  const { connect } = await import("node:tls");
  const name = servername === null ? {} : { servername };
  const secure = connect({ socket, ca, ...name, rejectUnauthorized: false });
  try {
    return await new Promise((resolve, reject) => {
      secure.once("secureConnect", () => resolve(certificateOf(secure)));
      secure.once("error", reject);
      socket.once(
        "close",
        () => reject(new Error("the connection was closed before TLS was agreed")),
      );
    });
  } finally {
    secure.on("error", () => {});
    secure.destroy();
    socket.destroy();
  }
}

/** Of an open connection. */
export function certificateOf(secure: TLSSocket): PeerCertificate {
  const { valid_to, subject, issuer } = secure.getPeerCertificate();
  const { authorizationError: fault } = secure;
  return {
    validToMs: Date.parse(valid_to),
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    fault: secure.authorized
      ? null
      : String((fault as { code?: string } | null)?.code ?? fault ?? "unknown"),
  };
}

function nameOf(name: { CN?: string | string[]; O?: string | string[] } | undefined): string {
  return String(name?.CN ?? name?.O ?? "").slice(0, 100);
}
