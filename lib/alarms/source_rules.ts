/** Rules about what comes in: sources, messages, cameras, probes, sites. */
import { CAMERA_TROUBLES, type CameraState } from "../words/cameras.ts";
import type { CameraFacts, Wrong } from "./system_facts.ts";
import { above, each, percent, standing, type SystemRule } from "./judgement.ts";

const REJECTED_LEAST = 20;
const REJECTED_MOST = 0.05;

/** A camera that is started again is left alone for this long. */
const CAMERA_GRACE_MS = 60_000;
const CAMERA_ADVICE: Readonly<Partial<Record<CameraState, string>>> = {
  frozen: "see whether anything moves there; if not, give it more time until it counts as frozen",
  black: "see whether it is dark there, or its lens is covered",
  covered: "see whether something is in front of its lens",
  lost: "see to its power and its network, or switch it off and on",
};

/** Null: all is well, or may be by itself before long. A frozen picture may be a quiet scene. */
function cameraTrouble(camera: CameraFacts): Wrong | null {
  const { name, state, failures, warningAfter, criticalAfter, why } = camera;
  const trouble = CAMERA_TROUBLES[state];
  if (trouble === null) return null;
  if (camera.lastingMs < CAMERA_GRACE_MS && failures < warningAfter) return null;
  const critical = state !== "frozen" && failures >= criticalAfter;
  const because = state !== "lost" || why === null ? "" : `: ${why.replace(/[.?]$/, "")}`;
  return {
    severity: critical ? "critical" : "warning",
    text: `the camera ${name} ${trouble}${because}; ${CAMERA_ADVICE[state]}`,
    value: failures,
    limit: critical ? criticalAfter : warningAfter,
  };
}

export const SOURCE_RULES: readonly SystemRule[] = [
  {
    key: "source",
    title: "A source is not connected",
    judge: ({ sources }) =>
      each(sources, ({ name, ok, detail }) =>
        ok ? null : {
          severity: "critical",
          text: `the source ${name} does not work: ${detail}`,
          value: null,
          limit: null,
        }),
  },
  {
    key: "rejected",
    title: "Many messages are refused",
    judge({ intake }) {
      if (intake === null) return null;
      const { rejected, taken } = intake;
      const share = rejected / Math.max(1, rejected + taken);
      if (rejected < REJECTED_LEAST || share <= REJECTED_MOST) return "well";
      return {
        severity: "warning",
        text: `${percent(share)} of the messages were refused (${rejected} of ${rejected + taken})`,
        value: share,
        limit: REJECTED_MOST,
      };
    },
  },
  {
    key: "sensor-cap",
    title: "Too many new sensors",
    judge: ({ refusedNew }) =>
      above(
        refusedNew,
        0,
        "warning",
        (n) =>
          `the hourly limit for new sensors is reached; ${n} readings from further new sensors were refused; ` +
          "the setting intake.new_sensors_per_hour is the limit",
      ),
  },
  {
    key: "quarantine",
    title: "A message ended Perch and was set aside",
    judge({ quarantine }) {
      if (quarantine === null) return null;
      const { count, latest } = quarantine;
      if (count === 0) return "well";
      const from = latest === null ? "" : `, the latest from ${latest.slice(0, 200)}`;
      return {
        severity: "warning",
        text: `${count} ${count === 1 ? "message" : "messages"} crashed Perch repeatedly; ` +
          `they are in the folder quarantine of its data${from}; after an update, perch replay ` +
          "--quarantined reads them in; delete the files there to clear this alarm",
        value: count,
        limit: 0,
      };
    },
  },
  {
    key: "detection",
    title: "Detection is behind",
    judge({ detection }) {
      if (detection === null) return null;
      return detection.behind
        ? {
          severity: "warning",
          text: "detection cannot keep up: alarms from readings come late",
          value: detection.queued,
          limit: null,
        }
        : "well";
    },
  },
  {
    key: "camera",
    title: "A camera gives no good pictures",
    judge: ({ cameras }) => each(cameras, cameraTrouble),
  },
  {
    key: "probe",
    title: "A probe is down",
    judge: ({ probes }) =>
      probes && each(probes, ({ severity, machine, text }) => ({
        ...{ severity, machine, text },
        value: null,
        limit: null,
      })),
  },
  {
    key: "site-silent",
    title: "A site is silent",
    judge: ({ sites }) => each(sites, ({ silent }) => standing(silent, "warning")),
  },
  {
    key: "site-clash",
    title: "Two programs say that they are the same site",
    judge: ({ sites }) => each(sites, ({ clash }) => standing(clash, "critical")),
  },
  {
    key: "site-alarm",
    title: "An alarm of a site",
    judge: ({ siteAlarms }) => each(siteAlarms, (wrong) => wrong),
  },
];
