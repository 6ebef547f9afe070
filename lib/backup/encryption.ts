import { PerchError } from "../base/errors.ts";

/** A key pair that was just made; it is kept nowhere. */
export interface KeyPair {
  /** The private key, `AGE-SECRET-KEY-1…`: opens the backups. */
  identity: string;
  /** The public key, `age1…`: all that this host keeps. */
  recipient: string;
}

const TEST_MESSAGE = "Perch can read this backup.";
/** Of `age-keygen`: X25519 alone. */
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

/** Loaded when it is needed: most plants never do. */
const age = () => import("age-encryption");

export async function createKeyPair(): Promise<KeyPair> {
  const { generateX25519Identity, identityToRecipient } = await age();
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * The public key of a private one that somebody typed or pasted, once a test message that was encrypted for it has
 * been decrypted with it. @throws PerchError `validation`, without what was typed
 */
export async function provenRecipient(typed: string): Promise<string> {
  const identity = typed.replace(/\s+/g, "").toUpperCase();
  if (!IDENTITY.test(identity)) throw wrongKey();
  const { Decrypter, Encrypter, identityToRecipient } = await age();
  try {
    const recipient = await identityToRecipient(identity);
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const message = await decrypter.decrypt(await encrypter.encrypt(TEST_MESSAGE), "text");
    if (message === TEST_MESSAGE) return recipient;
  } catch {
    // The error may quote the key.
  }
  throw wrongKey();
}

function wrongKey(): PerchError {
  const message =
    "is not a key of the recovery sheet: give all 74 characters, from AGE-SECRET-KEY-1 to the last";
  return new PerchError("validation", `identity: ${message}`, {
    errors: [{ path: "identity", message }],
  });
}

/** What is to be printed and kept away from this host. */
export function recoverySheet(
  { identity, recipient, site, madeMs }: KeyPair & { site: string; madeMs: number },
): string {
  return [
    `Recovery sheet for the backups of ${site}`,
    "",
    `Made on ${new Date(madeMs).toISOString().slice(0, 10)} by Perch.`,
    "",
    "Whoever has this key can read the backups, with all that is in them. Without it nobody can,",
    "and there is no second one: print this sheet, or keep it in a safe place that is not the host",
    "that runs Perch.",
    "",
    "Private key:",
    "",
    `    ${identity}`,
    "",
    "Public key (Perch has it; it can only encrypt):",
    "",
    `    ${recipient}`,
    "",
    "To restore with Perch, with this sheet as it was saved, or a file with the private key in it:",
    "",
    "    perch restore --identity perch-recovery-sheet.txt FILE.tar.gz.age",
    "",
    "To open a backup without Perch, with the program age (https://age-encryption.org): write the",
    "private key alone into a file, key.txt, and run",
    "",
    "    age -d -i key.txt FILE.tar.gz.age | tar xz",
    "",
    "That gives perch.db, an SQLite database, and the plant's files.",
    "",
  ].join("\n");
}
