import type { VNode } from "preact";
import { atLeast } from "../../lib/access/policy.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import {
  type Correction,
  type CorrectionState,
  trialOf,
  trialWords,
} from "../../lib/faults/corrections/correction.ts";
import { FRESH_MS, ROLL_BACK_MS } from "../../lib/faults/corrections/decide.ts";
import { FormError, Hidden } from "../frame/form.tsx";
import { ProofFields } from "../frame/proof_fields.tsx";
import { type FormState, stateOf } from "../frame/form_page.ts";
import { Fact, Facts, Post } from "../frame/parts.tsx";
import { Ago } from "../frame/times.tsx";
import type { RouteContext } from "../http/route.ts";
import { correctionsOf, provedMs } from "./corrections_request.ts";
import { Diff } from "../frame/diff.tsx";
import { TriedMessages } from "./tried_messages.tsx";
import type { FaultPageParts } from "./page_parts.ts";
import { faultHref } from "./parts_drawn.tsx";

const IN_PLACE: readonly CorrectionState[] = ["watching", "kept"];
const STATE_WORDS: Readonly<Record<CorrectionState, string>> = {
  proposed: "Proposed",
  outdated: "Outdated",
  dismissed: "Not wanted",
  applying: "Being applied",
  watching: "In place, and watched",
  kept: "In place",
  rolled_back: "Taken back",
  failed: "Not applied",
};

/** What is proposed against a fault, and what became of it; for admins, whom it is shown by this. */
export async function correctionOf(
  parts: FaultPageParts,
  context: RouteContext,
  fault: Fault,
  state: FormState,
): Promise<VNode | null> {
  const { who } = context;
  if (who === null || !atLeast(who.role, "admin")) return null;
  const [newest, ...older] = await correctionsOf(parts, context, fault.id);
  const reason = parts.corrections.reason(fault.id);
  const canBe = fault.state === "open" && (fault.file !== null || fault.type === "setting_unused");
  if (newest === undefined && reason === null && !canBe) return null;
  const { nowMs } = context;
  const proved = provedMs(parts, context);
  const isFresh = proved !== null && nowMs - proved <= FRESH_MS;
  return (
    <section class="card correction" aria-labelledby="correction">
      <h2 id="correction">Correction</h2>
      {state.notice}
      <FormError>{stateOf(state, "propose").errors.form}</FormError>
      <FormError>{stateOf(state, "rollback").errors.form}</FormError>
      {newest === undefined
        ? <None fault={fault} reason={reason} />
        : <One one={newest} nowMs={nowMs} zone={parts.zone} />}
      {newest?.state === "proposed" && who.kind === "user" && (
        <Approve fault={fault} one={newest} isFresh={isFresh} state={stateOf(state, "approve")} />
      )}
      {newest !== undefined && IN_PLACE.includes(newest.state) &&
        nowMs - newest.appliedMs! <= ROLL_BACK_MS && <RollBack fault={fault} />}
      {newest !== undefined && !IN_PLACE.includes(newest.state) && fault.state === "open" && (
        <Regenerate fault={fault} isOpen={newest.state === "proposed"} reason={reason} />
      )}
      {older.length > 0 && <Older all={older} nowMs={nowMs} zone={parts.zone} />}
    </section>
  );
}

function None({ fault, reason }: { fault: Fault; reason: string | null }): VNode {
  return (
    <>
      <p>
        {reason === null
          ? "No correction was looked for so far."
          : `There is no safe proposal: ${reason}.`}
      </p>
      <Post action={`${faultHref(fault.id)}/propose`}>Look for a correction</Post>
    </>
  );
}

function One({ one, nowMs, zone }: { one: Correction; nowMs: number; zone: string }): VNode {
  const trial = trialOf(one);
  const { state, text, target, author, approver, outcome, proposedMs, diff } = one;
  return (
    <>
      <p>{`${text}.`}</p>
      <Facts>
        <Fact name="State">
          {STATE_WORDS[state]}
          {outcome !== null && `: ${outcome}`}
        </Fact>
        <Fact name="Changes">
          <code>{target}</code>
        </Fact>
        <Fact name="Proposed by">
          {author}, <Ago tMs={proposedMs} nowMs={nowMs} zone={zone} />
        </Fact>
        {approver !== null && <Fact name="Approved by">{approver}</Fact>}
        {trial.instead !== null && <Fact name="Not by the model">{trial.instead}</Fact>}
      </Facts>
      <Diff diff={diff} target={target} />
      <h3>What was tried</h3>
      <ul class="tried">
        {trialWords(trial).map((line) => <li key={line}>{line}</li>)}
      </ul>
      {trial.messages.length > 0 && <TriedMessages messages={trial.messages} />}
    </>
  );
}

function Approve(
  { fault, one, isFresh, state: { errors } }: {
    fault: Fault;
    one: Correction;
    isFresh: boolean;
    state: Pick<FormState, "errors">;
  },
): VNode {
  return (
    <form method="post" action={`${faultHref(fault.id)}/approve`}>
      <FormError>{errors.form ?? errors.diff_hash}</FormError>
      <Hidden values={{ diff_hash: one.diffHash }} />
      <div class="field">
        <label class="tick">
          <input type="checkbox" name="confirm" value="yes" required />{" "}
          I have read this change; apply exactly this
        </label>
        <FormError>{errors.confirm}</FormError>
      </div>
      {(!isFresh || errors.password || errors.code) && (
        <ProofFields why="You signed in more than 15 minutes ago." errors={errors} />
      )}
      <p class="muted">
        A copy of the file is kept. The part is resumed and watched; when it does worse, the change
        is taken back by itself.
      </p>
      <button type="submit" class="primary">Approve and apply</button>
    </form>
  );
}

function RollBack({ fault }: { fault: Fault }): VNode {
  return (
    <Post
      action={`${faultHref(fault.id)}/rollback`}
      about={<p class="muted">What was there before can be put back for 30 days.</p>}
    >
      Roll back
    </Post>
  );
}

function Regenerate(
  { fault, isOpen, reason }: { fault: Fault; isOpen: boolean; reason: string | null },
): VNode {
  return (
    <>
      {reason !== null && <p>{`There is no other safe proposal: ${reason}.`}</p>}
      <Post action={`${faultHref(fault.id)}/propose`} fields={isOpen ? { anew: "yes" } : {}}>
        Look for another one
      </Post>
    </>
  );
}

function Older(
  { all, nowMs, zone }: { all: readonly Correction[]; nowMs: number; zone: string },
): VNode {
  return (
    <>
      <h3>Earlier ones</h3>
      <ul class="tried">
        {all.map(({ id, state, author, outcome, proposedMs }) => (
          <li key={id}>
            {STATE_WORDS[state]}
            {outcome !== null && `: ${outcome}`} ({author},{" "}
            <Ago tMs={proposedMs} nowMs={nowMs} zone={zone} />)
          </li>
        ))}
      </ul>
    </>
  );
}
