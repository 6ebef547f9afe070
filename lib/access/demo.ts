import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { systemActor } from "./audit_row.ts";
import type { Role } from "./identity.ts";
import type { DemoMode } from "./user_store.ts";
import type { Users } from "./users.ts";

export interface DemoUser {
  email: string;
  role: Role;
  password: string;
}

const DEMO: readonly DemoUser[] = [
  { email: "admin@example.com", role: "admin", password: "admin123" },
  { email: "engineer@example.com", role: "engineer", password: "engineer123" },
  { email: "viewer@example.com", role: "viewer", password: "viewer123" },
];

/**
 * The simulator's accounts. On loopback they have the documented passwords; opened to the network they get
 * random ones at each start. Outside the simulator they are not loaded at all.
 * @throws PerchError `conflict` in a data directory that is not the simulator's
 */
export async function ensureDemoUsers(users: Users, mode: DemoMode): Promise<DemoUser[]> {
  const actor = systemActor("simulator");
  const everyone = users.list();
  if (everyone.length > 0 && everyone.every((user) => user.demo === null)) {
    throw new PerchError(
      "conflict",
      "this data directory holds real accounts; give the simulator a directory of its own (PERCH_DATA)",
    );
  }
  const out: DemoUser[] = [];
  for (const demo of DEMO) {
    const known = users.byEmail(demo.email);
    const password = mode === "loopback" ? demo.password : randomId(12);
    if (!known) {
      await users.add({ ...demo, password, demo: mode }, actor);
    } else if (mode === "lan" || known.demo !== "loopback") {
      await users.setPassword(known.id, password, actor, { demo: mode });
    }
    out.push({ ...demo, password });
  }
  return out;
}
