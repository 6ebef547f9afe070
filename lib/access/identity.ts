export const ROLES = ["viewer", "engineer", "admin"] as const;
/** Each role may do what the ones before it may. */
export type Role = typeof ROLES[number];

/** Who is asking. */
export interface Identity {
  kind: "user" | "key" | "device";
  /** Id of the user, key or device key. */
  id: string;
  /** Name or address to show and to write into the audit log. */
  name: string;
  role: Role;
  /** Scopes of an API key; users have all that their role has. */
  scopes: readonly string[] | null;
  /** A device key is limited to this machine path. */
  machine: string | null;
  /** How the request proved it: CSRF checks apply to cookies only. */
  via: "session" | "token" | "key" | "mqtt" | "socket";
  /** Id of the sign-in behind it, for users. */
  session?: string;
  /** When it ends by itself (epoch ms); streams end with it. */
  expiresMs?: number;
}
