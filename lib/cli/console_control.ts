import { type Actor, systemActor } from "../access/audit_row.ts";
import type { Parts } from "../app/parts.ts";
import { PerchError } from "../base/errors.ts";
import type { Audited } from "../events/audit_change.ts";
import { trialOf, trialWords } from "../faults/corrections/correction.ts";
import { waitingWords } from "../words/fault.ts";
import { type Condition, conditionLines } from "./condition.ts";
import type { Approval, ConsoleCalls, FaultView } from "./console/view.ts";

type Faults = Parts["faults"];
type OpenFault = ReturnType<Faults["open"]>[number];
type Paused = ReturnType<Faults["paused"]>[number];
type Correction = Awaited<ReturnType<Parts["corrections"]["ofFault"]>>[number];

/** Of so many faults the corrections are shown: nobody pages through more in a terminal. */
const MOST_SHOWN = 20;

/** What the console asks for. Whoever can open the socket owns the plant: only an approval asks who it is. */
export function createConsoleControl(
  { access, corrections, clock, faults }: Pick<
    Parts,
    "access" | "clock" | "corrections" | "faults"
  >,
  condition: () => Condition,
): ConsoleCalls {
  const { audit } = access;

  /** A change by whoever is at the console: who was faster is named, as in a browser. */
  async function acting<T>(who: Actor, run: (audited: Audited) => Promise<T>): Promise<T> {
    const seen = audit.changes.see();
    const actor = { ...who, seen };
    try {
      return await run((change) => audit.statement({ ...change, actor }));
    } catch (error) {
      throw await audit.changes.explained(error, seen);
    }
  }

  async function viewOf(fault: OpenFault, pause: Paused | undefined): Promise<FaultView> {
    const { id, component, type, severity, message, file, line, column, firstMs, lastMs } = fault;
    const [latest] = await corrections.ofFault(id);
    return {
      ...{ id, component, type, severity, message, file, line, column },
      first_ms: firstMs,
      last_ms: lastMs,
      paused: pause !== undefined,
      waiting: pause?.waiting ?? 0,
      proposal: latest?.state === "proposed" ? proposalOf(latest) : null,
      instead: pastOf(latest) ?? reasonOf(corrections.reason(id)),
    };
  }

  /** The admin whose address and password these are. @throws PerchError */
  async function proved({ email, password, code }: Approval): Promise<Person> {
    const user = access.users.byEmail(email);
    if (user?.state !== "active") throw wrong();
    const actor: Actor = {
      ...{ kind: "user", id: user.id, name: user.email },
      ...{ address: null, agent: "console" },
    };
    const { signIn } = access;
    const asksCode = user.totp && code === undefined;
    try {
      if (asksCode) await signIn.confirm(user, password, actor);
      else await signIn.confirmWithCode(user, { password, code }, actor);
    } catch (error) {
      const paths = error instanceof PerchError ? error.errors.map(({ path }) => path) : [];
      if (paths.includes("password")) throw wrong();
      throw paths.includes("code") ? codeNeeded("This code is not right.") : error;
    }
    if (asksCode) throw codeNeeded("A code of your second factor is needed.");
    return { id: user.id, role: user.role, actor };
  }

  return {
    async openFaults() {
      const paused = new Map(faults.paused().map((one) => [one.component, one]));
      const open = faults.open();
      // The order stays within each half: the worst first.
      const first = [
        ...open.filter(({ component }) => paused.has(component)),
        ...open.filter(({ component }) => !paused.has(component)),
      ];
      return await Promise.all(
        first.slice(0, MOST_SHOWN).map((fault) => viewOf(fault, paused.get(fault.component))),
      );
    },
    consoleStatus: () =>
      Promise.resolve({
        lines: [...pausedLines(faults), openLine(faults), ...conditionLines(condition())],
      }),
    resumeComponent: ({ component }) =>
      acting(systemActor("console"), async (audited) => {
        await faults.resume(component, { name: "console", reason: "at the console", audited });
        const isPaused = faults.paused().some((one) => one.component === component);
        return {
          text: isPaused
            ? `${component} was paused again at once: what is wrong with it is still there.`
            : `${component} goes on.`,
        };
      }),
    proposeCorrection: ({ fault }) =>
      acting(systemActor("console"), async (audited) => {
        const found = await corrections.propose(fault, { name: "console", audited }, true);
        return {
          text: found.correction === null
            ? `There is no safe proposal: ${found.reason}.`
            : `This is proposed by ${found.correction.author}.`,
        };
      }),
    async applyCorrection(approval) {
      const { id: person, role, actor } = await proved(approval);
      const { fault, proposal, diffHash } = approval;
      const shown = await corrections.ofFault(fault);
      // The console showed exactly this one.
      corrections.show(
        shown.filter((one) => one.id === proposal && one.diffHash === diffHash),
        person,
      );
      const asker = { kind: "user", role, provedMs: clock.now() } as const;
      return await acting(actor, async (audited) => {
        const by = { name: actor.name, audited };
        const applied = await corrections.approve(fault, { diffHash, asker, person, by });
        return { text: appliedText(applied) };
      });
    },
  };
}

interface Person {
  id: string;
  role: "viewer" | "engineer" | "admin";
  actor: Actor;
}

const wrong = () => new PerchError("unauthenticated", "Address or password is wrong.");
const codeNeeded = (message: string) =>
  new PerchError("unauthenticated", message, { errors: [{ path: "code", message }] });

function proposalOf(one: Correction): FaultView["proposal"] {
  const { id, target, diff, diffHash, author, text } = one;
  return { id, target, diff, diff_hash: diffHash, author, text, tried: trialWords(trialOf(one)) };
}

const reasonOf = (reason: string | null) =>
  reason === null ? null : `There is no safe proposal: ${reason}.`;

/** What became of the latest correction, where that says why there is no other. */
function pastOf(one: Correction | undefined): string | null {
  if (one === undefined) return null;
  const { state, author, outcome } = one;
  if (state === "applying") return `The correction by ${author} is being applied.`;
  if (state === "watching") return `The correction by ${author} is in place and being watched.`;
  if (state !== "rolled_back" && state !== "failed") return null;
  const what = state === "failed" ? "was not applied" : "was rolled back";
  return `The correction by ${author} ${what}${outcome === null ? "" : `: ${outcome}`}.`;
}

function appliedText({ state, target, outcome }: Correction): string {
  return state === "watching"
    ? `${target} is corrected; what was there is kept. It is watched now, and put back if it gets worse.`
    : `${target} is corrected: ${outcome ?? state}.`;
}

function pausedLines(faults: Faults): string[] {
  return faults.paused().map(({ component, sinceMs, waiting }) => {
    const since = new Date(sinceMs).toISOString().slice(11, 19);
    const held = waitingWords(component, waiting);
    return `Paused: ${component} since ${since} UTC${held === null ? "" : `, ${held}`}.`;
  });
}

function openLine(faults: Faults): string {
  const counts = new Map<string, number>();
  for (const { severity } of faults.open()) {
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  const words = [...counts].map(([severity, n]) => `${n} ${severity}`).join(", ");
  return `Open faults: ${words || "none"}.`;
}
